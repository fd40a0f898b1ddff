// @ts-check
// ---- the first rendering, and every step of the back button
function follow() {
  // A link to a part of the page leaves the state of the table as it is.
  if (state && !location.hash.includes("=") && location.hash) return;
  readState();
  render();
}
/** A `#` after each heading, which links to the heading or to its section. */
function anchors() {
  for (const heading of document.querySelectorAll("main h2, main h3")) {
    const of = heading.id ? heading : heading.closest("section[id], figure[id]");
    if (!of || (of !== heading && of.querySelector("h2, h3") !== heading)) continue;
    const hidden = el("span", { class: "unseen" }, ` link to \u201c${heading.textContent}\u201d`);
    heading.append(" ", el("a", { class: "anchor", href: `#${of.id}` }, "#", hidden));
  }
}
anchors();
startMatrix();
startYours();
addEventListener("hashchange", follow);
addEventListener("popstate", follow);
follow();
if (state.row)
  document
    .querySelector(`[data-row="${CSS.escape(state.row)}"]`)
    ?.scrollIntoView({ block: "center", behavior: "instant" });
