// ---- an open row: figures of each data set, and the closer look, which is unpacked when first wanted
let unpacking;
/** The packed part of the page, or null where there is none. */
function unpack() {
  unpacking ??= (async () => {
    const text = byId("closer")?.textContent.trim();
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const looks = await new Response(stream).json();
    const rules = looks.sets.map((set, index) => {
      const [height, width] = set.size;
      const lines = Math.ceil(set.images.length / set.columns);
      const picture = byId(`images-${index}`).textContent.trim();
      return `.set-${index} { background-image: url(data:image/png;base64,${picture}); background-size: ${set.columns * IMAGE}px ${lines * IMAGE}px; width: ${IMAGE}px; height: ${(IMAGE * height) / width}px; }`;
    });
    document.head.append(el("style", {}, rules.join("\n")));
    return looks;
  })();
  return unpacking;
}
// The side of an image, in CSS pixels.
const IMAGE = 44;

function image(looks, look, place) {
  const set = looks.sets[look.set];
  const predicted = look.shown[place];
  const right = predicted === ".";
  const name = set.classes[set.labels[place]];
  const words = `test image ${set.images[place]}: ${name}, ` + (right ? "recognised" : `taken for ${set.classes[parseInt(predicted, 36)]}`) + `; ${set.missed[place]} of ${set.rows} configurations miss it`;
  const left = -(place % set.columns) * IMAGE;
  const top = -Math.floor(place / set.columns) * IMAGE;
  return el("button", { type: "button", class: `image set-${look.set}`, "aria-label": words, title: words, style: `background-position: ${left}px ${top}px`, onclick: (event) => { event.currentTarget.classList.toggle("large"); } });
}

/** A table wider than a phone, in a frame that scrolls. */
const framed = (name, table) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);

function matrix(set, look, repeats) {
  const n = set.classes.length;
  const rows = set.classes.map((name, of) => {
    const counts = look.confusion.slice(of * n, of * n + n);
    const all = counts.reduce((sum, count) => sum + count, 0) || 1;
    const cells = counts.map((count, as) => el("td", { class: count === 0 ? "none" : as === of ? "right" : "wrong", style: count ? `--heat: ${Math.round(100 * (as === of ? count / all : Math.min(1, (3 * count) / all)))}%` : undefined }, String(count)));
    return el("tr", {}, el("th", { scope: "row" }, bdi(name)), ...cells);
  });
  const head = el("tr", {}, el("td"), ...set.classes.map((name) => el("th", { scope: "col", class: "upright" }, bdi(name))));
  const answered = look.confusion.reduce((sum, count) => sum + count, 0);
  const several = repeats > 1 ? `${repeats} repeats, ${answered.toLocaleString("en")} answers` : "Test images";
  const table = el("table", { class: "matrix" }, el("caption", {}, `${several}: class down, predicted class across`), el("thead", {}, head), el("tbody", {}, ...rows));
  return framed("Confusion matrix", table);
}

/** Precision, recall and F1 as scikit-learn's classification report lays them out. */
function scores(set, look, repeats) {
  const share = (value) => el("td", {}, value === null ? "\u2013" : value.toFixed(3));
  const total = look.support.reduce((sum, count) => sum + count, 0);
  const line = (name, values, support) => el("tr", {}, el("th", { scope: "row" }, name), ...values.map(share), el("td", {}, String(support)));
  const classes = set.classes.map((name, of) => line(bdi(name), look.measures[of], look.support[of]));
  const never = look.measures.some((values) => values.includes(null)) ? "; \u2013: the class was never predicted, or no label has it. It counts as 0 in the averages; a class with neither is left out" : "";
  const averages = [
    el("tr", {}, el("th", { scope: "row" }, "accuracy"), el("td"), el("td"), share(look.accuracy), el("td", {}, String(total))),
    line("macro avg", look.macro_average, total),
    line("weighted avg", look.weighted_average, total),
  ];
  const head = el("tr", {}, el("td"), ...["precision", "recall", "F1", "images"].map((name) => el("th", { scope: "col" }, name)));
  const caption = `Classification report${repeats > 1 ? ` over ${repeats} repeats` : ""}${never}`;
  const table = el("table", { class: "scores" }, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, ...classes), el("tbody", { class: "averages" }, ...averages));
  return framed("Classification report", table);
}

/** The same test images on every row: what is usual, beside what went wrong. */
function drawn(looks, look) {
  const set = looks.sets[look.set];
  const items = set.drawn.map((place) => {
    const predicted = look.shown[place];
    const right = predicted === ".";
    const name = set.classes[set.labels[place]];
    const words = right ? name : `${set.classes[parseInt(predicted, 36)]}, is ${name}`;
    return el("li", { class: right ? undefined : "wrong" }, image(looks, look, place), el("span", {}, el("b", {}, right ? "right" : "wrong"), " ", bdi(words)));
  });
  const right = set.drawn.filter((place) => look.shown[place] === ".").length;
  return items.length ? [el("h4", {}, `${items.length} test images drawn by chance: ${right} right`), el("ul", { class: "drawn" }, ...items)] : [];
}

/** What the row got wrong, with images. */
function mistakes(looks, look) {
  const set = looks.sets[look.set];
  const n = set.classes.length;
  const pairs = [];
  look.confusion.forEach((count, at) => { if (count && at % n !== Math.floor(at / n)) pairs.push([count, Math.floor(at / n), at % n]); });
  pairs.sort((a, b) => b[0] - a[0]);
  const places = set.images.map((_, place) => place);
  const items = pairs.slice(0, 5).map(([count, of, as]) => {
    const shown = places.filter((place) => set.labels[place] === of && look.shown[place] !== "." && parseInt(look.shown[place], 36) === as);
    shown.sort((a, b) => set.missed[b] - set.missed[a]);
    return el("li", {}, el("span", { class: "pair" }, bdi(set.classes[of]), " taken for ", bdi(set.classes[as]), ": ", el("b", {}, count === 1 ? "once" : `${count} times`)), shown.length ? "" : el("small", {}, "no image kept"), el("span", { class: "images" }, ...shown.slice(0, 5).map((place) => image(looks, look, place))));
  });
  const alone = places.filter((place) => look.shown[place] !== "." && set.missed[place] * 2 < set.rows).sort((a, b) => set.missed[a] - set.missed[b]).slice(0, 10);
  const hardest = set.hardest.slice(0, 10);
  const got = hardest.filter((place) => look.shown[place] === ".").length;
  return [
    el("h4", {}, "Worst confusions"),
    items.length ? el("ul", { class: "confusions" }, ...items) : el("p", {}, "none"),
    ...(alone.length ? [el("h4", {}, "Missed here, recognised by most others"), el("p", { class: "images" }, ...alone.map((place) => image(looks, look, place)))] : []),
    ...(hardest.length ? [el("h4", {}, `The hardest images of all: ${got} of ${hardest.length} recognised here`), el("p", { class: "images" }, ...hardest.map((place) => image(looks, look, place)))] : []),
  ];
}

/** A fact of many numbers, such as the loss after each epoch, as a line. */
function curve(name, values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const at = (value, index) => `${(4 + (232 * index) / (values.length - 1)).toFixed(1)},${(56 - (52 * (value - low)) / (high - low || 1)).toFixed(1)}`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  for (const [key, value] of Object.entries({ viewBox: "0 0 240 60", class: "curve", role: "img", "aria-label": `${words(name)}: ${values.length} steps from ${values[0]} to ${values.at(-1)}` })) svg.setAttribute(key, value);
  line.setAttribute("points", values.map(at).join(" "));
  svg.append(line);
  return el("span", {}, svg, el("small", {}, `${values.length} steps from ${short(values[0])} to ${short(values.at(-1))}`));
}
const short = (value) => (typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value));
/** A fact of many records, such as one an epoch: a curve for each of their figures. */
function curves(records) {
  const names = Object.keys(records[0]).filter((name) => !["epoch", "seconds"].includes(name) && records.every((one) => typeof one[name] === "number"));
  return el("span", { class: "curves" }, ...names.map((name) => el("span", {}, bdi(words(name)), curve(name, records.map((one) => one[name])))));
}
const isHistory = (value) => Array.isArray(value) && value.length > 1 && value.every((one) => one && typeof one === "object" && !Array.isArray(one));
/** A figure for each class, as bars with their names. */
function bars(values, classes) {
  const most = Math.max(...values, 1);
  return el("span", { class: "bars" }, ...values.map((value, at) => el("span", {}, bdi(classes[at] ?? String(at)), el("span", { class: "bar-of-time", style: `--share: ${((100 * value) / most).toFixed(0)}%` }, short(value)))));
}
const isByClass = (name, value) => isCurve(value) && /class/.test(name);
const isCurve = (value) => Array.isArray(value) && value.length > 2 && value.every((one) => typeof one === "number");

const EVIDENCE = {
  recomputed: "recomputed: follows from the predictions in the file, which does not show that the method was run",
  reproduced: "reproduced: trained again, with the same predictions",
  reported: "reported: a figure from elsewhere, without predictions",
};
function figures(line, cell) {
  const list = el("dl");
  const say = (term, value) => { if (value !== undefined && value !== "") list.append(el("dt", {}, term), el("dd", {}, value)); };
  say("status", words(cell.status || "not_run"));
  if (cell.error) say("reason", el("pre", { tabindex: "0" }, bdi(cell.error)));
  if (cell.accuracy !== undefined) say("accuracy", accuracy(cell.accuracy) + (cell.deviation === undefined ? "" : ` \u00b1 ${accuracy(cell.deviation)}`) + (cell.low === undefined ? "" : `, 95 % interval ${accuracy(cell.low)} to ${accuracy(cell.high)}`));
  if (cell.evidence) say("evidence", EVIDENCE[cell.evidence] + (cell.verified ? `, by version ${cell.verified}` : ""));
  if (cell.group !== undefined) say("tie group", `${cell.group}, ` + (cell.against_best === undefined ? "its best entry" : (cell.against_best >= 0.9995 ? "tied with its best entry: p = 1 after the correction for all pairs" : `p = ${cell.against_best.toFixed(3)} against its best entry, corrected for all pairs`)));
  else if (cell.step_of) say("tie group", bdi(`none of its own: a step of ${cell.step_of}`));
  if (cell.repeats?.length > 1) {
    say("repeats", cell.repeats.map(accuracy).join(", "));
    say("over seeds", cell.seeds_low === undefined ? "no spread: the same accuracy every time" : `95 % t-interval of the mean ${accuracy(cell.seeds_low)} to ${accuracy(cell.seeds_high)}, on these test images`);
  }
  if (cell.published !== undefined) say("2017 paper", cell.published.toFixed(3) + (cell.to_published === undefined ? "" : ` (ours is ${signed(cell.to_published)})`) + (cell.unconverged ? ", not converged" : ""));
  if (cell.sklearn !== undefined) say(cell.sklearn_engine || "scikit-learn", accuracy(cell.sklearn) + (cell.to_sklearn === undefined ? "" : ` (ours is ${signed(cell.to_sklearn)})`));
  if (cell.fit !== undefined) say("time", `fit ${seconds(cell.fit)} s, predict ${seconds(cell.predict)} s on ${cell.threads} thread${cell.threads === 1 ? "" : "s"}, ${cell.quiet ? "nothing else running" : cell.jobs ? `up to ${cell.jobs} jobs at a time` : "not measured alone"}`);
  if (cell.memory !== undefined) say("memory", megabytes(cell.memory) + " MB");
  return list;
}
/** Where the figures come from. */
function provenance(line, cell) {
  const list = el("dl");
  const say = (term, value) => { if (value !== undefined && value !== "") list.append(el("dt", {}, term), el("dd", {}, value)); };
  if (cell.converged !== undefined) say("converged", cell.converged ? "yes" : "no");
  for (const [name, value] of Object.entries(cell.facts || {})) say(words(name), isByClass(name, value) ? bars(value, classNames[line.cells.indexOf(cell)] || []) : isCurve(value) ? curve(name, value) : isHistory(value) ? curves(value) : bdi(typeof value === "object" ? JSON.stringify(value) : short(value)));
  if (cell.shared_with) say("shares work with", bdi(cell.shared_with.join("  ")));
  if (cell.version) say("library", bdi(`${libraryName(line.engine)} ${cell.version}`));
  const from = data.provenance[cell.provenance];
  if (from) say("made by", bdi([from.binary_version, from.rustc, from.cpu_model, from.cpu_features, from.os, cell.started].filter(Boolean).join(" \u00b7 ")));
  if (cell.file) say("file", el("a", { href: `${base}/results/` + cell.file.split("/").map(encodeURIComponent).join("/") }, bdi(cell.file)));
  return list;
}

/** Names of the classes of each data set, as far as they are unpacked. */
const classNames = datasets.map(() => undefined);
function details(line) {
  const parts = datasets.map(({ title }, index) => {
    const cell = line.cells[index];
    const part = el("div", { class: "part" }, el("h3", {}, title));
    const closer = el("div", { class: "closer" });
    part.append(figures(line, cell), ...(state.every ? [] : libraryPanel(line, index)), closer, provenance(line, cell));
    unpack().then((looks) => {
      const look = looks?.rows[cell.file];
      if (look) closer.append(matrix(looks.sets[look.set], look, cell.repeats.length), scores(looks.sets[look.set], look, cell.repeats.length), ...drawn(looks, look), ...mistakes(looks, look));
    }, () => closer.append("This browser cannot unpack the confusion matrix: it needs DecompressionStream."));
    return part;
  });
  return el("div", {}, shareBar(rowShare(line)), el("div", { class: "details" }, ...parts));
}
