// @ts-check
// ---- choosing and sorting lines
function chosen() {
  const needles = needlesOf(state.q);
  const groups = activeGroups()
    .filter(([key]) => state[key].length)
    .map(([key, , values]) => ({ wanted: new Set(state[key]), values }));
  return pool().filter(
    (line) =>
      shownCells(line).some(
        (cell) => cell.status || cell.published !== undefined || cell.sklearn !== undefined,
      ) &&
      groups.every(({ wanted, values }) => values(line).some((value) => wanted.has(value))) &&
      finds(line, needles),
  );
}
/**
 * @param {Line[]} found
 * @param {Column[]} all
 */
function sorted(found, all) {
  // By default the best on the shown data set comes first; side by side, the best on the second, harder set.
  const wish = state.sort || `-${datasets[state.tab === "both" ? 1 : indices()[0]].name}.accuracy`;
  const down = wish.startsWith("-");
  const by = all.find((one) => one.key === (down ? wish.slice(1) : wish)) || all[0];
  const keyed = found.map((line) => ({ value: by.value(line) ?? "", line }));
  keyed.sort(({ value: a }, { value: b }) => {
    if (a === "" || b === "") return Number(a === "") - Number(b === "");
    const order = a < b ? -1 : a > b ? 1 : 0;
    return down ? -order : order;
  });
  return { by, down, order: keyed.map(({ line }) => line) };
}

/** For each line that stands for others with the same predictions, all of these lines. @type {Map<Line, Line[]>} */
const standIns = new Map();
/**
 * Keeps one of several lines that predict the same everywhere: the open one, or else the first in this order.
 * @param {Line[]} order
 */
function folded(order) {
  standIns.clear();
  if (state.every) return order;
  /** @type {Map<number, Line[]>} */
  const alike = new Map();
  for (const line of order)
    if (line.same !== undefined) alike.set(line.same, [...(alike.get(line.same) || []), line]);
  return order.filter((line) => {
    const all = alike.get(line.same ?? -1) ?? [line];
    const kept = all.find((one) => rowKey(one) === state.row) ?? all[0];
    if (line === kept && all.length > 1) standIns.set(line, all);
    return line === kept;
  });
}
/**
 * The lines in the order of the first of each family, with the families' heads where they begin.
 * @param {Line[]} order
 * @returns {Entry[]}
 */
function grouped(order) {
  /** @type {Map<string, Line[]>} */
  const families = new Map();
  for (const line of order) families.set(line.family, [...(families.get(line.family) || []), line]);
  return [...families].flatMap(([family, own]) =>
    own.map((line, at) => ({ line, head: at === 0 ? { family, own } : undefined })),
  );
}
/** The first two sentences about a family. @param {string} family */
function story(family) {
  const told = withAttribute("data-story", family)?.textContent ?? "";
  return told
    .split(/(?<=[a-z)\u2019][.!?])\s+(?=[A-Z])/)
    .slice(0, 2)
    .join(" ");
}
/** @param {{ family: string, own: Line[] }} head @param {Column[]} all */
function familyRow({ family, own }, all) {
  const told = story(family);
  const figures = indices().map((index) => {
    const known = own.filter((line) => line.cells[index].accuracy !== undefined);
    const ranked = known.sort((a, b) => (b.cells[index].accuracy ?? 0) - (a.cells[index].accuracy ?? 0));
    if (!ranked.length) return "";
    const [best, worst] = [ranked[0], ranked[ranked.length - 1]];
    const by = best.parameters ? ` by ${best.parameters}` : "";
    return `${datasets[index].title} ${accuracy(worst.cells[index].accuracy)} to ${accuracy(best.cells[index].accuracy)}${by}`;
  });
  return el(
    "tr",
    { role: "row", class: "family" },
    el(
      "th",
      { role: "rowheader", scope: "rowgroup", colspan: all.length, class: "left" },
      bdi(family),
      " ",
      el(
        "small",
        {},
        [`${own.length} configuration${own.length === 1 ? "" : "s"}`, ...figures.filter(Boolean)].join(
          " \u00b7 ",
        ),
      ),
      told ? el("small", { class: "story" }, told, " ", el("a", { href: `#family-${family}` }, "More")) : "",
    ),
  );
}

// ---- drawing
/** @param {Line} line */
const rowKey = (line) => [line.run, line.engine, line.id, line.size].join("/");
/** @param {string} key */
const find = (key) => withAttribute("data-row", key);
let limit = CHUNK;
const SCREEN = 20;
let rest = 0;
/** The page is being printed: every line has to be there at once. */
let onPaper = false;

/** What a column holds, at its head. @type {Record<string, string>} */
const MEANINGS = {
  accuracy: "Share of the test images that are right, the mean over repeats; below it the 95 % interval",
  group: "What a paired test does not tell apart; 1 is the best",
  published: "The 2017 paper; below it this result minus the paper's",
  sklearn: "scikit-learn 1.9 on today\u2019s files; below it this result minus scikit-learn\u2019s",
  time: "Wall-clock seconds to fit and to predict the test set; ~ measured while other jobs ran",
  fit: "Wall-clock seconds to fit; ~ measured while other jobs ran",
  predict: "Wall-clock seconds to predict the test set; ~ measured while other jobs ran",
  memory: "Peak memory of the worker process",
  repeats: "Trainings with different seeds; below it the standard deviation of their accuracies",
  difference: "Accuracy on the second data set minus that on the first",
  evidence: "What stands behind the figure",
  status: "ok, or why there is no result",
};
/**
 * @param {Column[]} all
 * @param {Column} by
 * @param {boolean} down
 */
function head(all, by, down) {
  const narrow = (/** @type {Column} */ one) =>
    one.short
      ? [el("span", { class: "wide" }, one.head), el("span", { class: "narrow" }, one.short)]
      : [one.head];
  const cells = all.map((one) =>
    el(
      "th",
      {
        role: "columnheader",
        scope: "col",
        class: classes(one),
        "aria-sort": one === by ? (down ? "descending" : "ascending") : undefined,
      },
      el(
        "button",
        {
          type: "button",
          "data-key": one.key,
          "aria-label": `${one.group || ""} ${one.head}: sort`.trim(),
          title: MEANINGS[plainKey(one)],
          onclick: () => {
            const rises = one.left || one.rising;
            const first = rises ? one.key : `-${one.key}`;
            const second = rises ? `-${one.key}` : one.key;
            const current = (down ? "-" : "") + by.key;
            change({ sort: current === first ? second : first });
            withAttribute("data-key", one.key)?.focus();
          },
        },
        ...narrow(one),
      ),
    ),
  );
  const groups = [];
  if (all.some((one) => one.group)) {
    const row = el("tr", { role: "row", class: "groups" });
    for (let at = 0; at < all.length; ) {
      let end = at + 1;
      while (end < all.length && all[end].group && all[end].group === all[at].group) end += 1;
      if (all[at].group) {
        // The span is shorter by the hidden columns, so that the heads stay above their figures.
        const hideable = all.slice(at, end).filter((one) => (one.rank ?? 0) > 2);
        const spare = hideable.length < end - at ? hideable : hideable.slice(1);
        row.append(
          el(
            "th",
            { role: "columnheader", class: "group", colspan: end - at - spare.length, scope: "colgroup" },
            all[at].group,
          ),
        );
        row.append(...spare.map(() => el("td", { role: "cell", class: "p3" })));
      } else {
        row.append(el("td", { role: "cell", class: classes(all[at]) }));
      }
      at = end;
    }
    groups.push(row);
  }
  first("#results thead")?.replaceChildren(...groups, el("tr", { role: "row" }, ...cells));
}
/** @param {Column} one */
const classes = (one) =>
  [one.left && "left", one.edge && "edge", (one.rank ?? 0) > 1 && `p${one.rank}`].filter(Boolean).join(" ") ||
  undefined;

/**
 * @param {Line} line
 * @param {Column[]} all
 */
function row(line, all) {
  const key = rowKey(line);
  const open = state.row === key;
  /** @type {Part[]} */
  const tags = [];
  if (state.every && line.engine) tags.push(" ", el("span", { class: "tag" }, bdi(libraryName(line.engine))));
  if (state.every && state.run.length !== 1)
    tags.push(" ", el("span", { class: "tag" }, bdi(chipWords("run", line.run))));
  if (line.size !== "full" && (line.size !== data.open.size || (state.every && state.size.length !== 1)))
    tags.push(" ", el("span", { class: "tag" }, `n=${line.size}`));
  const others = state.every
    ? 0
    : new Set(
        relatives(line)
          .map((one) => one.engine)
          .filter((engine) => engine && engine !== line.engine),
      ).size;
  const alike = standIns.get(line);
  if (alike) tags.push(" ", el("span", { class: "tag" }, `${alike.length} with these predictions`));
  if (others) tags.push(" ", el("span", { class: "tag" }, `${others + 1} libraries`));
  // On small screens, which hide the status column, a failure is shown beside the name.
  if (shownCells(line).some((cell) => isFailure(cell.status)))
    tags.push(" ", el("span", { class: "narrow" }, ...statusCell(line)));
  const name = el(
    "button",
    {
      type: "button",
      class: "name",
      "aria-expanded": String(open),
      "data-row": key,
      onclick: () => {
        change({ row: open ? "" : key });
        withAttribute("data-row", key)?.focus();
      },
    },
    el("b", {}, className(line.family)),
    ...tags,
    el("span", { class: "parameters" }, bdi(line.parameters)),
  );
  const cells = all
    .slice(1)
    .map((one) => el("td", { role: "cell", class: classes(one) }, ...one.show(line).filter(Boolean)));
  const rows = [
    el(
      "tr",
      { role: "row", class: "row" },
      el("th", { role: "rowheader", scope: "row", class: "left" }, name, pinButton(line)),
      ...cells,
    ),
  ];
  if (open)
    rows.push(
      el(
        "tr",
        { role: "row", class: "detail" },
        el("td", { role: "cell", colspan: all.length }, details(line)),
      ),
    );
  return rows;
}
