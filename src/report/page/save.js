// @ts-check
// ---- the lines in view as files
/** What the report's own table (side-by-side.csv) calls the figures of a data set, and what only the page has. @type {[keyof Cell, string][]} */
const FIGURES = [
  ["status", "status"],
  ["accuracy", "accuracy"],
  ["low", "accuracy_low"],
  ["high", "accuracy_high"],
  ["deviation", "accuracy_deviation"],
  ["evidence", "evidence"],
  ["fit", "fit_seconds"],
  ["predict", "predict_seconds"],
  ["quiet", "times_quiet"],
  ["memory", "peak_memory_bytes"],
  ["converged", "converged"],
  ["published", "published_2017"],
  ["sklearn", "scikit_learn"],
  ["group", "tie_group"],
  ["file", "file"],
];
/** @param {Line} line */
function flat(line) {
  /** @type {Record<string, unknown>} */
  const record = {
    run: line.run,
    classifier: line.family,
    parameters: line.parameters,
    engine: line.engine,
    train_size: line.size,
  };
  datasets.forEach((set, index) => {
    const cell = line.cells[index];
    for (const [key, name] of FIGURES) record[`${set.name.replaceAll("-", "_")}_${name}`] = cell[key] ?? null;
  });
  return { ...record, accuracy_difference: line.difference ?? null, id: line.id };
}
/** @param {string} kind */
function save(kind) {
  const records = sorted(chosen(), everyColumn()).order.map(flat);
  const quoted = (/** @type {unknown} */ value) =>
    value === null || value === undefined
      ? ""
      : /[",\r\n]/.test(String(value))
        ? `"${String(value).replaceAll('"', '""')}"`
        : String(value);
  const text =
    kind === "json"
      ? `${JSON.stringify(records, null, 1)}\n`
      : `${[Object.keys(records[0] || { run: "" }), ...records.map(Object.values)]
          .map((values) => values.map(quoted).join())
          .join("\n")}\n`;
  const address = URL.createObjectURL(
    new Blob([text], { type: kind === "json" ? "application/json" : "text/csv" }),
  );
  el("a", { href: address, download: `mnist-bench-${records.length}-lines.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
for (const kind of ["csv", "json"]) byId(`save-${kind}`).addEventListener("click", () => save(kind));
byId("every").addEventListener("click", () => {
  limit = CHUNK;
  change({ every: !state.every, run: [], size: [] });
});
byId("group").addEventListener("click", () => change({ group: !state.group }));
byId("sort").addEventListener("change", () => change({ sort: field("sort").value }));
byId("search").addEventListener("input", () => {
  limit = CHUNK;
  change({ q: field("search").value }, true);
});
// Print shows all lines, because paper has no button for more.
addEventListener("beforeprint", () => {
  [limit, onPaper] = [Infinity, true];
  render();
});
addEventListener("afterprint", () => {
  [limit, onPaper] = [CHUNK, false];
  render();
});
byId("more").addEventListener("click", () => {
  limit = Infinity;
  render();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
    event.preventDefault();
    // Results have to be visible while somebody types.
    byId("table").scrollIntoView({ block: "start", behavior: "instant" });
    byId("search").focus({ preventScroll: true });
  }
});
