// @ts-check
// ---- state, in the address
/** @type {[GroupKey, string, (line: Line) => string[]][]} */
const GROUPS = [
  ["engine", "Library", (line) => relatives(line).map((one) => one.engine || "none")],
  ["family", "Family", (line) => [line.family]],
  ["status", "Status", (line) => shownCells(line).map((cell) => cell.status || "not_run")],
  ["run", "Part", (line) => [line.run]],
  ["size", "Training images", (line) => [line.size]],
];
/** Groups that distinguish results of one configuration: shown only if each result has its own line. */
/** @type {GroupKey[]} */
const APART = ["run", "size"];
/** @type {Record<string, string>} */
const RUNS = {
  reference: "main sweep",
  peers: "other libraries",
  scaling: "growing training sets",
  extensions: "extras",
  neural: "larger networks",
  today: "beyond 2017",
};
/**
 * @param {string} key
 * @param {string} value
 */
const chipWords = (key, value) =>
  key === "run"
    ? RUNS[value] || value
    : key === "engine" && value === "native"
      ? "mnist-bench"
      : key === "size"
        ? value === "full"
          ? "all"
          : Number(value).toLocaleString("en")
        : key === "status"
          ? statusWords(value)
          : words(value);
const activeGroups = () => GROUPS.filter(([key]) => state.every || !APART.includes(key));
/** @type {State} */
let state;

/** @returns {Record<GroupKey, string[]>} */
const noFilters = () => ({ engine: [], family: [], status: [], run: [], size: [] });

function readState() {
  const hash = location.hash.slice(1);
  const query = new URLSearchParams(hash.includes("=") ? hash : "");
  state = {
    tab: query.get("tab") || "both",
    q: query.get("q") || "",
    row: query.get("row") || "",
    sort: query.get("sort"),
    group: query.get("group") === "family",
    compare: query.getAll("compare"),
    every: query.get("every") === "1" || APART.some((key) => query.has(key)),
    columns: query.get("columns")?.split(",") ?? null,
    ...noFilters(),
  };
  // A link to a result inside a configuration opens the configuration.
  const named = byKey.get(state.row);
  if (named && !state.every) state.row = rowKey(configurationOf(named).line);
  if (state.tab !== "both" && !datasets.some((set) => set.name === state.tab)) state.tab = "both";
  for (const [key] of GROUPS) {
    state[key] = query.has(key) ? query.getAll(key).filter((value) => value !== "") : [];
  }
}

function address() {
  const query = new URLSearchParams();
  if (state.tab !== "both") query.set("tab", state.tab);
  if (state.sort) query.set("sort", state.sort);
  if (state.q) query.set("q", state.q);
  if (state.group) query.set("group", "family");
  if (state.columns) query.set("columns", state.columns.join());
  if (state.every) query.set("every", "1");
  for (const [key] of activeGroups()) for (const value of state[key]) query.append(key, value);
  for (const key of state.compare) query.append("compare", key);
  if (state.row) query.set("row", state.row);
  return `#${query.toString() || "tab=both"}`;
}

/**
 * Changes the state and shows it; `replace` leaves no step for the back button.
 * @param {Partial<State>} changes
 * @param {boolean} [replace]
 */
function change(changes, replace = false) {
  Object.assign(state, changes);
  history[replace ? "replaceState" : "pushState"](null, "", address());
  render();
}
