// @ts-check
// ---- tabs and filters
function tabs() {
  const all = [["both", "Side by side"], ...datasets.map((set) => [set.name, set.title])];
  const buttons = all.map(([name, title]) => {
    const selected = state.tab === name;
    return el(
      "button",
      {
        type: "button",
        role: "tab",
        "data-tab": name,
        "aria-selected": String(selected),
        "aria-controls": "panel",
        tabindex: selected ? "0" : "-1",
        onclick: () => pick(name),
      },
      title,
    );
  });
  byId("tabs").replaceChildren(...buttons);
}
/** @param {string} name */
function pick(name) {
  limit = CHUNK;
  change({ tab: name, sort: null });
  withAttribute("data-tab", name)?.focus();
}
byId("tabs").addEventListener("keydown", (event) => {
  const names = ["both", ...datasets.map((set) => set.name)];
  const at = names.indexOf(state.tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  pick(names[(to + names.length) % names.length]);
});

/** Counts of lines for each value of a group; with a line for each result, only those of the chosen runs and sizes. */
/** @type {Map<string, Map<string, number>>} */
const countings = new Map();
/**
 * @param {GroupKey} key
 * @param {(line: Line) => string[]} values
 * @returns {Map<string, number>}
 */
function counted(key, values) {
  const decides = JSON.stringify([key, state.tab, state.every, state.run, state.size]);
  const known = countings.get(decides);
  if (known) return known;
  {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const line of pool()) {
      const here =
        !state.every ||
        APART.includes(key) ||
        APART.every((own) => !state[own].length || state[own].includes(own === "run" ? line.run : line.size));
      if (here) for (const value of new Set(values(line))) counts.set(value, (counts.get(value) || 0) + 1);
    }
    countings.set(decides, counts);
    return counts;
  }
}

/** @type {string | undefined} */
let drawnChips;
function chips() {
  // The chips' counts take a pass over all lines, so typing in the search does not draw them again.
  const key = JSON.stringify([state.tab, state.every, ...GROUPS.map(([group]) => state[group])]);
  if (key === drawnChips) return;
  drawnChips = key;
  const fields = activeGroups().map(([key, title, values]) => {
    const counts = new Map(counted(key, values));
    for (const value of state[key]) if (!counts.has(value)) counts.set(value, 0);
    const buttons = [...counts]
      .sort(([a], [b]) =>
        key === "size"
          ? Number(a === "full") - Number(b === "full") || Number(a) - Number(b)
          : a < b
            ? -1
            : 1,
      )
      .map(([value, count]) => {
        const on = state[key].includes(value);
        return el(
          "button",
          {
            type: "button",
            class: "chip",
            "aria-pressed": String(on),
            "data-chip": `${key}=${value}`,
            onclick: () => {
              limit = CHUNK;
              change({ [key]: on ? state[key].filter((other) => other !== value) : [...state[key], value] });
              withAttribute("data-chip", `${key}=${value}`)?.focus();
            },
          },
          bdi(chipWords(key, value)),
          " ",
          el("small", {}, String(count)),
        );
      });
    return el("fieldset", {}, el("legend", {}, title), ...buttons);
  });
  const clear = el(
    "button",
    {
      type: "button",
      class: "chip",
      onclick: () => change(noFilters()),
    },
    "Clear filters",
  );
  byId("chips").replaceChildren(...fields, clear);
  const active = activeGroups()
    .filter(([key]) => state[key].length)
    .map(([key]) => state[key].map((value) => chipWords(key, value)).join(", "));
  byId("active").textContent = active.length ? `\u00b7 ${active.join(" \u00b7 ")}` : "\u00b7 none";
}
