// @ts-check
// ---- columns
const indices = () =>
  state.tab === "both"
    ? datasets.map((_, index) => index)
    : [datasets.findIndex((set) => set.name === state.tab)];
/** @param {Line} line */
const shownCells = (line) => indices().map((index) => line.cells[index]);

/** @param {Cell} cell */
function accuracyCell(cell) {
  if (cell.accuracy === undefined) return [];
  const spread = cell.low === undefined ? "" : `${cell.low.toFixed(3)}\u2013${cell.high?.toFixed(3)}`;
  // The interval on the charts' axis, from 0.5 to 0.998, logarithmic in the error.
  const at = (/** @type {number} */ value) => {
    const error = Math.log10(1 - Math.min(Math.max(value, 0.5), 0.998));
    return (100 * (error + 0.301)) / -2.398;
  };
  const [from, to] = [at(cell.low ?? cell.accuracy), at(cell.high ?? cell.accuracy)];
  const least = Math.min(from, 97);
  const style = `--from:${least.toFixed(1)}%;--to:${Math.max(to, least + 3).toFixed(1)}%`;
  return [el("span", { class: "value", style }, accuracy(cell.accuracy)), spread && el("small", {}, spread)];
}
/**
 * @param {number | undefined} value
 * @param {number} digits
 * @param {number | undefined} to
 * @param {boolean} [struck]
 */
function against(value, digits, to, struck) {
  if (value === undefined) return [];
  const text = value.toFixed(digits);
  const side =
    to === undefined
      ? ""
      : el("small", { class: Math.abs(to) < 0.00995 ? "" : to > 0 ? "up" : "down" }, signed(to));
  return [struck ? el("s", { title: "the solver had not converged" }, text) : text, side];
}
/**
 * @param {number | undefined} value
 * @param {boolean | undefined} quiet
 */
function time(value, quiet) {
  if (value === undefined) return [];
  return quiet
    ? [seconds(value)]
    : [el("span", { class: "loaded", title: "timed while other jobs ran" }, `~${seconds(value)}`)];
}
/** @param {string | undefined} status */
const isFailure = (status) => status !== undefined && !["ok", "reported", "not_run"].includes(status);
/** @param {Cell} cell */
const statusText = (cell) =>
  statusWords(cell.status || "not_run") +
  (cell.forecast === undefined ? "" : ` (forecast ${seconds(cell.forecast)} s)`);
/** @param {Line} line */
function statusCell(line) {
  const cells = shownCells(line);
  const text = cells.map(statusText);
  /** @type {Part[]} */
  const parts = text.every((status) => status === text[0])
    ? [el("span", { class: isFailure(cells[0]?.status) ? "fail" : "" }, text[0])]
    : text.map((status, at) =>
        el(
          "span",
          { class: `cut ${isFailure(cells[at]?.status) ? "fail" : ""}` },
          `${datasets[indices()[at]].title}: ${status}`,
        ),
      );
  if (cells.some((cell) => cell.converged === false))
    parts.push(" ", el("span", { class: "tag" }, "not converged"));
  return parts;
}
// The tie group by a paired test; only lines of the view that the page opens with have one.
const hasGroups = lines.some((line) => line.cells.some((cell) => cell.group !== undefined));
/** @param {Cell} cell */
const groupCell = (cell) =>
  cell.group !== undefined
    ? [String(cell.group)]
    : cell.step_of
      ? [el("small", { title: `part of ${cell.step_of}` }, "part")]
      : [];
/**
 * @param {string} key
 * @param {string} head
 * @param {Column["value"]} value
 * @param {Column["show"]} show
 * @param {Partial<Column>} [options]
 * @returns {Column}
 */
function column(key, head, value, show, options = {}) {
  return { key, head, value, show, ...options };
}
/**
 * @param {number} index
 * @param {boolean} alone
 */
function setColumns(index, alone) {
  const { name, title } = datasets[index];
  const cell = (/** @type {Line} */ line) => line.cells[index];
  const group = alone ? undefined : title;
  /**
   * @param {string} key
   * @param {string} head
   * @param {(cell: Cell) => number | undefined} value
   * @param {(cell: Cell) => Part[]} show
   * @param {Partial<Column>} options
   */
  const of = (key, head, value, show, options) =>
    column(
      `${name}.${key}`,
      head,
      (line) => value(cell(line)),
      (line) => show(cell(line)),
      { group, ...options },
    );
  return [
    of("accuracy", "accuracy", (c) => c.accuracy, accuracyCell, {
      always: true,
      edge: !alone,
      short: alone ? undefined : title.replace("-MNIST", ""),
    }),
    ...(hasGroups
      ? [of("group", "tie group", (c) => c.group, groupCell, { rank: alone ? 2 : 3, rising: true })]
      : []),
    of(
      "published",
      "2017 paper",
      (c) => c.published,
      (c) => against(c.published, 3, c.to_published, c.unconverged),
      { rank: alone ? 1 : 2 },
    ),
    of(
      "sklearn",
      "scikit-learn",
      (c) => c.sklearn,
      (c) => against(c.sklearn, 4, c.to_sklearn),
      { rank: alone ? 2 : 3 },
    ),
    of("time", "time, s", costOf, (c) => time(costOf(c), c.quiet), { rank: alone ? 1 : 2, rising: true }),
    of(
      "fit",
      "fit, s",
      (c) => c.fit,
      (c) => time(c.fit, c.quiet),
      { rank: 2, spare: true, rising: true },
    ),
    of(
      "predict",
      "predict, s",
      (c) => c.predict,
      (c) => time(c.predict, c.quiet),
      { rank: 2, spare: true, rising: true },
    ),
    of(
      "memory",
      "memory, MB",
      (c) => c.memory,
      (c) => (c.memory === undefined ? [] : [megabytes(c.memory)]),
      { rank: 3, spare: !alone, rising: true },
    ),
    of(
      "repeats",
      "repeats",
      (c) => c.deviation,
      (c) =>
        c.repeats?.length
          ? [
              String(c.repeats.length),
              c.deviation === undefined ? "" : el("small", {}, `\u00b1${accuracy(c.deviation)}`),
            ]
          : [],
      { rank: 3, spare: true },
    ),
  ];
}
/** @type {Record<string, string>} */
const EVIDENCE_WORDS = {
  recomputed: "checked from predictions",
  reproduced: "trained again, same predictions",
  reported: "claimed",
};
// The evidence for a figure; the column is shown if at least one line has evidence.
const hasEvidence = lines.some((line) => line.cells.some((cell) => cell.evidence));
/** @param {Line} line */
const evidenceCell = (line) => [
  [
    ...new Set(
      shownCells(line)
        .map((cell) => cell.evidence)
        .filter(Boolean),
    ),
  ]
    .map((name) => EVIDENCE_WORDS[name ?? ""] ?? "")
    .join(", "),
];
/** Every column that the tab can show. */
function everyColumn() {
  const both = state.tab === "both";
  return [
    column(
      "name",
      "classifier",
      (line) => `${line.family} ${line.parameters}`,
      () => [],
      {
        left: true,
        always: true,
      },
    ),
    column(
      "engine",
      "library",
      (line) => line.engine,
      (line) => [el("span", { class: "tag" }, bdi(libraryName(line.engine) || "\u2013"))],
      { left: true, rank: 2, spare: true },
    ),
    ...indices().flatMap((index) => setColumns(index, !both)),
    ...(both
      ? [
          column(
            "difference",
            "difference",
            (line) => line.difference,
            (line) => (line.difference === undefined ? [] : [signed(line.difference)]),
            { edge: true },
          ),
        ]
      : []),
    ...(hasEvidence
      ? [
          column(
            "evidence",
            "evidence",
            (line) =>
              shownCells(line)
                .map((cell) => cell.evidence || "~")
                .join(),
            evidenceCell,
            { left: true, rank: 3, spare: both },
          ),
        ]
      : []),
    column(
      "status",
      "status",
      (line) =>
        shownCells(line)
          .map((cell) => cell.status || "~")
          .join(),
      statusCell,
      { left: true, rank: 2 },
    ),
  ];
}
/**
 * The column's name in the address, the same for every data set.
 * @param {Column} one
 */
const plainKey = (one) => one.key.slice(one.key.lastIndexOf(".") + 1);
/** @param {Column} one */
const isShown = (one) => one.always || (state.columns ? state.columns.includes(plainKey(one)) : !one.spare);
function columns() {
  // The column that the lines are sorted by is always shown.
  const by = state.sort?.replace(/^-/, "");
  const all = everyColumn().map((one) => (one.key === by ? { ...one, rank: undefined, always: true } : one));
  const shown = all.filter(isShown);
  // Chosen columns are shown on a small screen too.
  return state.columns ? shown.map((one) => ({ ...one, rank: undefined })) : shown;
}
/** The columns to sort by, hidden ones too, each in the direction of a first click on its head. */
function sortOptions() {
  const both = state.tab === "both";
  const options = everyColumn().map((one) => {
    const name = one.group && both ? `${one.head}, ${one.group}` : one.head;
    return el("option", { value: one.left || one.rising ? one.key : `-${one.key}` }, name);
  });
  byId("sort").replaceChildren(...options);
}
function columnChips() {
  const names = new Map(
    everyColumn()
      .filter((one) => !one.always)
      .map((one) => [plainKey(one), one]),
  );
  const buttons = [...names].map(([key, one]) =>
    el(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": String(isShown(one)),
        "data-column": key,
        onclick: () => {
          const shown = [...names].filter(([, other]) => isShown(other)).map(([other]) => other);
          change({ columns: isShown(one) ? shown.filter((other) => other !== key) : [...shown, key] });
          withAttribute("data-column", key)?.focus();
        },
      },
      one.head,
    ),
  );
  const usual = el(
    "button",
    { type: "button", class: "chip", onclick: () => change({ columns: null }) },
    "The usual ones",
  );
  byId("columns").replaceChildren(...buttons, ...(state.columns ? [usual] : []));
}
