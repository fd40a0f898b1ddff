// @ts-check
// ---- two to four results beside each other
const MOST_PINNED = 4;
const byKey = new Map(lines.map((line) => [rowKey(line), line]));
/** @param {Line} line */
const lineName = (line) =>
  `${libraryName(line.engine)} ${line.family} ${line.parameters}`.trim() +
  (line.size === "full" ? "" : ` (${line.size} images)`);
/** @param {Line} line */
const canCompare = (line) =>
  line.size === "full" &&
  line.cells.some((cell) => cell.accuracy !== undefined && cell.evidence !== "reported");

/** @param {Line} line */
function pin(line) {
  const key = rowKey(line);
  const on = state.compare.includes(key);
  const pinned = on
    ? state.compare.filter((other) => other !== key)
    : [...state.compare, key].slice(-MOST_PINNED);
  change({ compare: pinned });
}
/** @param {Line} line */
function pinButton(line) {
  if (!canCompare(line) || !byId("answers")) return undefined;
  const on = state.compare.includes(rowKey(line));
  return el(
    "button",
    {
      type: "button",
      class: "pin",
      "aria-pressed": String(on),
      "aria-label": `Compare ${lineName(line)}`,
      title: on ? "Do not compare" : "Compare with others",
      "data-pin": rowKey(line),
      onclick: () => {
        pin(line);
        withAttribute("data-pin", rowKey(line))?.focus();
      },
    },
    on ? "\u2713" : "+",
  );
}

let comparing = "";
function renderComparison() {
  const pinned = state.compare.flatMap((key) => byKey.get(key) ?? []);
  const tray = byId("tray");
  tray.hidden = !pinned.length;
  tray.replaceChildren(
    el("span", {}, pinned.length === 1 ? "Pin one more to compare: " : "Comparing: "),
    ...pinned.map((line) =>
      el(
        "button",
        { type: "button", class: "chip", "aria-label": `Remove ${lineName(line)}`, onclick: () => pin(line) },
        bdi(lineName(line)),
        " \u00d7",
      ),
    ),
    ...(pinned.length > 1 ? [el("a", { class: "door", href: "#comparison" }, "Show")] : []),
    el("button", { type: "button", class: "link", onclick: () => change({ compare: [] }) }, "Clear"),
  );
  const section = byId("comparison");
  const key = state.compare.join("\n");
  if (key === comparing) return;
  comparing = key;
  section.hidden = pinned.length < 2;
  if (pinned.length < 2) return section.replaceChildren();
  section.replaceChildren(
    el("h2", {}, "Comparison"),
    el("p", { role: "status" }, "Unpacking the answers \u2026"),
  );
  Promise.all([unpackAnswers(), unpack()]).then(
    ([answers, looks]) => {
      if (comparing !== key) return;
      const [first, ...others] = pinned;
      const parts = others.flatMap((other) =>
        datasets.flatMap((set, index) => comparePart(answers, looks, set, index, first, other) ?? []),
      );
      section.replaceChildren(
        el("h2", {}, "Comparison"),
        el(
          "p",
          {},
          "Each result against ",
          el("b", {}, bdi(lineName(first))),
          ", image by image, by the first repeat of both. The test is the exact one of McNemar for this one question, without a correction for others that nobody asked.",
        ),
        shareBar(compareShare(pinned)),
        ...(parts.length ? parts : [el("p", {}, "These results have no predictions on the same data set.")]),
      );
    },
    () =>
      section.replaceChildren(
        el("p", {}, "This browser cannot unpack the answers: it needs DecompressionStream."),
      ),
  );
}

/**
 * @param {Answers | null} answers
 * @param {Looks | null} looks
 * @param {PageData["datasets"][0]} set
 * @param {number} index
 * @param {Line} first
 * @param {Line} other
 */
function comparePart(answers, looks, set, index, first, other) {
  const cells = [first, other].map((line) => line.cells[index]);
  const rows = cells.flatMap((cell) => answers?.rows[cell.file] ?? []);
  const labels = answers?.sets.find((one) => one.name === set.name)?.labels;
  if (rows.length < 2 || !labels) return undefined;
  const [onlyFirst, onlySecond] = discordant(rows[0], rows[1]);
  const n = rows[0].length;
  const p = mcnemar(onlyFirst, onlySecond);
  const difference = (onlySecond - onlyFirst) / n;
  const half =
    (1.959963984540054 * Math.sqrt(Math.max(0, onlyFirst + onlySecond - (onlyFirst - onlySecond) ** 2 / n))) /
    n;
  const verdict =
    p < 0.05
      ? `${difference > 0 ? lineName(other) : lineName(first)} is more accurate`
      : "the test cannot tell them apart";
  const ratio = timeRatio(cells[1], cells[0]);
  const memory = cells[0].memory && cells[1].memory ? cells[1].memory / cells[0].memory : undefined;
  const classes = looks?.sets.find((one) => one.name === set.name)?.classes || [...new Set(labels)].sort();
  const nameOf = (/** @type {string} */ digit) => classes[parseInt(digit, 36)] ?? digit;
  const part = (/** @type {boolean} */ want) =>
    [...Array(n).keys()].filter((at) => (rows[0][at] === ".") === want && (rows[1][at] === ".") !== want);
  const say = (/** @type {number} */ at) =>
    `${nameOf(labels[at])}; ${rows[0][at] === "." ? "the second" : "the first"} says ${nameOf(rows[0][at] === "." ? rows[1][at] : rows[0][at])}`;
  // The table's figures are means over repeats; answers to single images are those of the first repeat only.
  const repeats = cells.some((cell) => cell.repeats.length > 1) ? ", first repeats" : "";
  const list = el(
    "dl",
    {},
    ...[
      ["accuracy", `${accuracy(cells[0].accuracy)} and ${accuracy(cells[1].accuracy)}`],
      [
        `difference${repeats}`,
        `${signed(difference)} (95 % interval ${signed(difference - half)} to ${signed(difference + half)})`,
      ],
      ["only the first is right", `${onlyFirst} images`],
      ["only the second is right", `${onlySecond} images`],
      ["exact McNemar test", `${probability(p)}: ${verdict}`],
      [
        "CPU time",
        ratio
          ? `the second needs ${times(ratio)} that of the first`
          : "not comparable: not measured alone on one kind of processor",
      ],
      ["memory", memory ? `${times(memory)} that of the first` : ""],
    ]
      .filter(([, value]) => value)
      .flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, bdi(value))]),
  );
  return el(
    "div",
    { class: "versus" },
    el("h3", {}, `${set.title}: `, bdi(lineName(other))),
    list,
    el("h4", {}, `Only the first is right (${onlyFirst})`),
    ...pictures(looks, set.name, part(true), 24, say),
    el("h4", {}, `Only the second is right (${onlySecond})`),
    ...pictures(looks, set.name, part(false), 24, say),
    el(
      "details",
      {},
      el("summary", {}, "Difference of the confusion matrices"),
      differenceMatrix(classes, labels, rows),
    ),
  );
}
/**
 * The second confusion matrix minus the first: rows are the true class, columns the answer.
 * @param {string[]} classes
 * @param {string} labels
 * @param {string[]} rows
 */
function differenceMatrix(classes, labels, [first, second]) {
  const n = classes.length;
  const counts = new Int32Array(n * n);
  for (let at = 0; at < labels.length; at += 1) {
    const label = parseInt(labels[at], 36);
    const answered = (/** @type {string} */ row) => (row[at] === "." ? label : parseInt(row[at], 36));
    counts[label * n + answered(second)] += 1;
    counts[label * n + answered(first)] -= 1;
  }
  const body = classes.map((name, of) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, bdi(name)),
      ...classes.map((_, as) => {
        const value = counts[of * n + as];
        return el(
          "td",
          {
            class: value === 0 ? "none" : value > 0 === (of === as) ? "right" : "wrong",
            style: value ? `--heat: ${Math.min(100, Math.abs(value) * 2)}%` : undefined,
          },
          value > 0 ? `+${value}` : String(value).replace("-", "\u2212"),
        );
      }),
    ),
  );
  const head = el(
    "tr",
    {},
    el("td"),
    ...classes.map((name) => el("th", { scope: "col", class: "upright" }, bdi(name))),
  );
  return framed(
    "Difference of the confusion matrices",
    el(
      "table",
      { class: "matrix" },
      el("caption", {}, "Second less first: class down, answer across"),
      el("thead", {}, head),
      el("tbody", {}, ...body),
    ),
  );
}
