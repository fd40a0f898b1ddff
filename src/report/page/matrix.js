// @ts-check
// ---- the table of families (down) and libraries (across)
/** @param {number} value */
function ratioClass(value) {
  return value >= 20 ? "far" : value >= 5 ? "much" : value >= 1.1 ? "some" : value > 0.9 ? "even" : "ahead";
}
/**
 * The cell of one family and library at one size, over both data sets.
 * @param {string} engine
 * @param {string} family
 * @param {string} size
 * @param {string} measure
 */
function matrixCell(engine, family, size, measure) {
  const own = lines.filter((line) => line.engine === engine && line.family === family && line.size === size);
  if (!own.length) return el("td", {}, "");
  /** @type {number[]} */
  const alone = [];
  /** Ratios of times that were not both measured alone. @type {number[]} */
  const beside = [];
  const failures = new Map();
  let results = 0;
  for (const line of own) {
    line.cells.forEach((cell, index) => {
      if (!cell.status) return;
      if (isFailure(cell.status)) return void failures.set(cell.status, (failures.get(cell.status) || 0) + 1);
      const ours = counterpart(line, index)?.cells[index];
      if (!ours || cell.accuracy === undefined) return;
      results += 1;
      const value =
        measure === "accuracy"
          ? cell.accuracy - (ours.accuracy ?? NaN)
          : measure === "memory"
            ? (cell.memory ?? NaN) / (ours.memory ?? NaN)
            : timeRatio(cell, ours);
      if (value !== undefined && Number.isFinite(value)) alone.push(value);
      else if (measure === "time") beside.push(timeRatio(cell, ours, true) ?? NaN);
    });
  }
  const loaded = beside.filter(Number.isFinite);
  const values = alone.length ? alone : loaded;
  const mark = alone.length || !loaded.length ? "" : "~";
  const finding = findingLink(engine, family);
  const failed = [...failures]
    .sort(([, a], [, b]) => b - a)
    .map(([status, count]) => `${statusWords(status)}${values.length ? ` in ${count}` : ""}`);
  const reason = failed.length
    ? el(
        "small",
        { class: values.length ? "" : "fail" },
        failed.join(", "),
        finding ? " " : "",
        failed.length && finding ? finding : "",
      )
    : "";
  const told = `${values.length} result${values.length === 1 ? "" : "s"}`;
  if (!values.length && results)
    return el(
      "td",
      { class: "none" },
      el("small", {}, `${results} results, no ${measure} to compare`),
      reason,
    );
  if (!values.length) return el("td", { class: "none" }, reason);
  if (measure === "accuracy") {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return el(
      "td",
      { class: Math.abs(mean) < 0.005 ? "even" : mean > 0 ? "ahead" : "much" },
      signed(mean),
      el("small", {}, told),
      reason,
    );
  }
  const mean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  return el(
    "td",
    { class: ratioClass(mean) },
    el(
      "span",
      {
        class: "ratio",
        style: `--share: ${Math.max(2, Math.min(100, 50 + 25 * Math.log10(mean))).toFixed(0)}%`,
      },
      mark + times(mean),
    ),
    el("small", {}, told),
    reason,
  );
}
function drawMatrix() {
  const [size, measure] = [field("matrix-size").value, field("matrix-measure").value];
  const at = lines.filter((line) => line.size === size && line.engine);
  const share = (/** @type {string} */ engine) =>
    new Set(at.filter((line) => line.engine === engine).map((line) => line.family)).size;
  // The libraries with most families come first, so that most cells are visible without scrolling.
  const engines = [...new Set(at.map((line) => line.engine))]
    .filter((engine) => engine !== OURS)
    .sort((a, b) => share(b) - share(a) || (a < b ? -1 : 1));
  const families = [...new Set(at.filter((line) => line.engine !== OURS).map((line) => line.family))].sort();
  const go = (/** @type {string} */ engine, /** @type {string} */ family) => () => {
    change({ q: "", family: [family], engine: [engine], every: false, row: "" });
    byId("table").scrollIntoView();
  };
  const head = el("tr", {}, el("td"), ...engines.map((engine) => el("th", { scope: "col" }, bdi(engine))));
  const body = families.map((family) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el(
          "button",
          {
            type: "button",
            class: "link",
            onclick: () => {
              change({ q: "", family: [family], engine: [], every: false, row: "" });
              byId("table").scrollIntoView();
            },
          },
          className(family),
        ),
      ),
      ...engines.map((engine) => {
        const cell = matrixCell(engine, family, size, measure);
        cell.setAttribute("data-library", engine);
        if (cell.textContent)
          cell.addEventListener("click", (event) => {
            if (!(event.target instanceof HTMLAnchorElement)) go(engine, family)();
          });
        return cell;
      }),
    ),
  );
  byId("matrix").replaceChildren(
    el(
      "caption",
      {},
      `${sizeWords(size)} training images: ${measure === "accuracy" ? "more accurate than mnist-bench by" : measure === "memory" ? "memory, times that of mnist-bench" : "how many times slower than mnist-bench (CPU time); ~ measured beside other work or on two generations of a processor"}`,
    ),
    el("thead", {}, head),
    el("tbody", {}, ...body),
  );
}
function startMatrix() {
  const sizes = [
    ...new Set(lines.filter((line) => line.engine && line.engine !== OURS).map((line) => line.size)),
  ].sort((a, b) => (a === "full" ? Infinity : Number(a)) - (b === "full" ? Infinity : Number(b)));
  if (!sizes.length) {
    byId("libraries").hidden = true;
    document.querySelector('nav a[href="#libraries"]')?.remove();
    return;
  }
  byId("matrix-size").replaceChildren(
    ...sizes.map((size) =>
      el(
        "option",
        { value: size, selected: size === "full" },
        size === "full" ? "all" : Number(size).toLocaleString("en"),
      ),
    ),
  );
  for (const name of ["matrix-size", "matrix-measure"]) byId(name).addEventListener("change", drawMatrix);
  drawMatrix();
}
