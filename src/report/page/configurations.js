// @ts-check
// ---- one line a configuration: it stands for the results of the same model by all libraries and train sizes
/** @type {((line: Line) => boolean)[]} */
const PRIMARY = [
  (line) => line.engine === "native",
  (line) => line.engine !== "",
  (line) => line.size === "full",
  (line) => line.run === data.open.run && line.size === data.open.size,
  (line) => line.run === data.open.run,
];
/**
 * @param {Line} a
 * @param {Line} b
 */
const primaryFirst = (a, b) => {
  for (const is of PRIMARY) if (is(a) !== is(b)) return Number(is(b)) - Number(is(a));
  return Number(b.size) - Number(a.size) || 0;
};
/** @type {Map<Line, { line: Line, all: Line[] }>} */
const configOf = new Map();
const configurations = (() => {
  /** @type {Map<string, Line[]>} */
  const withId = new Map();
  for (const line of lines) withId.set(line.id, [...(withId.get(line.id) || []), line]);
  return [...withId.values()].map((all) => {
    const config = { line: [...all].sort(primaryFirst)[0], all };
    for (const line of all) configOf.set(line, config);
    return config.line;
  });
})();
/** The configuration of a line, and its results by all libraries and sizes. @param {Line} line */
const configurationOf = (line) => configOf.get(line) ?? { line, all: [line] };
/** The lines of the table before filters: one for each configuration, or one for each result. */
const pool = () => (state.every ? lines : configurations);
/** @param {Line} line */
const relatives = (line) => (state.every ? [line] : configurationOf(line).all);
