// @ts-check
// ---- the charts: a tip names the mark near the pointer, a click on the mark opens its row
const NEAR = 14;
const tip = el("div", { id: "tip", hidden: true, role: "status" });
document.body.append(tip);

for (const { name, marks } of data.charts) {
  const svg = chartOf(name);
  if (!svg) continue;
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  ring.setAttribute("class", "ring");
  ring.setAttribute("r", "9");
  const nearest = (/** @type {MouseEvent} */ event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.x) * scale;
    const y = (event.clientY - box.y) * scale;
    let best;
    let distance = NEAR * Math.max(1, scale);
    for (const mark of marks) {
      const apart = Math.hypot(mark[0] - x, mark[1] - y);
      if (apart < distance) [best, distance] = [mark, apart];
    }
    return best;
  };
  // By the keyboard: arrows go from mark to mark, from left to right, Enter opens the row.
  const ordered = [...marks].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let reached = -1;
  svg.setAttribute("tabindex", "0");
  const leave = () => {
    tip.hidden = true;
    ring.remove();
    svg.style.cursor = "";
  };
  /** Names a mark, beside a place in the window. @param {[number, number, number]} mark @param {number} x @param {number} y */
  const tell = (mark, x, y) => {
    const line = lines[mark[2]];
    ring.setAttribute("cx", String(mark[0]));
    ring.setAttribute("cy", String(mark[1]));
    svg.append(ring);
    svg.style.cursor = "pointer";
    const figures = datasets.flatMap((set, index) =>
      line.cells[index].accuracy === undefined
        ? []
        : [`${set.title} ${accuracy(line.cells[index].accuracy)}`],
    );
    // The tip gives the train size if it is not the one that the page opens with.
    const by = [
      bdi(libraryName(line.engine)),
      ...(line.size === data.open.size ? [] : [` \u00b7 n=${line.size}`]),
    ];
    tip.replaceChildren(
      el("b", {}, bdi(line.family)),
      " ",
      bdi(line.parameters),
      el("small", {}, ...by, ...figures.map((text) => ` \u00b7 ${text}`)),
    );
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(4, y - tip.offsetHeight - 10)}px`;
  };
  svg.addEventListener("pointermove", (event) => {
    const mark = nearest(event);
    if (!mark) return leave();
    tell(mark, event.clientX, event.clientY);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      reached = (reached + step + ordered.length) % ordered.length;
      const box = svg.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      const mark = ordered[reached];
      tell(mark, box.x + mark[0] * scale, box.y + mark[1] * scale);
    } else if (event.key === "Enter" && reached >= 0) {
      // Otherwise Enter would also press the row's button, which then has the focus.
      event.preventDefault();
      show(lines[ordered[reached][2]]);
    } else if (event.key === "Escape") leave();
  });
  svg.addEventListener("blur", leave);
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("click", (event) => {
    const mark = nearest(event);
    if (mark) show(lines[mark[2]]);
  });
}

/**
 * Opens the row of a line and scrolls to the row; filters that hide it are cleared.
 * @param {Line} line
 */
function show(line) {
  tip.hidden = true;
  const key = rowKey(line);
  change({ row: key });
  if (!find(key)) {
    // A line that does not represent its configuration is only shown if every result has its own line.
    const every = configurationOf(line).line !== line;
    change(
      {
        q: "",
        engine: [],
        family: [],
        status: [],
        run: every ? [line.run] : [],
        size: every ? [line.size] : [],
        tab: "both",
        every,
      },
      true,
    );
  }
  const button = find(key);
  button?.scrollIntoView({ block: "center", behavior: "instant" });
  button?.focus({ preventScroll: true });
}
