// The page shows what the program computed. Its whole state stands in the address after #, so that a view can
// be linked and the back button works. Text from files goes into text nodes only, never into markup.
const data = JSON.parse(document.getElementById("data").textContent);
const { datasets, lines } = data;
const byId = (id) => document.getElementById(id);
const CHUNK = 100;

/** An element with properties (or attributes) and children; strings become text. */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key === "onclick") node.addEventListener("click", value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}
const bdi = (text) => el("bdi", {}, text);
/** A class's name, which where there is no room breaks between its words. */
const className = (text) => el("bdi", {}, ...text.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, at) => (at ? [el("wbr"), word] : [word])));

// ---- figures as text
const accuracy = (value) => value.toFixed(4);
const signed = (value) => (value < -0.00005 ? "\u2212" : "+") + Math.abs(value).toFixed(4);
const seconds = (value) => (value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value >= 0.9995 ? value.toFixed(2) : value.toFixed(3));
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
const words = (status) => status.replaceAll("_", " ");

// ---- one line a configuration: every result of the same model, by whichever library and size, is inside it
const PRIMARY = [(line) => line.engine === "native", (line) => line.engine !== "", (line) => line.size === "full", (line) => line.run === data.open.run && line.size === data.open.size, (line) => line.run === data.open.run];
const primaryFirst = (a, b) => {
  for (const is of PRIMARY) if (is(a) !== is(b)) return is(b) - is(a);
  return Number(b.size) - Number(a.size) || 0;
};
const configOf = new Map();
const configurations = (() => {
  const byId = new Map();
  for (const line of lines) byId.set(line.id, [...(byId.get(line.id) || []), line]);
  return [...byId.values()].map((all) => {
    const config = { line: [...all].sort(primaryFirst)[0], all };
    all.forEach((line) => configOf.set(line, config));
    return config.line;
  });
})();
/** The lines that the table is about: configurations, or every result by itself. */
const pool = () => (state.every ? lines : configurations);
const relatives = (line) => (state.every ? [line] : configOf.get(line).all);

// ---- state, in the address
const GROUPS = [
  ["engine", "Library", (line) => relatives(line).map((one) => one.engine || "none")],
  ["family", "Family", (line) => [line.family]],
  ["status", "Status", (line) => shownCells(line).map((cell) => cell.status || "not_run")],
  ["run", "Part", (line) => [line.run]],
  ["size", "Training images", (line) => [line.size]],
];
/** Groups that tell results of one configuration apart: only where every result has a line. */
const APART = ["run", "size"];
const RUNS = { reference: "main sweep", peers: "other libraries", scaling: "growing training sets", extensions: "extras", neural: "larger networks", today: "beyond 2017" };
const chipWords = (key, value) => (key === "run" ? RUNS[value] || value : key === "engine" && value === "native" ? "mnist-bench" : key === "size" ? (value === "full" ? "all" : Number(value).toLocaleString("en")) : words(value));
const activeGroups = () => GROUPS.filter(([key]) => state.every || !APART.includes(key));
let state;

function readState() {
  const hash = location.hash.slice(1);
  const query = new URLSearchParams(hash.includes("=") ? hash : "");
  state = { tab: query.get("tab") || "both", q: query.get("q") || "", row: query.get("row") || "", sort: query.get("sort"), group: query.get("group") === "family", compare: query.getAll("compare") };
  state.every = query.get("every") === "1" || APART.some((key) => query.has(key));
  state.columns = query.has("columns") ? query.get("columns").split(",") : null;
  // A link to a result inside a configuration opens the configuration.
  const named = byKey.get(state.row);
  if (named && !state.every) state.row = rowKey(configOf.get(named).line);
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
  for (const [key] of activeGroups()) state[key].forEach((value) => query.append(key, value));
  state.compare.forEach((key) => query.append("compare", key));
  if (state.row) query.set("row", state.row);
  return "#" + (query.toString() || "tab=both");
}

/** Changes the state and shows it; `replace` leaves no step for the back button. */
function change(changes, replace = false) {
  Object.assign(state, changes);
  history[replace ? "replaceState" : "pushState"](null, "", address());
  render();
}

// ---- columns
const indices = () => (state.tab === "both" ? datasets.map((_, index) => index) : [datasets.findIndex((set) => set.name === state.tab)]);
const shownCells = (line) => indices().map((index) => line.cells[index]);

function accuracyCell(cell) {
  if (cell.accuracy === undefined) return [];
  const spread = cell.low === undefined ? "" : `${cell.low.toFixed(3)}\u2013${cell.high.toFixed(3)}`;
  // The bar runs from 0.5 to 1, where all but a few lie.
  const share = Math.max(0, (cell.accuracy - 0.5) * 200).toFixed(1) + "%";
  return [el("span", { class: "value", style: `--share:${share}` }, accuracy(cell.accuracy)), spread && el("small", {}, spread)];
}
function against(value, digits, to, struck) {
  if (value === undefined) return [];
  const text = value.toFixed(digits);
  const side = to === undefined ? "" : el("small", { class: Math.abs(to) < 0.00995 ? "" : to > 0 ? "up" : "down" }, signed(to));
  return [struck ? el("s", { title: "the solver had not converged" }, text) : text, side];
}
function time(value, quiet) {
  if (value === undefined) return [];
  return quiet ? [seconds(value)] : [el("span", { class: "loaded", title: "timed while other jobs ran" }, "~" + seconds(value))];
}
const isFailure = (status) => status !== undefined && !["ok", "reported", "not_run"].includes(status);
function statusCell(line) {
  const cells = shownCells(line);
  const text = cells.map((cell) => cell.status || "not_run");
  const parts = text.every((status) => status === text[0])
    ? [el("span", { class: isFailure(text[0]) ? "fail" : "" }, words(text[0]))]
    : text.map((status, at) => el("span", { class: "cut " + (isFailure(status) ? "fail" : "") }, `${datasets[indices()[at]].title}: ${words(status)}`));
  if (cells.some((cell) => cell.converged === false)) parts.push(" ", el("span", { class: "tag" }, "not converged"));
  return parts;
}
// The place among what a paired test tells apart; only lines of the view that the page opens on have one.
const hasGroups = lines.some((line) => line.cells.some((cell) => cell.group !== undefined));
const groupCell = (cell) => (cell.group !== undefined ? [String(cell.group)] : cell.step_of ? [el("small", {}, "step")] : []);
function column(key, head, value, show, options = {}) {
  return { key, head, value, show, ...options };
}
function setColumns(index, alone) {
  const { name, title } = datasets[index];
  const cell = (line) => line.cells[index];
  const group = alone ? undefined : title;
  const of = (key, head, value, show, options) => column(`${name}.${key}`, head, (line) => value(cell(line)), (line) => show(cell(line)), { group, ...options });
  return [
    of("accuracy", "accuracy", (c) => c.accuracy, accuracyCell, { always: true, edge: !alone, short: alone ? undefined : title.replace("-MNIST", "") }),
    ...(hasGroups ? [of("group", "group", (c) => c.group, groupCell, { rank: alone ? 2 : 3, rising: true })] : []),
    of("published", "2017 paper", (c) => c.published, (c) => against(c.published, 3, c.to_published, c.unconverged), { rank: alone ? 1 : 2 }),
    of("sklearn", "scikit-learn", (c) => c.sklearn, (c) => against(c.sklearn, 4, c.to_sklearn), { rank: alone ? 2 : 3 }),
    of("time", "time, s", costOf, (c) => time(costOf(c), c.quiet), { rank: alone ? 1 : 2, rising: true }),
    of("fit", "fit, s", (c) => c.fit, (c) => time(c.fit, c.quiet), { rank: 2, spare: true, rising: true }),
    of("predict", "predict, s", (c) => c.predict, (c) => time(c.predict, c.quiet), { rank: 2, spare: true, rising: true }),
    of("memory", "memory, MB", (c) => c.memory, (c) => (c.memory === undefined ? [] : [megabytes(c.memory)]), { rank: 3, spare: !alone, rising: true }),
    of("repeats", "repeats", (c) => c.deviation, (c) => (c.repeats?.length ? [String(c.repeats.length), c.deviation === undefined ? "" : el("small", {}, "\u00b1" + accuracy(c.deviation))] : []), { rank: 3, spare: true }),
  ];
}
// What stands behind a figure; the column is there as soon as one line has it.
const hasEvidence = lines.some((line) => line.cells.some((cell) => cell.evidence));
const evidenceCell = (line) => [[...new Set(shownCells(line).map((cell) => cell.evidence).filter(Boolean))].map(words).join(", ")];
/** Every column that the tab can show. */
function everyColumn() {
  const both = state.tab === "both";
  return [
    column("name", "classifier", (line) => `${line.family} ${line.parameters}`, undefined, { left: true, always: true }),
    column("engine", "library", (line) => line.engine, (line) => [el("span", { class: "tag" }, bdi(libraryName(line.engine) || "\u2013"))], { left: true, rank: 2, spare: true }),
    ...indices().flatMap((index) => setColumns(index, !both)),
    ...(both ? [column("difference", "difference", (line) => line.difference, (line) => (line.difference === undefined ? [] : [signed(line.difference)]), { edge: true })] : []),
    ...(hasEvidence ? [column("evidence", "evidence", (line) => shownCells(line).map((cell) => cell.evidence || "~").join(), evidenceCell, { left: true, rank: 3, spare: both })] : []),
    column("status", "status", (line) => shownCells(line).map((cell) => cell.status || "~").join(), statusCell, { left: true, rank: 2 }),
  ];
}
/** What a column is called in the address, the same on every data set. */
const plainKey = (one) => one.key.slice(one.key.lastIndexOf(".") + 1);
const isShown = (one) => one.always || (state.columns ? state.columns.includes(plainKey(one)) : !one.spare);
function columns() {
  const shown = everyColumn().filter(isShown);
  // Who chose the columns wants them on a small screen too.
  return state.columns ? shown.map((one) => ({ ...one, rank: undefined })) : shown;
}
function columnChips() {
  const names = new Map(everyColumn().filter((one) => !one.always).map((one) => [plainKey(one), one]));
  const buttons = [...names].map(([key, one]) => el("button", { type: "button", class: "chip", "aria-pressed": String(isShown(one)), "data-column": key, onclick: () => {
    const shown = [...names].filter(([, other]) => isShown(other)).map(([other]) => other);
    change({ columns: isShown(one) ? shown.filter((other) => other !== key) : [...shown, key] });
    document.querySelector(`[data-column="${CSS.escape(key)}"]`)?.focus();
  } }, one.head));
  const usual = el("button", { type: "button", class: "chip", onclick: () => change({ columns: null }) }, "The usual ones");
  byId("columns").replaceChildren(...buttons, ...(state.columns ? [usual] : []));
}

// ---- choosing and sorting lines
function chosen() {
  const needles = needlesOf(state.q);
  const groups = activeGroups().filter(([key]) => state[key].length).map(([key, , values]) => [new Set(state[key]), values]);
  return pool().filter((line) =>
    shownCells(line).some((cell) => cell.status || cell.published !== undefined || cell.sklearn !== undefined) &&
    groups.every(([wanted, values]) => values(line).some((value) => wanted.has(value))) &&
    finds(line, needles));
}
function sorted(found, all) {
  // Without a wish, the best on the set in view comes first; side by side that is the second, harder one.
  const wish = state.sort || `-${datasets[state.tab === "both" ? 1 : indices()[0]].name}.accuracy`;
  const down = wish.startsWith("-");
  const by = all.find((one) => one.key === (down ? wish.slice(1) : wish)) || all[0];
  const keyed = found.map((line) => [by.value(line), line]);
  const empty = (value) => value === undefined || value === "";
  keyed.sort(([a], [b]) => {
    if (empty(a) || empty(b)) return empty(a) - empty(b);
    const order = typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0;
    return down ? -order : order;
  });
  return { by, down, order: keyed.map(([, line]) => line) };
}

/** The lines in the order of the first of each family, with the families' heads where they begin. */
function grouped(order) {
  const families = Map.groupBy ? Map.groupBy(order, (line) => line.family) : order.reduce((map, line) => map.set(line.family, [...(map.get(line.family) || []), line]), new Map());
  return [...families].flatMap(([family, own]) => own.map((line, at) => ({ line, head: at === 0 ? { family, own } : undefined })));
}
function familyRow({ family, own }, all) {
  const figures = indices().map((index) => {
    const values = own.map((line) => line.cells[index].accuracy).filter((value) => value !== undefined);
    return values.length ? `${datasets[index].title} ${accuracy(Math.min(...values))} to ${accuracy(Math.max(...values))}` : "";
  });
  return el("tr", { role: "row", class: "family" }, el("th", { role: "rowheader", scope: "rowgroup", colspan: all.length, class: "left" }, bdi(family), " ", el("small", {}, [`${own.length} line${own.length === 1 ? "" : "s"}`, ...figures.filter(Boolean)].join(" \u00b7 "))));
}

// ---- drawing
const rowKey = (line) => [line.run, line.engine, line.id, line.size].join("/");
const find = (key) => document.querySelector(`[data-row="${CSS.escape(key)}"]`);
let limit = CHUNK;
const SCREEN = 20;
let rest = 0;

function head(all, by, down) {
  const narrow = (one) => (one.short ? [el("span", { class: "wide" }, one.head), el("span", { class: "narrow" }, one.short)] : [one.head]);
  const cells = all.map((one) => el("th", {
    role: "columnheader", scope: "col", class: classes(one), "aria-sort": one === by ? (down ? "descending" : "ascending") : undefined,
  }, el("button", { type: "button", "data-key": one.key, "aria-label": `${one.group || ""} ${one.head}: sort`.trim(), onclick: () => {
    const rises = one.left || one.rising;
    const first = rises ? one.key : "-" + one.key;
    const second = rises ? "-" + one.key : one.key;
    const current = (down ? "-" : "") + by.key;
    change({ sort: current === first ? second : first });
    document.querySelector(`#results thead [data-key="${CSS.escape(one.key)}"]`)?.focus();
  } }, ...narrow(one))));
  const groups = [];
  if (all.some((one) => one.group)) {
    const row = el("tr", { role: "row", class: "groups" });
    for (let at = 0; at < all.length;) {
      let end = at + 1;
      while (end < all.length && all[end].group && all[end].group === all[at].group) end += 1;
      if (all[at].group) {
        // A hidden column takes its part of the span with it, so that the heads stay above their figures.
        const hideable = all.slice(at, end).filter((one) => one.rank > 2);
        const spare = hideable.length < end - at ? hideable : hideable.slice(1);
        row.append(el("th", { role: "columnheader", class: "group", colspan: end - at - spare.length, scope: "colgroup" }, all[at].group));
        row.append(...spare.map(() => el("td", { role: "cell", class: "p3" })));
      } else {
        row.append(el("td", { role: "cell", class: classes(all[at]) }));
      }
      at = end;
    }
    groups.push(row);
  }
  document.querySelector("#results thead").replaceChildren(...groups, el("tr", { role: "row" }, ...cells));
}
const classes = (one) => [one.left && "left", one.edge && "edge", one.rank > 1 && "p" + one.rank].filter(Boolean).join(" ") || undefined;

function row(line, all) {
  const key = rowKey(line);
  const open = state.row === key;
  const tags = [];
  if (state.every && line.engine) tags.push(" ", el("span", { class: "tag" }, bdi(libraryName(line.engine))));
  if (state.every && state.run.length !== 1) tags.push(" ", el("span", { class: "tag" }, bdi(chipWords("run", line.run))));
  if (line.size !== "full" && (line.size !== data.open.size || (state.every && state.size.length !== 1))) tags.push(" ", el("span", { class: "tag" }, `n=${line.size}`));
  const others = state.every ? 0 : new Set(relatives(line).map((one) => one.engine).filter((engine) => engine && engine !== line.engine)).size;
  if (others) tags.push(" ", el("span", { class: "tag" }, `${others + 1} libraries`));
  // Where there is no room for the status column, a failure still shows.
  if (shownCells(line).some((cell) => isFailure(cell.status))) tags.push(" ", el("span", { class: "narrow" }, ...statusCell(line)));
  const name = el("button", { type: "button", class: "name", "aria-expanded": String(open), "data-row": key, onclick: () => {
    change({ row: open ? "" : key });
    document.querySelector(`[data-row="${CSS.escape(key)}"]`)?.focus();
  } }, el("b", {}, className(line.family)), ...tags, el("span", { class: "parameters" }, bdi(line.parameters)));
  const cells = all.slice(1).map((one) => el("td", { role: "cell", class: classes(one) }, ...one.show(line).filter(Boolean)));
  const rows = [el("tr", { role: "row", class: "row" }, el("th", { role: "rowheader", scope: "row", class: "left" }, name, pinButton(line)), ...cells)];
  if (open) rows.push(el("tr", { role: "row", class: "detail" }, el("td", { role: "cell", colspan: all.length }, details(line))));
  return rows;
}

function tabs() {
  const all = [["both", "Side by side"], ...datasets.map((set) => [set.name, set.title])];
  const buttons = all.map(([name, title]) => {
    const selected = state.tab === name;
    return el("button", { type: "button", role: "tab", "data-tab": name, "aria-selected": String(selected), "aria-controls": "panel", tabindex: selected ? "0" : "-1", onclick: () => pick(name) }, title);
  });
  byId("tabs").replaceChildren(...buttons);
}
function pick(name) {
  limit = CHUNK;
  change({ tab: name, sort: null });
  document.querySelector(`[data-tab="${CSS.escape(name)}"]`)?.focus();
}
byId("tabs").addEventListener("keydown", (event) => {
  const names = ["both", ...datasets.map((set) => set.name)];
  const at = names.indexOf(state.tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  pick(names[(to + names.length) % names.length]);
});

/** How many lines have each value of a group: the tab, and where every result has a line the chosen runs and sizes. */
const countings = new Map();
function counted(key, values) {
  const decides = JSON.stringify([key, state.tab, state.every, state.run, state.size]);
  if (!countings.has(decides)) {
    const counts = new Map();
    for (const line of pool()) {
      const here = !state.every || APART.includes(key) || APART.every((own) => !state[own].length || state[own].includes(line[own]));
      if (here) for (const value of new Set(values(line))) counts.set(value, (counts.get(value) || 0) + 1);
    }
    countings.set(decides, counts);
  }
  return countings.get(decides);
}

let drawnChips;
function chips() {
  // Their counts take a pass over all lines, which typing in the search need not wait for.
  const key = JSON.stringify([state.tab, state.every, ...GROUPS.map(([group]) => state[group])]);
  if (key === drawnChips) return;
  drawnChips = key;
  const fields = activeGroups().map(([key, title, values]) => {
    const counts = new Map(counted(key, values));
    for (const value of state[key]) if (!counts.has(value)) counts.set(value, 0);
    const buttons = [...counts].sort(([a], [b]) => (key === "size" ? (a === "full") - (b === "full") || Number(a) - Number(b) : a < b ? -1 : 1)).map(([value, count]) => {
      const on = state[key].includes(value);
      return el("button", { type: "button", class: "chip", "aria-pressed": String(on), "data-chip": `${key}=${value}`, onclick: () => {
        limit = CHUNK;
        change({ [key]: on ? state[key].filter((other) => other !== value) : [...state[key], value] });
        document.querySelector(`[data-chip="${CSS.escape(`${key}=${value}`)}"]`)?.focus();
      } }, bdi(chipWords(key, value)), " ", el("small", {}, String(count)));
    });
    return el("fieldset", {}, el("legend", {}, title), ...buttons);
  });
  const clear = el("button", { type: "button", class: "chip", onclick: () => change({ engine: [], family: [], status: [], run: [], size: [] }) }, "Clear filters");
  byId("chips").replaceChildren(...fields, clear);
  const active = activeGroups().filter(([key]) => state[key].length).map(([key]) => state[key].map((value) => chipWords(key, value)).join(", "));
  byId("active").textContent = active.length ? "\u00b7 " + active.join(" \u00b7 ") : "\u00b7 none";
}

/** Draws a part of the page where the tab or what else decides it has changed. */
const decided = {};
function once(part, decides, draw) {
  const key = JSON.stringify([state.tab, decides]);
  if (decided[part] !== key) draw();
  decided[part] = key;
}

function render() {
  const found = chosen();
  const all = columns();
  const { by, down, order } = sorted(found, all);
  const entries = state.group ? grouped(order) : order.map((line) => ({ line }));
  const openAt = state.row ? entries.findIndex(({ line }) => rowKey(line) === state.row) : -1;
  const shown = Math.max(limit, openAt + 1);
  once("tabs", [], tabs);
  chips();
  once("columns", [state.columns], columnChips);
  byId("group").setAttribute("aria-pressed", String(state.group));
  byId("every").setAttribute("aria-pressed", String(state.every));
  once("head", [all.map((one) => one.key), by.key, down], () => head(all, by, down));
  const body = document.querySelector("#results tbody");
  const rows = (from, to) => entries.slice(from, to).flatMap(({ line, head: first }) => [...(first ? [familyRow(first, all)] : []), ...row(line, all)]);
  const screen = Math.min(shown, Math.max(SCREEN, openAt + 1));
  body.replaceChildren(...rows(0, screen));
  // What no screen shows yet need not be waited for, least of all while somebody types.
  clearTimeout(rest);
  if (screen < shown) rest = setTimeout(() => body.append(...rows(screen, shown)), 150);
  const more = byId("more");
  more.hidden = order.length <= shown;
  more.textContent = `Show all ${order.length}`;
  const failed = found.filter((line) => shownCells(line).some((cell) => isFailure(cell.status))).length;
  const thing = state.every ? "results" : "configurations";
  const lost = state.row && !byKey.has(state.row) ? " \u00b7 the result that the link names is not in this report" : "";
  byId("shown").textContent = `${found.length} of ${pool().length} ${thing}` + (failed ? `, ${failed} with a failure` : "") + lost;
  const empty = byId("empty");
  empty.hidden = found.length > 0;
  empty.replaceChildren(...(found.length ? [] : [el("p", {}, "Nothing has all of these. What would show:"), el("ul", {}, ...offers())]));
  renderComparison();
  if (byId("search").value !== state.q) byId("search").value = state.q;
}

// ---- the lines in view as files
const FIGURES = ["status", "accuracy", "low", "high", "deviation", "evidence", "group", "published", "to_published", "sklearn", "to_sklearn", "fit", "predict", "memory", "quiet", "converged", "file"];
function flat(line) {
  const { run, engine, size, family, parameters, id, difference } = line;
  const record = { run, engine, size, family, parameters, id };
  datasets.forEach((set, index) => FIGURES.forEach((name) => { record[`${set.name}_${name}`] = line.cells[index][name] ?? null; }));
  return { ...record, difference: difference ?? null };
}
function save(kind) {
  const records = sorted(chosen(), everyColumn()).order.map(flat);
  const quoted = (value) => (value === null || value === undefined ? "" : /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const text = kind === "json" ? JSON.stringify(records, null, 1) + "\n" : [Object.keys(records[0] || { run: "" }), ...records.map(Object.values)].map((values) => values.map(quoted).join()).join("\n") + "\n";
  const address = URL.createObjectURL(new Blob([text], { type: kind === "json" ? "application/json" : "text/csv" }));
  el("a", { href: address, download: `benchmark.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
for (const kind of ["csv", "json"]) byId(`save-${kind}`).addEventListener("click", () => save(kind));
byId("every").addEventListener("click", () => { limit = CHUNK; change({ every: !state.every, run: [], size: [] }); });
byId("group").addEventListener("click", () => change({ group: !state.group }));
byId("search").addEventListener("input", (event) => { limit = CHUNK; change({ q: event.target.value }, true); });
byId("more").addEventListener("click", () => { limit = Infinity; render(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); byId("search").focus(); }
});
