// @ts-check
// ---- an open row: the figures on each data set, and their provenance
/**
 * A fact that is a list of numbers, such as the loss after each epoch, drawn as a curve.
 * @param {string} name
 * @param {number[]} values
 */
function curve(name, values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const at = (/** @type {number} */ value, /** @type {number} */ index) =>
    `${(4 + (232 * index) / (values.length - 1)).toFixed(1)},${(56 - (52 * (value - low)) / (high - low || 1)).toFixed(1)}`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 240 60",
    class: "curve",
    role: "img",
    "aria-label": `${words(name)}: ${values.length} steps from ${values[0]} to ${values.at(-1)}`,
  }))
    svg.setAttribute(key, value);
  line.setAttribute("points", values.map(at).join(" "));
  svg.append(line);
  return el(
    "span",
    {},
    svg,
    el("small", {}, `${values.length} steps from ${short(values[0])} to ${short(values.at(-1))}`),
  );
}
/** @param {unknown} value */
const short = (value) =>
  typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(4)))
    : String(value);
/**
 * A fact that is a list of records, such as one for each epoch: a curve for each of their figures.
 * @param {Record<string, unknown>[]} records
 */
function curves(records) {
  const names = Object.keys(records[0]).filter(
    (name) => !["epoch", "seconds"].includes(name) && records.every((one) => typeof one[name] === "number"),
  );
  return el(
    "span",
    { class: "curves" },
    ...names.map((name) =>
      el(
        "span",
        {},
        bdi(words(name)),
        curve(
          name,
          records.map((one) => Number(one[name])),
        ),
      ),
    ),
  );
}
/** @param {unknown} value @returns {value is Record<string, unknown>[]} */
const isHistory = (value) =>
  Array.isArray(value) &&
  value.length > 1 &&
  value.every((one) => one && typeof one === "object" && !Array.isArray(one));
/**
 * A figure for each class, as bars with their names.
 * @param {number[]} values
 * @param {string[]} classes
 */
function bars(values, classes) {
  const most = Math.max(...values, 1);
  return el(
    "span",
    { class: "bars" },
    ...values.map((value, at) =>
      el(
        "span",
        {},
        bdi(classes[at] ?? String(at)),
        el(
          "span",
          { class: "bar-of-time", style: `--share: ${((100 * value) / most).toFixed(0)}%` },
          short(value),
        ),
      ),
    ),
  );
}
/** @param {string} name @param {unknown} value @returns {value is number[]} */
const isByClass = (name, value) => isCurve(value) && /class/.test(name);
/** @param {unknown} value @returns {value is number[]} */
const isCurve = (value) =>
  Array.isArray(value) && value.length > 2 && value.every((one) => typeof one === "number");

const EVIDENCE = {
  recomputed: "checked from the predictions in the file, which does not show that the method was run",
  reproduced: "trained again, with the same predictions",
  reported: "claimed: a figure from elsewhere, without predictions",
};
/** @param {Cell} cell */
function figures(cell) {
  const list = el("dl");
  const say = (/** @type {string} */ term, /** @type {Part} */ value) => {
    if (value !== undefined && value !== "") list.append(el("dt", {}, term), el("dd", {}, value));
  };
  say("status", statusText(cell));
  if (cell.error) say("reason", el("pre", { tabindex: "0" }, bdi(cell.error)));
  if (cell.accuracy !== undefined)
    say(
      "accuracy",
      accuracy(cell.accuracy) +
        (cell.deviation === undefined ? "" : ` \u00b1 ${accuracy(cell.deviation)}`) +
        (cell.low === undefined ? "" : `, 95 % interval ${accuracy(cell.low)} to ${accuracy(cell.high)}`),
    );
  if (cell.evidence)
    say("evidence", EVIDENCE[cell.evidence] + (cell.verified ? `, by version ${cell.verified}` : ""));
  if (cell.group !== undefined)
    say(
      "tie group",
      `${cell.group}, ` +
        (cell.against_best === undefined
          ? "its best entry"
          : cell.against_best >= 0.9995
            ? "tied with its best entry: p = 1 after the correction for all pairs"
            : `p = ${cell.against_best.toFixed(3)} against its best entry, corrected for all pairs`),
    );
  else if (cell.step_of) say("tie group", bdi(`none of its own: part of ${cell.step_of}`));
  if (cell.repeats && cell.repeats.length > 1) {
    say("repeats", cell.repeats.map(accuracy).join(", "));
    say(
      "over seeds",
      cell.seeds_low === undefined
        ? "no spread: the same accuracy every time"
        : `95 % t-interval of the mean ${accuracy(cell.seeds_low)} to ${accuracy(cell.seeds_high)}, on these test images`,
    );
  }
  if (cell.published !== undefined)
    say(
      "2017 paper",
      cell.published.toFixed(3) +
        (cell.to_published === undefined ? "" : ` (this result is ${signed(cell.to_published)})`) +
        (cell.unconverged ? ", not converged" : ""),
    );
  if (cell.sklearn !== undefined)
    say(
      cell.sklearn_engine || "scikit-learn",
      accuracy(cell.sklearn) +
        (cell.to_sklearn === undefined ? "" : ` (this result is ${signed(cell.to_sklearn)})`),
    );
  if (cell.fit !== undefined)
    say(
      "time",
      `fit ${seconds(cell.fit)} s, predict ${seconds(cell.predict ?? 0)} s on ${cell.threads} thread${cell.threads === 1 ? "" : "s"}, ${cell.quiet ? "nothing else running" : cell.jobs ? `up to ${cell.jobs} jobs at a time` : "not measured alone"}`,
    );
  if (cell.memory !== undefined) say("memory", `${megabytes(cell.memory)} MB`);
  return list;
}
/**
 * The provenance of the figures.
 * @param {Line} line
 * @param {Cell} cell
 */
function provenance(line, cell) {
  const list = el("dl");
  const say = (/** @type {string} */ term, /** @type {Part} */ value) => {
    if (value !== undefined && value !== "") list.append(el("dt", {}, term), el("dd", {}, value));
  };
  if (cell.converged !== undefined) say("converged", cell.converged ? "yes" : "no");
  for (const [name, value] of Object.entries(cell.facts || {}))
    say(
      words(name),
      isByClass(name, value)
        ? bars(value, classNames[line.cells.indexOf(cell)] || [])
        : isCurve(value)
          ? curve(name, value)
          : isHistory(value)
            ? curves(value)
            : bdi(typeof value === "object" ? JSON.stringify(value) : short(value)),
    );
  if (cell.shared_with) say("shares work with", bdi(cell.shared_with.join("  ")));
  if (cell.version) say("library", bdi(`${libraryName(line.engine)} ${cell.version}`));
  const from = cell.provenance === undefined ? undefined : data.provenance[cell.provenance];
  if (from)
    say(
      "made by",
      bdi(
        [from.binary_version, from.rustc, from.cpu_model, from.cpu_features, from.os, cell.started]
          .filter(Boolean)
          .join(" \u00b7 "),
      ),
    );
  if (cell.file)
    say(
      "file",
      el(
        "a",
        { href: `${base}/results/${cell.file.split("/").map(encodeURIComponent).join("/")}` },
        bdi(cell.file),
      ),
    );
  return list;
}

/** Names of the classes of each data set, undefined until they are unpacked. */
/** @type {(string[] | undefined)[]} */
const classNames = datasets.map(() => undefined);
/** The other configurations with the same predictions, each as a button that opens its row. @param {Line} line */
function alsoNamed(line) {
  const others = (standIns.get(line) ?? []).filter((one) => one !== line);
  if (!others.length) return [];
  const buttons = others.map((one) =>
    el("button", { type: "button", class: "chip", onclick: () => show(one) }, bdi(one.parameters)),
  );
  return [el("p", { class: "chips also" }, "The same predictions on every data set: ", ...buttons)];
}
/** Closes an open row, moves the focus back to its name and scrolls there. @param {Line} line */
function closeRow(line) {
  change({ row: "" });
  const name = find(rowKey(line));
  name?.scrollIntoView({ block: "nearest", behavior: "instant" });
  name?.focus();
}
/** @param {Line} line */
function details(line) {
  const parts = datasets.map(({ title }, index) => {
    const cell = line.cells[index];
    const part = el("div", { class: "part" }, el("h3", {}, title));
    const closer = el("div", { class: "closer" });
    part.append(
      figures(cell),
      ...(state.every ? [] : libraryPanel(line, index)),
      closer,
      provenance(line, cell),
    );
    unpack().then(
      (looks) => {
        const look = looks?.rows[cell.file];
        if (look)
          closer.append(
            matrix(looks.sets[look.set], look, cell.repeats.length),
            scores(looks.sets[look.set], look, cell.repeats.length),
            ...drawn(looks, look),
            ...mistakes(looks, look),
          );
      },
      () => closer.append("This browser cannot unpack the confusion matrix: it needs DecompressionStream."),
    );
    return part;
  });
  const close = el("button", { type: "button", class: "link", onclick: () => closeRow(line) }, "Close");
  const whose = el("p", { class: "whose" }, el("span", {}, el("b", {}, bdi(lineName(line)))), close);
  return el(
    "div",
    {},
    whose,
    ...alsoNamed(line),
    shareBar(rowShare(line)),
    el("div", { class: "details" }, ...parts),
  );
}
