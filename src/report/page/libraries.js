// @ts-check
// ---- libraries: the same model elsewhere, and the table of families and libraries
const OURS = "native";
/** @param {string} engine */
const libraryName = (engine) => (engine === OURS ? "mnist-bench" : engine);
/** @type {Record<string, string>} */
const STATUS_WORDS = {
  timeout: "out of time",
  out_of_memory: "out of memory",
  crashed: "crashed",
  diverged: "wrong output",
  unsupported: "not supported",
  not_run: "not run",
};
/** @param {string | undefined} status */
const statusWords = (status) => STATUS_WORDS[status ?? ""] || words(status || "not_run");
/** @param {Line} line */
const sizeOf = (line) => (line.size === "full" ? Infinity : Number(line.size));
/** @param {string} size */
const sizeWords = (size) => (size === "full" ? "all" : Number(size).toLocaleString("en"));
/** @param {Cell} cell */
const costOf = (cell) =>
  cell.fit === undefined || cell.predict === undefined ? undefined : cell.fit + cell.predict;
/** @param {number} ratio */
const times = (ratio) =>
  `${
    ratio >= 9.95
      ? ratio.toFixed(0)
      : ratio >= 0.995
        ? ratio.toFixed(1)
        : ratio >= 0.0995
          ? ratio.toFixed(2)
          : ratio.toPrecision(1)
  } \u00d7`;
/** Which finding explains what a library does with a family: the section of FINDINGS. */
/** @type {Record<string, string>} */
const FINDINGS = {
  "linfa DecisionTreeClassifier": "L1",
  "linfa RandomForestClassifier": "L6",
  "linfa LogisticRegression": "L4",
  "linfa SVC": "L5",
  "linfa GaussianNB": "L9",
  "smartcore DecisionTreeClassifier": "S1",
  "smartcore RandomForestClassifier": "S1",
  "smartcore GaussianNB": "S4",
  "smartcore SVC": "S5",
  "smartcore KNeighborsClassifier": "S6",
  "libsvm-rs SVC": "V1",
};
const base = document.documentElement.dataset.base || "..";
/**
 * @param {string} engine
 * @param {string} family
 */
const findingLink = (engine, family) => {
  const finding = FINDINGS[`${engine} ${family}`];
  return finding ? el("a", { href: `${base}/docs/FINDINGS.md` }, `finding ${finding}`) : undefined;
};
/**
 * @param {Cell} a
 * @param {Cell} b
 */
const sameProcessor = (a, b) => {
  const [one, other] = [a, b].map((cell) => data.provenance[cell.provenance ?? -1]);
  return one && other && one.cpu_model === other.cpu_model && one.cpu_features === other.cpu_features;
};
/**
 * How many times longer `theirs` takes than `ours`, where one kind of processor measured both alone.
 * @param {Cell} theirs
 * @param {Cell} ours
 */
function timeRatio(theirs, ours) {
  if (!theirs.quiet || !ours.quiet || !sameProcessor(theirs, ours)) return undefined;
  const [a, b] =
    theirs.cpu && ours.cpu
      ? [theirs.cpu, ours.cpu]
      : theirs.threads === ours.threads
        ? [costOf(theirs), costOf(ours)]
        : [];
  return a && b ? a / b : undefined;
}
/**
 * The result of ours to hold one of another library against: of the same size, best of the same run.
 * @param {Line} line
 * @param {number} index
 */
function counterpart(line, index) {
  const own = configurationOf(line).all.filter(
    (one) => one.engine === OURS && one.size === line.size && one.cells[index].accuracy !== undefined,
  );
  return own.find((one) => one.run === line.run) || own[0];
}

/**
 * One line a library: the largest training set that it finished, or else why it finished none.
 * @param {Line} line
 * @param {number} index
 */
function libraryPanel(line, index) {
  const results = configurationOf(line).all.filter(
    (one) => one.engine && one.cells[index].status && one.cells[index].status !== "reported",
  );
  const engines = [...new Set(results.map((one) => one.engine))].sort(
    (a, b) => Number(b === OURS) - Number(a === OURS) || (a < b ? -1 : 1),
  );
  if (engines.length < 2) return [];
  const rows = engines.map((engine) => {
    const own = results.filter((one) => one.engine === engine);
    const rank = (/** @type {Line} */ one) => [
      one.cells[index].status === "ok" ? 1 : 0,
      (one.cells[index].status === "ok" ? 1 : -1) * sizeOf(one),
      one.run === data.open.run ? 1 : 0,
    ];
    own.sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      const at = x.findIndex((value, place) => value !== y[place]);
      return at < 0 ? 0 : y[at] > x[at] ? 1 : -1;
    });
    const best = own[0];
    // A failure below what it reached with more time says nothing.
    const reached = best.cells[index].status === "ok" ? sizeOf(best) : 0;
    const failed = own
      .filter((one) => isFailure(one.cells[index].status) && sizeOf(one) > reached)
      .sort((a, b) => sizeOf(a) - sizeOf(b))[0];
    return { engine, best, failed, cell: best.cells[index] };
  });
  const most = Math.max(...rows.map(({ cell }) => costOf(cell) || 0));
  const least = Math.min(...rows.map(({ cell }) => costOf(cell) || Infinity), most / 10);
  const body = rows.map(({ engine, best, failed, cell }) => {
    const cost = costOf(cell);
    const width = cost
      ? Math.max(3, (100 * Math.log(cost / (least * 0.8))) / Math.log(most / (least * 0.8) || 2))
      : 0;
    const ours = engine === OURS ? undefined : counterpart(best, index);
    const ratio = ours && cell.status === "ok" ? timeRatio(cell, ours.cells[index]) : undefined;
    const gain =
      ours && cell.accuracy !== undefined ? cell.accuracy - (ours.cells[index].accuracy ?? NaN) : undefined;
    const status = failed
      ? `${statusWords(failed.cells[index].status)} at ${sizeWords(failed.size)}`
      : cell.status === "ok"
        ? ""
        : statusWords(cell.status);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, bdi(libraryName(engine))),
      el("td", { class: "figure" }, cell.status === "ok" ? sizeWords(best.size) : "\u2013"),
      el(
        "td",
        { class: "cost" },
        cost
          ? el(
              "span",
              { class: "bar-of-time", style: `--share: ${Math.min(100, width).toFixed(0)}%` },
              (cell.quiet ? "" : "~") + seconds(cost),
            )
          : "",
      ),
      el("td", { class: "figure" }, ratio ? times(ratio) : ""),
      el("td", { class: "figure" }, cell.accuracy === undefined ? "" : accuracy(cell.accuracy)),
      el("td", { class: "figure" }, gain === undefined ? "" : signed(gain)),
      el("td", {}, status && el("span", { class: "fail" }, status), " ", findingLink(engine, line.family)),
    );
  });
  const heads = ["library", "training images", "fit + predict, s", "times ours", "accuracy", "less ours", ""];
  const head = el(
    "tr",
    {},
    ...heads.map((name, at) => el("th", { scope: "col", class: at && at < 6 ? "figure" : undefined }, name)),
  );
  return [
    el("h4", {}, "The same model in other libraries"),
    framed(
      "The same model in other libraries",
      el("table", { class: "plain libraries" }, el("thead", {}, head), el("tbody", {}, ...body)),
    ),
    el(
      "p",
      { class: "note" },
      "The largest training set that each finished. Times ours: CPU time against mnist-bench on as many images.",
    ),
  ];
}
