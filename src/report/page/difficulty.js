// @ts-check
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
    const bin = (/** @type {number} */ missed) =>
      missed === 0
        ? BINS + 1
        : missed === rows.length
          ? 0
          : Math.min(BINS, 1 + Math.floor((BINS * (rows.length - missed)) / rows.length));
    /** @type {number[][]} */
    const members = Array.from({ length: BINS + 2 }, () => []);
    count.forEach((missed, at) => members[bin(missed)].push(at));
    members.forEach((images) => images.sort((a, b) => count[b] - count[a] || a - b));
    const label = (/** @type {number} */ at) =>
      at === 0 ? "no one" : at === BINS + 1 ? "everyone" : `${(at - 1) * 10}\u2013${at * 10} %`;
    const most = Math.max(...members.map((images) => images.length));
    const say = (/** @type {number} */ at) =>
      `label ${classNames[index]?.[parseInt(own.labels[at], 36)] ?? own.labels[at]}; ${count[at]} of ${rows.length} configurations miss it`;
    const columns = members.map((images, at) =>
      el(
        "button",
        {
          type: "button",
          class: "bin",
          style: `--share: ${(100 * Math.sqrt(images.length / most)).toFixed(1)}%`,
          "aria-label": `${images.length.toLocaleString("en")} ${label(at)}: images of ${set.title} that this share of the configurations recognises`,
          onclick: () =>
            byId("bin").replaceChildren(
              el(
                "h4",
                {},
                `${set.title}, recognised by ${label(at)} of ${rows.length} configurations: ${images.length} images`,
              ),
              ...pictures(looks, set.name, images, 60, say),
            ),
        },
        el("b", {}, images.length.toLocaleString("en")),
        " ",
        el("span", { class: "column" }),
        " ",
        el("small", {}, label(at)),
      ),
    );
    return [
      el(
        "figure",
        { id: `difficulty-${set.name}` },
        el(
          "h3",
          {},
          `${set.title}: all recognise ${members[BINS + 1].length.toLocaleString("en")} of ${count.length.toLocaleString("en")} images, none ${members[0].length}`,
        ),
        el("div", { class: "bins" }, ...columns),
        el(
          "figcaption",
          {},
          "Share of the configurations that recognise an image; heights by the square root of the count. Below, every test image is a point, the hardest first: choose one, or move the slider.",
        ),
        pointMap(set, looks, count, rows.length, say),
      ),
    ];
  });
  byId("histograms").replaceChildren(...figures);
}
