// @ts-check
// ---- share: a link, a row for a text, a citation, the command that verifies it
/**
 * Copies a text and says so; where the browser refuses, the text is shown to be copied by hand.
 * @param {string} text
 * @param {HTMLElement} button
 */
async function copy(text, button) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.after(el("pre", { tabindex: "0", class: "to-copy" }, text));
  }
  setTimeout(() => {
    button.textContent = said;
  }, 2000);
}
/** @param {ShareItem[]} items */
function shareBar(items) {
  return el(
    "p",
    { class: "share" },
    ...items.map(([title, text]) =>
      el(
        "button",
        {
          type: "button",
          class: "chip",
          "data-copy": typeof text === "string" ? text : undefined,
          onclick: (/** @type {Event & { currentTarget: HTMLElement }} */ event) =>
            copy(typeof text === "function" ? text() : text, event.currentTarget),
        },
        title,
      ),
    ),
  );
}
/** @param {string} query */
const here = (query) => `${location.href.split("#")[0]}#${query}`;
/** @param {Cell} cell */
const figureOf = (cell) => (cell.accuracy === undefined ? statusWords(cell.status) : accuracy(cell.accuracy));
/** @param {string} text */
const latex = (text) =>
  text.replace(/[\\{}$&#^_~%]/g, (character) =>
    character === "\\"
      ? "\\textbackslash{}"
      : character === "^" || character === "~"
        ? `\\${character}{}`
        : `\\${character}`,
  );
/** @param {string} text */
const mark = (text) => text.replace(/[|*_`[\]\\<>]/g, "\\$&");
const citation = () => document.querySelector("#cite pre")?.textContent || "";
/** An argument of a shell, in quotes where it needs them. @param {string} text */
const quote = (text) => (/^[\w./,=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
/** @param {Line} line @returns {ShareItem[]} */
function rowShare(line) {
  const files = line.cells.map((cell) => cell.file).filter(Boolean);
  const names = datasets.map((set) => set.title);
  const cite = () => citation().replace(/\n}$/, `,\n  howpublished = {Result ${rowKey(line)}}\n}`);
  /** @type {ShareItem[]} */
  const items = [
    ["Copy link", () => here(new URLSearchParams({ row: rowKey(line) }).toString())],
    [
      "Markdown",
      `| configuration | ${names.map(mark).join(" | ")} |\n| --- |${names.map(() => " ---: |").join("")}\n| ${mark(lineName(line))} | ${line.cells.map(figureOf).join(" | ")} |`,
    ],
    ["LaTeX", `${latex(lineName(line))} & ${line.cells.map(figureOf).map(latex).join(" & ")} \\\\`],
    ["BibTeX", cite],
  ];
  const paths = files.map((file) => quote(`results/${file}`)).join(" ");
  if (paths) items.push(["Verify command", `cargo run --release -- verify ${paths}`]);
  return items;
}
/** @param {Line[]} pinned @returns {ShareItem[]} */
function compareShare(pinned) {
  const query = new URLSearchParams();
  for (const line of pinned) query.append("compare", rowKey(line));
  /** @type {ShareItem[]} */
  const items = [
    ["Copy link", () => here(query.toString())],
    ["BibTeX", citation],
  ];
  const files = datasets.map((_, index) => pinned.map((line) => line.cells[index].file));
  const pair = files.find((own) => own.length === 2 && own.every(Boolean));
  const paths = pair?.map((file) => quote(`results/${file}`)).join(" ");
  if (paths) items.push(["Command", `cargo run --release -- cmp ${paths}`]);
  return items;
}
byId("open-cite").addEventListener("click", () => {
  byId("cite").hidden = !byId("cite").hidden;
});
byId("copy-cite").addEventListener("click", () => copy(citation(), byId("copy-cite")));
