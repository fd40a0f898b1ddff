// ---- libraries: the same model elsewhere, and the table of families and libraries
const OURS = "native";
const libraryName = (engine) => (engine === OURS ? "mnist-bench" : engine);
const STATUS_WORDS = { timeout: "out of time", out_of_memory: "out of memory", crashed: "crashed", diverged: "wrong output", unsupported: "not supported", not_run: "not run" };
const statusWords = (status) => STATUS_WORDS[status] || words(status || "not_run");
const sizeOf = (line) => (line.size === "full" ? Infinity : Number(line.size));
const sizeWords = (size) => (size === "full" ? "all" : Number(size).toLocaleString("en"));
const costOf = (cell) => (cell.fit === undefined || cell.predict === undefined ? undefined : cell.fit + cell.predict);
const times = (ratio) => (ratio >= 9.95 ? ratio.toFixed(0) : ratio >= 0.995 ? ratio.toFixed(1) : ratio >= 0.0995 ? ratio.toFixed(2) : ratio.toPrecision(1)) + " \u00d7";
/** Which finding explains what a library does with a family: the section of FINDINGS. */
const FINDINGS = { "linfa DecisionTreeClassifier": "L1", "linfa RandomForestClassifier": "L6", "linfa LogisticRegression": "L4", "linfa SVC": "L5", "linfa GaussianNB": "L9", "smartcore DecisionTreeClassifier": "S1", "smartcore RandomForestClassifier": "S1", "smartcore GaussianNB": "S4", "smartcore SVC": "S5", "smartcore KNeighborsClassifier": "S6", "libsvm-rs SVC": "V1" };
const base = document.documentElement.dataset.base || "..";
const findingLink = (engine, family) => {
  const finding = FINDINGS[`${engine} ${family}`];
  return finding ? el("a", { href: `${base}/docs/FINDINGS.md` }, `finding ${finding}`) : undefined;
};
const sameProcessor = (a, b) => {
  const [one, other] = [a, b].map((cell) => data.provenance[cell.provenance]);
  return one && other && one.cpu_model === other.cpu_model && one.cpu_features === other.cpu_features;
};
/** How many times longer `theirs` takes than `ours`, where one kind of processor measured both alone. */
function timeRatio(theirs, ours) {
  if (!theirs.quiet || !ours.quiet || !sameProcessor(theirs, ours)) return undefined;
  const [a, b] = theirs.cpu && ours.cpu ? [theirs.cpu, ours.cpu] : theirs.threads === ours.threads ? [costOf(theirs), costOf(ours)] : [];
  return a > 0 && b > 0 ? a / b : undefined;
}
/** The result of ours to hold one of another library against: of the same size, best of the same run. */
function counterpart(line, index) {
  const own = configOf.get(line).all.filter((one) => one.engine === OURS && one.size === line.size && one.cells[index].accuracy !== undefined);
  return own.find((one) => one.run === line.run) || own[0];
}

/** One line a library: the largest training set that it finished, or else why it finished none. */
function libraryPanel(line, index) {
  const results = configOf.get(line).all.filter((one) => one.engine && one.cells[index].status && one.cells[index].status !== "reported");
  const engines = [...new Set(results.map((one) => one.engine))].sort((a, b) => (b === OURS) - (a === OURS) || (a < b ? -1 : 1));
  if (engines.length < 2) return [];
  const rows = engines.map((engine) => {
    const own = results.filter((one) => one.engine === engine);
    const rank = (one) => [one.cells[index].status === "ok" ? 1 : 0, (one.cells[index].status === "ok" ? 1 : -1) * sizeOf(one), one.run === data.open.run ? 1 : 0];
    own.sort((a, b) => { const [x, y] = [rank(a), rank(b)]; const at = x.findIndex((value, place) => value !== y[place]); return at < 0 ? 0 : y[at] > x[at] ? 1 : -1; });
    const best = own[0];
    // A failure below what it reached with more time says nothing.
    const reached = best.cells[index].status === "ok" ? sizeOf(best) : 0;
    const failed = own.filter((one) => isFailure(one.cells[index].status) && sizeOf(one) > reached).sort((a, b) => sizeOf(a) - sizeOf(b))[0];
    return { engine, best, failed, cell: best.cells[index] };
  });
  const most = Math.max(...rows.map(({ cell }) => costOf(cell) || 0));
  const least = Math.min(...rows.map(({ cell }) => costOf(cell) || Infinity), most / 10);
  const body = rows.map(({ engine, best, failed, cell }) => {
    const cost = costOf(cell);
    const width = cost ? Math.max(3, (100 * Math.log(cost / (least * 0.8))) / Math.log(most / (least * 0.8) || 2)) : 0;
    const ours = engine === OURS ? undefined : counterpart(best, index);
    const ratio = ours && cell.status === "ok" ? timeRatio(cell, ours.cells[index]) : undefined;
    const gain = ours && cell.accuracy !== undefined ? cell.accuracy - ours.cells[index].accuracy : undefined;
    const status = failed ? `${statusWords(failed.cells[index].status)} at ${sizeWords(failed.size)}` : cell.status === "ok" ? "" : statusWords(cell.status);
    return el("tr", {}, el("th", { scope: "row" }, bdi(libraryName(engine))), el("td", { class: "figure" }, cell.status === "ok" ? sizeWords(best.size) : "\u2013"),
      el("td", { class: "cost" }, cost ? el("span", { class: "bar-of-time", style: `--share: ${Math.min(100, width).toFixed(0)}%` }, (cell.quiet ? "" : "~") + seconds(cost)) : ""),
      el("td", { class: "figure" }, ratio ? times(ratio) : ""), el("td", { class: "figure" }, cell.accuracy === undefined ? "" : accuracy(cell.accuracy)),
      el("td", { class: "figure" }, gain === undefined ? "" : signed(gain)), el("td", {}, status && el("span", { class: "fail" }, status), " ", findingLink(engine, line.family)));
  });
  const heads = ["library", "training images", "fit + predict, s", "times ours", "accuracy", "less ours", ""];
  const head = el("tr", {}, ...heads.map((name, at) => el("th", { scope: "col", class: at && at < 6 ? "figure" : undefined }, name)));
  return [el("h4", {}, "The same model in other libraries"), framed("The same model in other libraries", el("table", { class: "plain libraries" }, el("thead", {}, head), el("tbody", {}, ...body))), el("p", { class: "note" }, "The largest training set that each finished. Times ours: CPU time against mnist-bench on as many images.")];
}

// ---- families down, libraries across
function ratioClass(value) {
  return value >= 20 ? "far" : value >= 5 ? "much" : value >= 1.1 ? "some" : value > 0.9 ? "even" : "ahead";
}
/** The cell of one family and library at one size, over both data sets. */
function matrixCell(engine, family, size, measure) {
  const own = lines.filter((line) => line.engine === engine && line.family === family && line.size === size);
  if (!own.length) return el("td", {}, "");
  const values = [];
  const failures = new Map();
  for (const line of own) {
    line.cells.forEach((cell, index) => {
      if (!cell.status) return;
      if (isFailure(cell.status)) return void failures.set(cell.status, (failures.get(cell.status) || 0) + 1);
      const ours = counterpart(line, index)?.cells[index];
      if (!ours || cell.accuracy === undefined) return;
      const value = measure === "accuracy" ? cell.accuracy - ours.accuracy : measure === "memory" ? cell.memory / ours.memory : timeRatio(cell, ours);
      if (value !== undefined && Number.isFinite(value)) values.push(value);
    });
  }
  const finding = findingLink(engine, family);
  const failed = [...failures].sort(([, a], [, b]) => b - a).map(([status, count]) => `${statusWords(status)}${values.length ? ` in ${count}` : ""}`);
  const reason = failed.length ? el("small", { class: values.length ? "" : "fail" }, failed.join(", "), finding ? " " : "", failed.length && finding ? finding : "") : "";
  if (!values.length) return el("td", { class: "none" }, reason);
  if (measure === "accuracy") {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return el("td", { class: Math.abs(mean) < 0.005 ? "even" : mean > 0 ? "ahead" : "much" }, signed(mean), el("small", {}, `${values.length} results`), reason);
  }
  const mean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  return el("td", { class: ratioClass(mean) }, el("span", { class: "ratio", style: `--share: ${Math.max(2, Math.min(100, 50 + 25 * Math.log10(mean))).toFixed(0)}%` }, times(mean)), el("small", {}, `${values.length} results`), reason);
}
function drawMatrix() {
  const [size, measure] = [byId("matrix-size").value, byId("matrix-measure").value];
  const at = lines.filter((line) => line.size === size && line.engine);
  const engines = [...new Set(at.map((line) => line.engine))].filter((engine) => engine !== OURS).sort();
  const families = [...new Set(at.filter((line) => line.engine !== OURS).map((line) => line.family))].sort();
  const go = (engine, family) => () => { change({ q: "", family: [family], engine: [engine], every: false, row: "" }); byId("table").scrollIntoView(); };
  const head = el("tr", {}, el("td"), ...engines.map((engine) => el("th", { scope: "col" }, bdi(engine))));
  const body = families.map((family) => el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => { change({ q: "", family: [family], engine: [], every: false, row: "" }); byId("table").scrollIntoView(); } }, className(family))), ...engines.map((engine) => {
    const cell = matrixCell(engine, family, size, measure);
    cell.setAttribute("data-library", engine);
    if (cell.textContent) cell.addEventListener("click", (event) => { if (event.target.tagName !== "A") go(engine, family)(); });
    return cell;
  })));
  byId("matrix").replaceChildren(el("caption", {}, `${sizeWords(size)} training images: ${measure === "accuracy" ? "accuracy less that of mnist-bench" : `${measure} against mnist-bench; above 1 \u00d7 mnist-bench needs less`}`), el("thead", {}, head), el("tbody", {}, ...body));
}
function startMatrix() {
  const sizes = [...new Set(lines.filter((line) => line.engine && line.engine !== OURS).map((line) => line.size))].sort((a, b) => (a === "full" ? Infinity : Number(a)) - (b === "full" ? Infinity : Number(b)));
  if (!sizes.length) { byId("libraries").hidden = true; document.querySelector('nav a[href="#libraries"]')?.remove(); return; }
  byId("matrix-size").replaceChildren(...sizes.map((size) => el("option", { value: size, selected: size === "full" }, size === "full" ? "all" : Number(size).toLocaleString("en"))));
  for (const name of ["matrix-size", "matrix-measure"]) byId(name).addEventListener("change", drawMatrix);
  drawMatrix();
}
