// @ts-check
// ---- drawing what changed
/** @type {Record<string, string>} */
const decided = {};
/**
 * Draws a part of the page again if the tab or `decides` has changed.
 * @param {string} part
 * @param {unknown} decides
 * @param {() => void} draw
 */
function once(part, decides, draw) {
  const key = JSON.stringify([state.tab, decides]);
  if (decided[part] !== key) draw();
  decided[part] = key;
}

function render() {
  const found = chosen();
  const all = columns();
  const { by, down, order: every } = sorted(found, all);
  const order = folded(every);
  /** @type {Entry[]} */
  const entries = state.group ? grouped(order) : order.map((line) => ({ line }));
  const openAt = state.row ? entries.findIndex(({ line }) => rowKey(line) === state.row) : -1;
  const shown = Math.max(limit, openAt + 1);
  once("tabs", [], tabs);
  chips();
  once("columns", [state.columns], columnChips);
  once("sort", [], sortOptions);
  const options = [...byId("sort").querySelectorAll("option")];
  const sortedBy = options.find((option) => option.value.replace(/^-/, "") === by.key);
  if (sortedBy) sortedBy.selected = true;
  byId("group").setAttribute("aria-pressed", String(state.group));
  byId("every").setAttribute("aria-pressed", String(state.every));
  once("head", [all.map((one) => one.key), by.key, down], () => head(all, by, down));
  const body = /** @type {HTMLElement} */ (first("#results tbody"));
  const rows = (/** @type {number} */ from, /** @type {number} */ to) =>
    entries
      .slice(from, to)
      .flatMap(({ line, head: first }) => [...(first ? [familyRow(first, all)] : []), ...row(line, all)]);
  if (openAt >= 0) byId("results").style.setProperty("--head", `${first("#results thead")?.offsetHeight}px`);
  const screen = Math.min(shown, Math.max(SCREEN, openAt + 1));
  body.replaceChildren(...rows(0, screen));
  // Rows below the first screen are added later, so that typing stays fast.
  clearTimeout(rest);
  if (screen < shown && onPaper) body.append(...rows(screen, shown));
  else if (screen < shown) rest = setTimeout(() => body.append(...rows(screen, shown)), 150);
  const more = byId("more");
  more.hidden = order.length <= shown;
  more.textContent = `Show all ${order.length}`;
  const failed = found.filter((line) => shownCells(line).some((cell) => isFailure(cell.status))).length;
  const thing = state.every ? "results" : "configurations";
  const hidden = every.length - order.length;
  const alike = hidden ? `, ${hidden} of them shown with another that predicts the same` : "";
  const lost =
    state.row && !byKey.has(state.row) ? " \u00b7 the result that the link names is not in this report" : "";
  byId("shown").textContent =
    `${found.length} of ${pool().length} ${thing}${failed ? `, ${failed} with a failure` : ""}${alike}${lost}`;
  const empty = byId("empty");
  empty.hidden = found.length > 0;
  empty.replaceChildren(
    ...(found.length
      ? []
      : [el("p", {}, "Nothing has all of these. What would show:"), el("ul", {}, ...offers())]),
  );
  renderComparison();
  if (field("search").value !== state.q) field("search").value = state.q;
}
