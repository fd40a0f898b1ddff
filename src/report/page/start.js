// ---- the first look, and every step of the back button
function follow() {
  // A link to a part of the page leaves the state of the table as it is.
  if (state && !location.hash.includes("=") && location.hash) return;
  readState();
  render();
}
startMatrix();
startYours();
addEventListener("hashchange", follow);
addEventListener("popstate", follow);
follow();
if (state.row) document.querySelector(`[data-row="${CSS.escape(state.row)}"]`)?.scrollIntoView({ block: "center", behavior: "instant" });
