// ---- predictions of one's own, read here and sent nowhere, and the images by difficulty
const SUBMIT = "`mnist-bench submit` reads more forms and says what is wrong";
const NAMES_OF_CLASSES = /^(predictions?|predicted|pred|y_pred|label|labels|class|classes|category)$/i;

/** Classes from a file of predictions: `count` whole numbers below `classes`. Throws one line on what is wrong. */
function parsePredictions(name, bytes, count, classes) {
  const isNpy = bytes[0] === 0x93 && String.fromCharCode(...bytes.slice(1, 6)) === "NUMPY";
  const numbers = isNpy ? npyNumbers(bytes) : textNumbers(name, bytes, count);
  if (numbers.length !== count) throw new Error(`${numbers.length} predictions found, expected ${count}, one per test image`);
  numbers.forEach((number, at) => { if (!Number.isInteger(number) || number < 0 || number >= classes) throw new Error(`prediction ${at} is ${number}, expected a class from 0 to ${classes - 1}`); });
  return numbers;
}
function npyNumbers(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6] >= 2;
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const head = new TextDecoder("latin1").decode(bytes.slice(start, start + length));
  const type = /'descr':\s*'([<>|=]?)([iub])(\d)'/.exec(head);
  const shape = /'shape':\s*\(\s*(\d+)\s*,?\s*(?:1\s*,?\s*)?\)/.exec(head);
  if (!type || !shape) throw new Error(`the NumPy array is not one column of integers (${head.trim().slice(0, 80)}); ${SUBMIT}`);
  const [, order, kind, width] = [...type];
  const readers = { i1: "getInt8", u1: "getUint8", b1: "getUint8", i2: "getInt16", u2: "getUint16", i4: "getInt32", u4: "getUint32", i8: "getBigInt64", u8: "getBigUint64" };
  const read = readers[kind + width];
  const n = Number(shape[1]);
  if (!read || bytes.length !== start + length + n * Number(width)) throw new Error(`the NumPy file does not have the ${n} numbers that its header promises; ${SUBMIT}`);
  return Array.from({ length: n }, (_, at) => Number(view[read](start + length + at * Number(width), order !== ">")));
}
function textNumbers(name, bytes, count) {
  let text;
  try { text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/^\ufeff/, "").trim(); } catch { throw new Error(`neither UTF-8 text nor a NumPy array; ${SUBMIT}`); }
  if (/^[0-9a-z]+$/.test(text) && text.length === count) return [...text].map((one) => parseInt(one, 36));
  const rows = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const delimiter = [",", ";", "\t"].find((one) => rows[0]?.includes(one));
  if (delimiter && rows.length >= count) return columnNumbers(rows.map((line) => line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"))), count);
  if (rows.length === count + 1 && NAMES_OF_CLASSES.test(rows[0].trim())) rows.shift();
  const words = rows.join(" ").replace(/^\[|\]$/g, "").split(/[\s,;]+/).filter(Boolean);
  return words.map((word, at) => whole(word, at));
}
function whole(word, at) {
  if (!/^[+-]?\d+(\.0*)?(e[+-]?\d+)?$/i.test(word) || !Number.isInteger(Number(word))) throw new Error(`prediction ${at} is \u201c${word.slice(0, 20)}\u201d, expected a whole number; ${SUBMIT}`);
  return Number(word);
}
/** The one column of a table that can be the classes; a table with two such is refused. */
function columnNumbers(table, count) {
  const number = /^[+-]?\d+(\.0*)?$/;
  const head = table.length === count + 1 ? table.shift() : undefined;
  const width = table[0].length;
  if (table.some((row) => row.length !== width)) throw new Error(`the lines of the table differ in their number of columns; ${SUBMIT}`);
  let columns = [...Array(width).keys()];
  const named = head ? columns.filter((at) => NAMES_OF_CLASSES.test(head[at])) : [];
  if (named.length === 1) columns = named;
  else {
    const isId = (at) => table.every((row, line) => Number(row[at]) === line) || table.every((row, line) => Number(row[at]) === line + 1);
    columns = columns.filter((at) => !isId(at));
  }
  if (columns.length !== 1) throw new Error(`${columns.length} columns could be the classes, expected one (name it \u201cprediction\u201d); ${SUBMIT}`);
  return table.map((row, at) => { if (!number.test(row[columns[0]])) throw new Error(`prediction ${at} is \u201c${row[columns[0]].slice(0, 20)}\u201d, expected a whole number; ${SUBMIT}`); return Number(row[columns[0]]); });
}

function startYours() {
  if (!byId("yours")) return;
  byId("drop-set").replaceChildren(...datasets.map((set) => el("option", { value: set.name, selected: set.name === "fashion-mnist" }, set.title)));
  let chosenFile;
  const take = async (file) => {
    chosenFile = file;
    byId("drop-result").replaceChildren("Reading \u2026");
    try { await place(file.name, new Uint8Array(await file.arrayBuffer())); } catch (error) { byId("drop-result").replaceChildren(el("p", { class: "fail" }, bdi(`${file.name}: ${error.message}`))); }
  };
  byId("drop-file").addEventListener("change", (event) => { if (event.target.files[0]) take(event.target.files[0]); });
  byId("drop-set").addEventListener("change", () => { if (chosenFile) take(chosenFile); });
  const section = byId("yours");
  section.addEventListener("dragover", (event) => { event.preventDefault(); byId("drop").classList.add("over"); });
  section.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  section.addEventListener("drop", (event) => { event.preventDefault(); byId("drop").classList.remove("over"); if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]); });
  const seen = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) { seen.disconnect(); histograms(); } }, { rootMargin: "300px" });
  seen.observe(byId("difficulty"));
}

/** Places a file of predictions among the results on its data set. */
async function place(name, bytes) {
  const [answers, looks] = await Promise.all([unpackAnswers(), unpack()]);
  const index = datasets.findIndex((set) => set.name === byId("drop-set").value);
  const set = answers?.sets.find((one) => one.name === datasets[index].name);
  if (!set) throw new Error("this report has no answers on that data set");
  const classes = looks?.sets.find((one) => one.name === set.name)?.classes || [...new Set(set.labels)].sort();
  const predicted = parsePredictions(name, bytes, set.labels.length, classes.length);
  const row = predicted.map((one, at) => (one.toString(36) === set.labels[at] ? "." : one.toString(36))).join("");
  const n = row.length;
  const hits = right(row);
  const [low, high] = wilson(hits, n);
  const rows = openRows(answers, index);
  const ranked = rows.map(({ line, row: other }) => ({ line, row: other, hits: right(other) })).sort((a, b) => b.hits - a.hits);
  const above = ranked.filter((one) => one.hits > hits).at(-1);
  const below = ranked.find((one) => one.hits <= hits);
  const leaders = ranked.filter(({ line }) => line.cells[index].group !== undefined && line.cells[index].against_best === undefined).sort((a, b) => a.line.cells[index].group - b.line.cells[index].group);
  const tied = leaders.map((one) => ({ ...one, counts: discordant(one.row, row) })).find(({ counts }) => mcnemar(...counts) >= 0.05);
  const count = misses(rows);
  const alone = [...Array(n).keys()].filter((at) => row[at] !== "." && count[at] * 10 < rows.length);
  const only = [...Array(n).keys()].filter((at) => row[at] === "." && count[at] * 10 > 9 * rows.length);
  const say = (at) => `${classes[parseInt(set.labels[at], 36)]}${row[at] === "." ? "" : `, yours says ${classes[parseInt(row[at], 36)]}`}; ${count[at]} of ${rows.length} miss it`;
  const better = ranked.filter((one) => one.hits < hits).length;
  const list = [
    ["accuracy", `${accuracy(hits / n)} (${hits} of ${n}; 95 % interval ${accuracy(low)} to ${accuracy(high)})`],
    ["among the results", ranked.length ? `above ${better} of ${ranked.length} configurations (first repeats)` : ""],
    ["tie group", tied ? `${tied.line.cells[index].group}: not told apart from its best, ${lineName(tied.line)} (${probability(mcnemar(...tied.counts))}; only that one right ${tied.counts[0]}, only yours ${tied.counts[1]})` : leaders.length ? `none: told apart from the best of all ${leaders.length} groups` : ""],
    ["next above", above ? `${lineName(above.line)} ${accuracy(above.hits / n)}` : ""],
    ["next below", below ? `${lineName(below.line)} ${accuracy(below.hits / n)}` : ""],
  ].filter(([, value]) => value).flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, bdi(value))]);
  const who = el("input", { type: "text", value: "your-name", "aria-label": "Submitter", size: "12" });
  const what = el("input", { type: "text", value: "My method", "aria-label": "Name of the method", size: "14" });
  const trained = el("input", { type: "text", inputmode: "numeric", value: "60000", "aria-label": "Training images it saw", size: "6" });
  const save = el("button", { type: "button", class: "chip", onclick: () => {
    const figure = hits / n;
    const predictions = predicted.map((one) => one.toString(36)).join("");
    const entry = { schema_version: 1, status: "ok", submitter: who.value, classifier: what.value, parameters: {}, method: { description: "Describe the method here.", external_data: false }, dataset: set.name, train_size: Number(trained.value) || 60000, test_size: n, accuracy: figure, repeats: [{ accuracy: figure, predictions }] };
    const address = URL.createObjectURL(new Blob([JSON.stringify(entry, null, 1) + "\n"], { type: "application/json" }));
    el("a", { href: address, download: `${what.value}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  } }, "Save as a submission");
  stars(index, hits / n);
  byId("drop-result").replaceChildren(el("h3", {}, bdi(name), ` on ${datasets[index].title}`), el("dl", {}, ...list),
    el("h4", {}, `Missed here, recognised by more than nine in ten (${alone.length})`), ...pictures(looks, set.name, alone, 24, say),
    el("h4", {}, `Recognised here, missed by more than nine in ten (${only.length})`), ...pictures(looks, set.name, only, 24, say),
    el("p", {}, who, " ", what, " trained on ", trained, " images ", save, ` as results/submitted/<name>/${set.name}/<id>.json, then run mnist-bench validate.`));
}

/** A star in each chart that has an axis of accuracy on this data set. */
function stars(index, figure) {
  document.querySelectorAll(".star").forEach((node) => node.remove());
  const log = (value) => -Math.log10(1 - Math.min(value, 0.9995));
  const across = [`${datasets[1]?.name}-against-${datasets[0]?.name}`, "best-per-family"];
  for (const { name, marks } of data.charts) {
    const along = name === across[1] || (name === across[0] && index === 0) ? 0 : name === `accuracy-against-time-${datasets[index].name}` || (name === across[0] && index === 1) ? 1 : undefined;
    const svg = document.querySelector(`[data-chart="${CSS.escape(name)}"] svg`);
    if (along === undefined || !svg) continue;
    // Two marks far apart give the axis: it is straight in the logarithm of the error.
    const known = marks.flatMap((mark) => { const own = name === across[1] ? lines[mark[2]].cells.map((cell) => cell.accuracy) : [lines[mark[2]].cells[index].accuracy]; return own.length === 1 && own[0] !== undefined ? [[mark[along], log(own[0])]] : []; }).sort((a, b) => a[1] - b[1]);
    const ends = name === across[1] ? dumbbellEnds(marks, index, log) : [known[0], known.at(-1)];
    if (!ends[0] || !ends[1] || ends[0][1] === ends[1][1]) continue;
    const at = ends[0][0] + ((ends[1][0] - ends[0][0]) * (log(figure) - ends[0][1])) / (ends[1][1] - ends[0][1]);
    const { width, height } = svg.viewBox.baseVal;
    const rule = document.createElementNS("http://www.w3.org/2000/svg", "path");
    rule.setAttribute("class", "star");
    rule.setAttribute("d", along === 0 ? `M${at} 30V${height - 60}` : `M64 ${at}H${width - 18}`);
    const star = document.createElementNS("http://www.w3.org/2000/svg", "text");
    star.setAttribute("class", "star");
    star.setAttribute("x", String(along === 0 ? at : width - 30));
    star.setAttribute("y", String(along === 0 ? 44 : at - 4));
    star.textContent = "\u2605 yours";
    star.setAttribute("text-anchor", along === 0 ? "middle" : "end");
    svg.append(rule, star);
  }
}
/** Marks of the dumbbell come in pairs a family, first data set before second. */
function dumbbellEnds(marks, index, log) {
  const points = marks.flatMap((mark, at) => {
    const cell = lines[mark[2]].cells[at % 2];
    return at % 2 === index && cell.accuracy !== undefined ? [[mark[0], log(cell.accuracy)]] : [];
  }).sort((a, b) => a[1] - b[1]);
  return [points[0], points.at(-1)];
}

// ---- images by difficulty
const BINS = 10;
async function histograms() {
  const [answers, looks] = await Promise.all([unpackAnswers(), unpack()]);
  const figures = datasets.flatMap((set, index) => {
    const rows = answers ? openRows(answers, index) : [];
    const own = answers?.sets.find((one) => one.name === set.name);
    if (!rows.length || !own) return [];
    classNames[index] = looks?.sets.find((one) => one.name === set.name)?.classes;
    const count = misses(rows);
    const bin = (missed) => (missed === 0 ? BINS + 1 : missed === rows.length ? 0 : Math.min(BINS, 1 + Math.floor((BINS * (rows.length - missed)) / rows.length)));
    const members = Array.from({ length: BINS + 2 }, () => []);
    count.forEach((missed, at) => members[bin(missed)].push(at));
    members.forEach((images) => images.sort((a, b) => count[b] - count[a] || a - b));
    const label = (at) => (at === 0 ? "no one" : at === BINS + 1 ? "everyone" : `${(at - 1) * 10}\u2013${at * 10} %`);
    const most = Math.max(...members.map((images) => images.length));
    const say = (at) => `${classNames[index]?.[parseInt(own.labels[at], 36)] ?? own.labels[at]}; ${count[at]} of ${rows.length} configurations miss it`;
    const columns = members.map((images, at) => el("button", { type: "button", class: "bin", style: `--share: ${(100 * Math.sqrt(images.length / most)).toFixed(1)}%`, "aria-label": `${set.title}, recognised by ${label(at)} of the configurations: ${images.length} images`, onclick: () => byId("bin").replaceChildren(el("h4", {}, `${set.title}, recognised by ${label(at)} of ${rows.length} configurations: ${images.length} images`), ...pictures(looks, set.name, images, 60, say)) }, el("b", {}, images.length.toLocaleString("en")), el("span", { class: "column" }), el("small", {}, label(at))));
    return [el("figure", { id: `difficulty-${set.name}` }, el("h3", {}, `${set.title}: ${members[BINS + 1].length.toLocaleString("en")} of ${count.length.toLocaleString("en")} recognised by everyone, ${members[0].length} by no one`), el("div", { class: "bins" }, ...columns), el("figcaption", {}, "Share of the configurations that recognise an image; heights by the square root of the count."))];
  });
  byId("histograms").replaceChildren(...figures);
}
