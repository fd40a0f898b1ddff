// ---- share: a link, a row for a text, a citation, the command that verifies it
/** Copies a text and says so; where the browser refuses, the text is shown to be copied by hand. */
async function copy(text, button) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.after(el("pre", { tabindex: "0", class: "to-copy" }, text));
  }
  setTimeout(() => { button.textContent = said; }, 2000);
}
function shareBar(items) {
  return el("p", { class: "share" }, ...items.map(([title, text]) => el("button", { type: "button", class: "chip", "data-copy": typeof text === "string" ? text : undefined, onclick: (event) => copy(typeof text === "function" ? text() : text, event.currentTarget) }, title)));
}
const here = (query) => location.href.split("#")[0] + "#" + query;
const figureOf = (cell) => (cell.accuracy === undefined ? statusWords(cell.status) : accuracy(cell.accuracy));
const latex = (text) => text.replace(/[\\{}$&#^_~%]/g, (character) => (character === "\\" ? "\\textbackslash{}" : character === "^" || character === "~" ? `\\${character}{}` : `\\${character}`));
const mark = (text) => text.replace(/[|*_`[\]\\<>]/g, "\\$&");
const citation = () => document.querySelector("#cite pre")?.textContent || "";
function rowShare(line) {
  const files = line.cells.map((cell) => cell.file).filter(Boolean);
  const names = datasets.map((set) => set.title);
  const quote = (text) => (/^[\w./,=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const cite = () => citation().replace(/\n}$/, `,\n  howpublished = {Result ${rowKey(line)}}\n}`);
  return [
    ["Copy link", () => here(new URLSearchParams({ row: rowKey(line) }).toString())],
    ["Markdown", `| configuration | ${names.map(mark).join(" | ")} |\n| --- |${names.map(() => " ---: |").join("")}\n| ${mark(lineName(line))} | ${line.cells.map(figureOf).join(" | ")} |`],
    ["LaTeX", `${latex(lineName(line))} & ${line.cells.map(figureOf).map(latex).join(" & ")} \\\\`],
    ["BibTeX", cite],
    ...(files.length ? [["Verify command", `cargo run --release -- verify ${files.map((file) => quote("results/" + file)).join(" ")}`]] : []),
  ];
}
function compareShare(pinned) {
  const query = new URLSearchParams();
  pinned.forEach((line) => query.append("compare", rowKey(line)));
  const files = (index) => pinned.map((line) => line.cells[index].file);
  const at = datasets.findIndex((_, index) => files(index).every(Boolean));
  return [["Copy link", () => here(query.toString())], ["BibTeX", citation], ...(at >= 0 && pinned.length === 2 ? [["Command", `cargo run --release -- cmp ${files(at).map((file) => `'results/${file}'`).join(" ")}`]] : [])];
}
byId("open-cite").addEventListener("click", () => { byId("cite").hidden = !byId("cite").hidden; });
byId("copy-cite").addEventListener("click", (event) => copy(citation(), event.currentTarget));
