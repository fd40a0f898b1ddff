// @ts-check
// ---- the answer of every result to each test image, unpacked on first use, and the statistical tests on the answers
/** @type {Promise<Answers | null> | undefined} */
let answering;
/** The packed answers: labels of each data set, and by result file one character an image, `.` where it is right. */
function unpackAnswers() {
  answering ??= (async () => {
    const text = byId("answers")?.textContent.trim();
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  })();
  return answering;
}
/** @param {string} row */
const right = (row) => {
  let count = 0;
  for (const one of row) if (one === ".") count += 1;
  return count;
};

/**
 * The number of images that only the first result has right, and the number that only the second has right.
 * @param {string} first
 * @param {string} second
 * @returns {[number, number]}
 */
function discordant(first, second) {
  let [onlyFirst, onlySecond] = [0, 0];
  for (let at = 0; at < first.length; at += 1) {
    if (first[at] === "." && second[at] !== ".") onlyFirst += 1;
    else if (second[at] === "." && first[at] !== ".") onlySecond += 1;
  }
  return [onlyFirst, onlySecond];
}
const logFactorials = [0];
/** @param {number} n */
function logFactorial(n) {
  for (let k = logFactorials.length; k <= n; k += 1) logFactorials.push(logFactorials[k - 1] + Math.log(k));
  return logFactorials[n];
}
/**
 * Two-sided p-value of the exact McNemar test.
 * @param {number} onlyFirst
 * @param {number} onlySecond
 */
function mcnemar(onlyFirst, onlySecond) {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  if (onlyFirst === onlySecond) return 1;
  let sum = 0;
  for (let k = 0; k <= fewer; k += 1)
    sum += Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
  return Math.min(1, 2 * sum);
}
/** @param {number} p */
const probability = (p) =>
  p < 1e-300 ? "p below 1e-300" : `p = ${p < 0.001 ? p.toExponential(1) : p.toFixed(3)}`;
/**
 * Wilson's 95 % interval of a share.
 * @param {number} hits
 * @param {number} n
 */
function wilson(hits, n) {
  const z = 1.959963984540054;
  const share = hits / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [middle - half, middle + half];
}
/**
 * The lines of mnist-bench in the view that the page opens with, and their answers on a data set.
 * @param {Answers} answers
 * @param {number} index
 */
function openRows(answers, index) {
  return lines
    .filter(
      (line) =>
        line.run === data.open.run &&
        line.size === data.open.size &&
        line.engine === OURS &&
        answers.rows[line.cells[index].file],
    )
    .map((line) => ({ line, row: answers.rows[line.cells[index].file] }));
}
/**
 * How many of these rows miss each image.
 * @param {Row[]} rows
 */
function misses(rows) {
  const counts = new Uint16Array(rows[0]?.row.length || 0);
  for (const { row } of rows) for (let at = 0; at < row.length; at += 1) if (row[at] !== ".") counts[at] += 1;
  return counts;
}

/**
 * Pictures of the test images with these numbers, where the page has them, and the numbers of the others.
 * @param {Looks | null} looks
 * @param {string} name
 * @param {number[]} numbers
 * @param {number} most
 * @param {(image: number) => string} say
 */
function pictures(looks, name, numbers, most, say) {
  const set = looks?.sets.findIndex((one) => one.name === name) ?? -1;
  const all = looks?.sets[set];
  const columns = all?.columns ?? 1;
  if (all) all.places ??= new Map(all.images.map((image, place) => [image, place]));
  const places = all?.places ?? new Map();
  const shown = numbers.filter((number) => places.has(number)).slice(0, most);
  const others = numbers.filter((number) => !shown.includes(number));
  const picture = (/** @type {number} */ number) => {
    const place = places.get(number) ?? 0;
    const text = `test image ${number}: ${say(number)}`;
    return el("button", {
      type: "button",
      class: `image set-${set}`,
      "aria-label": text,
      title: text,
      style: `background-position: ${-(place % columns) * IMAGE}px ${-Math.floor(place / columns) * IMAGE}px`,
      onclick: (/** @type {Event & { currentTarget: HTMLElement }} */ event) => {
        event.currentTarget.classList.toggle("large");
      },
    });
  };
  const rest = others.length
    ? el(
        "details",
        {},
        el("summary", {}, `${others.length} more by number`),
        el(
          "p",
          { class: "numbers" },
          others.slice(0, 300).join(", ") + (others.length > 300 ? " \u2026" : ""),
        ),
      )
    : "";
  return [shown.length ? el("div", { class: "images" }, ...shown.map(picture)) : "", rest];
}
