// @ts-check
// ---- libraries: the same model elsewhere, and the table of families and libraries
const OURS = "native";
/** @param {string} engine */
const libraryName = (engine) => (engine === OURS ? "mnist-bench" : engine);
/** @type {Record<string, string>} */
const STATUS_WORDS = {
  timeout: "timed out",
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
      ? Math.round(ratio).toLocaleString("en")
      : ratio >= 0.995
        ? ratio.toFixed(1)
        : ratio >= 0.0995
          ? ratio.toFixed(2)
          : ratio.toPrecision(1)
  } \u00d7`;
/** The anchors of the sections of docs/FINDINGS.md. @type {Record<string, string>} */
const SECTIONS = {
  L1: "l1-trees-look-at-a-fraction-of-the-cuts-linfa-trees",
  L4: "l4-one-far-sample-spoils-the-logistic-loss-of-all-others-linfa-logistic",
  L5: "l5-a-support-vector-machine-holds-the-whole-kernel-matrix-linfa-svm",
  L6: "l6-the-trees-of-a-forest-draw-their-columns-once-linfa-ensemble",
  L9: "l9-probabilities-of-naive-bayes-underflow-linfa-bayes",
  S1: "s1-trees-pass-over-cuts-between-equal-labels",
  S4: "s3-and-s4-gaussiannb-smooths-no-variance",
  S5: "s5-svc-stops-before-it-is-solved",
  S6: "s6-tied-votes-between-classes-fall-at-random",
  V1: "v1-of-tied-votes-the-last-class-wins",
};
/** The finding that explains a library's results in a family. */
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
  if (!finding) return undefined;
  // Without the repository there is no document to link to.
  const hasDocuments = document.documentElement.dataset.documents !== "none";
  return hasDocuments
    ? el("a", { href: `${base}/docs/FINDINGS.md#${SECTIONS[finding]}` }, `finding ${finding}`)
    : el("span", {}, `finding ${finding}`);
};
/**
 * Whether the same kind of processor measured both; with `generations` the part after the comma may differ.
 * @param {Cell} a
 * @param {Cell} b
 * @param {boolean} generations
 */
const sameProcessor = (a, b, generations) => {
  const [one, other] = [a, b].map((cell) => data.provenance[cell.provenance ?? -1]);
  if (!one || !other || one.cpu_features !== other.cpu_features) return false;
  const [first, second] = [one.cpu_model, other.cpu_model];
  return generations ? first.split(",")[0] === second.split(",")[0] : first === second;
};
/** CPU seconds of steps before the model that mnist-bench ran for another library: subtracted from our time. */
const UNCOUNTED = "uncounted_preprocessing_cpu_seconds";
/**
 * How many times longer `theirs` takes than `ours`, if the same kind of processor measured both.
 * @param {Cell} theirs
 * @param {Cell} ours
 * @param {boolean} [beside] also where other work ran beside one of them, or on two generations of a processor
 */
function timeRatio(theirs, ours, beside = false) {
  if (!beside && (!theirs.quiet || !ours.quiet)) return undefined;
  if (!sameProcessor(theirs, ours, beside)) return undefined;
  const spared = Number(theirs.facts?.[UNCOUNTED] ?? 0);
  const [a, b] =
    theirs.cpu && ours.cpu
      ? ours.cpu - spared < ours.cpu / 2
        ? []
        : [theirs.cpu, ours.cpu - spared]
      : theirs.threads === ours.threads
        ? [costOf(theirs), costOf(ours)]
        : [];
  return a && b ? a / b : undefined;
}
/**
 * Our result to compare with a library's: of the same train size, preferably of the same run.
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
 * One line for each library: the largest training set that it finished, or else why it finished none.
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
    // A failure on fewer images than the library finished elsewhere, with a higher limit, does not count.
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
    const held = ours && cell.status === "ok" ? ours.cells[index] : undefined;
    const alone = held && timeRatio(cell, held);
    const ratio = alone ?? (held && timeRatio(cell, held, true));
    const gain =
      ours && cell.accuracy !== undefined ? cell.accuracy - (ours.cells[index].accuracy ?? NaN) : undefined;
    const status = failed
      ? `${statusWords(failed.cells[index].status)} at ${failed.size === "full" ? "all images" : sizeWords(failed.size)}`
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
      el("td", { class: "figure" }, ratio ? (alone ? "" : "~") + times(ratio) : ""),
      el("td", { class: "figure" }, cell.accuracy === undefined ? "" : accuracy(cell.accuracy)),
      el("td", { class: "figure" }, gain === undefined ? "" : signed(gain)),
      el("td", {}, status && el("span", { class: "fail" }, status), " ", findingLink(engine, line.family)),
    );
  });
  const heads = [
    "library",
    "training images",
    "fit + predict, s",
    "\u00d7 slower",
    "accuracy",
    "more accurate by",
    "",
  ];
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
      "The largest training set that each finished, against mnist-bench on as many images: CPU time and accuracy. ~ measured while other jobs ran, or on two generations of a processor.",
    ),
  ];
}
