// @ts-check
// ---- images and confusion matrices of an open row, unpacked on first use
/** @type {Promise<Looks | null> | undefined} */
let unpacking;
/** The packed part of the page, or null where there is none. @returns {Promise<Looks | null>} */
function unpack() {
  unpacking ??= (async () => {
    const text = byId("closer")?.textContent.trim();
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    /** @type {Looks} */
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

/**
 * @param {Looks} looks
 * @param {Look} look
 * @param {number} place
 */
function image(looks, look, place) {
  const set = looks.sets[look.set];
  const predicted = look.shown[place];
  const right = predicted === ".";
  const name = set.classes[set.labels[place]];
  const words =
    `test image ${set.images[place]}: ${name}, ` +
    (right ? "recognised" : `taken for ${set.classes[parseInt(predicted, 36)]}`) +
    `; ${set.missed[place]} of ${set.rows} configurations miss it`;
  const left = -(place % set.columns) * IMAGE;
  const top = -Math.floor(place / set.columns) * IMAGE;
  return el("button", {
    type: "button",
    class: `image set-${look.set}`,
    "aria-label": words,
    title: words,
    style: `background-position: ${left}px ${top}px`,
    onclick: (/** @type {Event & { currentTarget: HTMLElement }} */ event) => {
      event.currentTarget.classList.toggle("large");
    },
  });
}

/**
 * A frame that scrolls, for a table wider than a phone.
 * @param {string} name
 * @param {HTMLTableElement} table
 */
const framed = (name, table) =>
  el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);

/**
 * @param {ImageSet} set
 * @param {Look} look
 * @param {number} repeats
 */
function matrix(set, look, repeats) {
  const n = set.classes.length;
  const rows = set.classes.map((name, of) => {
    const counts = look.confusion.slice(of * n, of * n + n);
    const all = counts.reduce((sum, count) => sum + count, 0) || 1;
    const cells = counts.map((count, as) =>
      el(
        "td",
        {
          class: count === 0 ? "none" : as === of ? "right" : "wrong",
          style: count
            ? `--heat: ${Math.round(100 * (as === of ? count / all : Math.min(1, (3 * count) / all)))}%`
            : undefined,
        },
        String(count),
      ),
    );
    return el("tr", {}, el("th", { scope: "row" }, bdi(name)), ...cells);
  });
  const head = el(
    "tr",
    {},
    el("td"),
    ...set.classes.map((name) => el("th", { scope: "col", class: "upright" }, bdi(name))),
  );
  const answered = look.confusion.reduce((sum, count) => sum + count, 0);
  const several =
    repeats > 1 ? `${repeats} repeats, ${answered.toLocaleString("en")} answers` : "Test images";
  const table = el(
    "table",
    { class: "matrix" },
    el("caption", {}, `${several}: class down, predicted class across`),
    el("thead", {}, head),
    el("tbody", {}, ...rows),
  );
  return framed("Confusion matrix", table);
}

/**
 * Precision, recall and F1 as scikit-learn's classification report lays them out.
 * @param {ImageSet} set
 * @param {Look} look
 * @param {number} repeats
 */
function scores(set, look, repeats) {
  const share = (/** @type {number | null} */ value) =>
    el("td", {}, value === null ? "\u2013" : value.toFixed(3));
  const total = look.support.reduce((sum, count) => sum + count, 0);
  const line = (
    /** @type {Part} */ name,
    /** @type {(number | null)[]} */ values,
    /** @type {number} */ support,
  ) => el("tr", {}, el("th", { scope: "row" }, name), ...values.map(share), el("td", {}, String(support)));
  const classes = set.classes.map((name, of) => line(bdi(name), look.measures[of], look.support[of]));
  const never = look.measures.some((values) => values.includes(null))
    ? "; \u2013: the class was never predicted, or no label has it. It counts as 0 in the averages; a class with neither is left out"
    : "";
  const averages = [
    el(
      "tr",
      {},
      el("th", { scope: "row" }, "accuracy"),
      el("td"),
      el("td"),
      share(look.accuracy),
      el("td", {}, String(total)),
    ),
    line("macro avg", look.macro_average, total),
    line("weighted avg", look.weighted_average, total),
  ];
  const head = el(
    "tr",
    {},
    el("td"),
    ...["precision", "recall", "F1", "images"].map((name) => el("th", { scope: "col" }, name)),
  );
  const caption = `Classification report${repeats > 1 ? ` over ${repeats} repeats` : ""}${never}`;
  const table = el(
    "table",
    { class: "scores" },
    el("caption", {}, caption),
    el("thead", {}, head),
    el("tbody", {}, ...classes),
    el("tbody", { class: "averages" }, ...averages),
  );
  return framed("Classification report", table);
}

/**
 * Random test images, the same for every row: typical answers beside the mistakes.
 * @param {Looks} looks
 * @param {Look} look
 */
function drawn(looks, look) {
  const set = looks.sets[look.set];
  const items = set.drawn.map((place) => {
    const predicted = look.shown[place];
    const right = predicted === ".";
    const name = set.classes[set.labels[place]];
    const words = right ? name : `${set.classes[parseInt(predicted, 36)]}, is ${name}`;
    return el(
      "li",
      { class: right ? undefined : "wrong" },
      image(looks, look, place),
      el("span", {}, el("b", {}, right ? "right" : "wrong"), " ", bdi(words)),
    );
  });
  const right = set.drawn.filter((place) => look.shown[place] === ".").length;
  return items.length
    ? [
        el("h4", {}, `${items.length} test images drawn by chance: ${right} right`),
        el("ul", { class: "drawn" }, ...items),
      ]
    : [];
}

/**
 * The row's most confused pairs of classes, with images.
 * @param {Looks} looks
 * @param {Look} look
 */
function mistakes(looks, look) {
  const set = looks.sets[look.set];
  const n = set.classes.length;
  /** @type {[number, number, number][]} */
  const pairs = [];
  look.confusion.forEach((count, at) => {
    if (count && at % n !== Math.floor(at / n)) pairs.push([count, Math.floor(at / n), at % n]);
  });
  pairs.sort((a, b) => b[0] - a[0]);
  const places = set.images.map((_, place) => place);
  const items = pairs.slice(0, 5).map(([count, of, as]) => {
    const shown = places.filter(
      (place) =>
        set.labels[place] === of && look.shown[place] !== "." && parseInt(look.shown[place], 36) === as,
    );
    shown.sort((a, b) => set.missed[b] - set.missed[a]);
    return el(
      "li",
      {},
      el(
        "span",
        { class: "pair" },
        bdi(set.classes[of]),
        " taken for ",
        bdi(set.classes[as]),
        ": ",
        el("b", {}, count === 1 ? "once" : `${count} times`),
      ),
      shown.length ? "" : el("small", {}, "no image kept"),
      el("span", { class: "images" }, ...shown.slice(0, 5).map((place) => image(looks, look, place))),
    );
  });
  const alone = places
    .filter((place) => look.shown[place] !== "." && set.missed[place] * 2 < set.rows)
    .sort((a, b) => set.missed[a] - set.missed[b])
    .slice(0, 10);
  const hardest = set.hardest.slice(0, 10);
  const got = hardest.filter((place) => look.shown[place] === ".").length;
  return [
    el("h4", {}, "Worst confusions"),
    items.length ? el("ul", { class: "confusions" }, ...items) : el("p", {}, "none"),
    ...(alone.length
      ? [
          el("h4", {}, "Missed here, recognised by most others"),
          el("p", { class: "images" }, ...alone.map((place) => image(looks, look, place))),
        ]
      : []),
    ...(hardest.length
      ? [
          el("h4", {}, `The hardest images of all: ${got} of ${hardest.length} recognised here`),
          el("p", { class: "images" }, ...hardest.map((place) => image(looks, look, place))),
        ]
      : []),
  ];
}
