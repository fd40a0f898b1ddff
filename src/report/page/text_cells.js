// @ts-check
// ---- text files as cells: encodings, delimiters, quotes, and what a cell says as a number or a class

/**
 * @typedef {{ text: string, quoted: boolean }} TextCell without the quotes around it
 * @typedef {{ records: TextCell[][], blanks: boolean, header: boolean, shortEnd: boolean }} TextTable
 */

/** Why a file is not read here: one line that begins as a sentence about the file. */
class Refused extends Error {}
/** @param {string} reason @returns {never} */
const refuse = (reason) => {
  throw new Refused(reason);
};

// ---- bytes to text
/** @param {Uint8Array} bytes @param {string} start */
const startsWith = (bytes, start) => [...start].every((one, at) => bytes[at] === one.charCodeAt(0));

/** @param {Uint8Array<ArrayBuffer>} bytes */
function decodeText(bytes) {
  if (OTHER_FILES.some((start) => startsWith(bytes, start)))
    refuse("is a file of another type, not a list of classes");
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  // A text has no control characters other than tabs, line ends and form feeds.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x08\x0b\x0e-\x1f\x7f]/.test(text)) refuse("is neither text nor a NumPy array");
  return text;
}
/** How files of other types begin: zip, pickles, gzip, bzip2, xz, zstd, Parquet, Arrow, HDF5, MATLAB, R, Excel, ... */
const OTHER_FILES = [
  ..."PK\x03\x04 \x80\x02 \x80\x03 \x80\x04 \x80\x05 (lp0 (dp0 cnumpy c_codecs \x1f\x8b BZh \xfd7zXZ \x28\xb5\x2f\xfd".split(
    " ",
  ),
  ..."PAR1 ARROW1 FEA1 \x89HDF MATLAB RDX2 RDX3 RDA2 RDA3 X\n\0 \xd0\xcf\x11\xe0 %PDF \x89PNG SQLite \xff\xfe\0\0 \0\0".split(
    " ",
  ),
];
/** @param {Uint8Array} bytes */
function encodingOf(bytes) {
  if (startsWith(bytes, "\xff\xfe")) return "utf-16le";
  if (startsWith(bytes, "\xfe\xff")) return "utf-16be";
  // Without a byte order mark: digits in UTF-16 have a zero in every second byte.
  if (bytes.length >= 4 && bytes.length % 2 === 0) {
    /** @param {number} first */
    const zeros = (first) => bytes.every((byte, at) => at % 2 !== first || byte === 0);
    if (zeros(1)) return "utf-16le";
    if (zeros(0)) return "utf-16be";
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}
/** Web pages, JSON objects, printed arrays and programs. @param {string} text without blanks around it */
function isOtherText(text) {
  const lines = text.split(/\r\n|[\r\n]/);
  const isRule = (/** @type {string} */ line) =>
    line.includes("--") && /[|+]/.test(line) && /^[-+|: ]*$/.test(line);
  return (
    /^(<|\{|\[\s*\{|@relation|version https:\/\/git-lfs|(array|tensor|jnp\.array|c|structure)\()/i.test(
      text,
    ) ||
    lines.slice(0, 3).some(isRule) ||
    lines[lines.length - 1].includes("dtype: ") ||
    /^[\p{L}\p{N}_. ]*=\s*[[(]/u.test(lines[0])
  );
}

// ---- text to cells
/** @param {string} text @returns {TextCell} */
const textCell = (text) => ({ text, quoted: false });

/** The records of a text, a list of cells each; undefined where a quote never ends.
 * @param {string} text @param {string} delimiter a character, `blanks` or empty for none
 * @returns {TextCell[][] | undefined} */
function textRecords(text, delimiter) {
  /** @type {TextCell[][]} */
  const records = [];
  /** @type {TextCell[]} */
  let cells = [];
  let [cell, begun] = [textCell(""), false];
  const endCell = () => {
    cell.text = cell.text.trim();
    if (!cell.quoted && /^'.*'$/s.test(cell.text) && cell.text.length > 1) {
      cell = { text: cell.text.slice(1, -1), quoted: true };
    }
    cells.push(cell);
    [cell, begun] = [textCell(""), false];
  };
  const endRecord = () => {
    if (delimiter !== "blanks" || begun) endCell();
    [cell, begun] = [textCell(""), false];
    if (cells.some((one) => one.text || one.quoted)) records.push(cells);
    cells = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    if (one === '"' && !cell.quoted && !cell.text.trim()) {
      [cell, begun] = [{ text: "", quoted: true }, true];
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (at >= text.length) return undefined;
        if (text[at] === '"') at += 1;
        cell.text += text[at];
      }
    } else if (one === "\n") endRecord();
    else if (one === delimiter) endCell();
    else if (delimiter === "blanks" && /\s/.test(one)) {
      if (begun) endCell();
    } else if (!cell.quoted || !/\s/.test(one)) {
      begun = true;
      cell.text += one;
    }
  }
  endRecord();
  return records;
}

/** Text as a table. @param {string} text @returns {TextTable} */
function splitTable(text) {
  let rest = text.replace(/\r\n?/g, "\n");
  const line = () => {
    const [first] = rest.split("\n", 1);
    rest = rest.slice(first.length + 1);
    return first;
  };
  // Spreadsheets name the delimiter in a first line `sep=;`.
  const named = /^sep=.(\n|$)/i.test(rest) ? line()[4] : undefined;
  // numpy.savetxt writes its header behind a number sign.
  let comment;
  while (rest.startsWith("#")) comment = line().replace(/^#+/, "").trim();
  const table = named ? dividedTable(textRecords(rest, named), named) : decideDelimiter(rest);
  if (!table) return refuse("is a table whose lines differ in their number of cells");
  if (comment !== undefined && table.records.length) {
    for (const by of [table.blanks ? "blanks" : ",", ";", "\t", ""]) {
      const head = textRecords(comment, by)?.[0];
      if (head?.length !== table.records[0].length) continue;
      table.records.unshift(head);
      table.header = true;
      break;
    }
  }
  return table;
}
/** The table by the first delimiter that divides all lines alike. @param {string} text */
function decideDelimiter(text) {
  let isRagged = false;
  for (const delimiter of ["\t", ";", ",", "|", "blanks"]) {
    const records = textRecords(text, delimiter);
    if (!records?.some((record) => record.length > 1)) continue;
    const table = dividedTable(records, delimiter);
    if (table) return table;
    // Class names may have blanks, so a ragged number of words only counts if all are numbers.
    const isOfNumbers = text.split(/\s+/).every((word) => !word || numberIn(textCell(word)) !== undefined);
    isRagged ||= delimiter !== "blanks" || isOfNumbers;
  }
  const single = textRecords(text, "");
  return isRagged && !(single && isOneColumn(single)) ? undefined : dividedTable(single, "");
}
/** A name, which may have blanks, over numbers, which may be written `7,0`. @param {TextCell[][]} records */
const isOneColumn = (records) =>
  records
    .flat()
    .every((cell, row) =>
      row
        ? /^\S*$/.test(cell.text) && /^[^,]*(,0*)?$/.test(cell.text) && numberIn(cell) !== undefined
        : !cell.text.includes(","),
    );

/** Checks that the records have one width. @param {TextCell[][] | undefined} records @param {string} delimiter
 * @returns {TextTable | undefined} */
function dividedTable(records, delimiter) {
  if (!records) return undefined;
  const blanks = delimiter === "blanks";
  let [header, shortEnd] = [false, false];
  const widths = records.map((record) => record.length);
  const width = widths[1] ?? widths[0] ?? 0;
  const odd = widths.findIndex((found) => found !== width);
  const others = widths.findIndex((found, at) => at > 0 && found !== width);
  if (odd === 0 && widths[0] + 1 === width && others < 0 && haveRowNames(records.slice(1))) {
    // R's write.table names all columns but that of the row names.
    records[0].unshift(textCell(""));
    header = true;
  } else if (odd >= 0 && blanks && odd + 1 === widths.length && widths[odd] < width) shortEnd = true;
  else if (odd >= 0) return undefined;
  // A delimiter at the end of every line divides nothing.
  while (
    width > 1 &&
    !shortEnd &&
    records.every((record) => record.length > 1 && !record[record.length - 1].text)
  ) {
    for (const record of records) record.pop();
  }
  return { records, blanks, header, shortEnd };
}
/** Row names: quoted, no numbers, or counting from 1 (R) or from 0 (pandas). @param {TextCell[][]} records */
function haveRowNames(records) {
  const first = records[0] && wholeIn(records[0][0]);
  const start = first === 0 ? 0 : 1;
  return records.every(
    ([name], row) => name.quoted || numberIn(name) === undefined || wholeIn(name) === start + row,
  );
}

// ---- cells to numbers and classes
/** A finite number, with a decimal point or a decimal comma. @param {TextCell} cell */
function numberIn({ text }) {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.includes(".") ? text : text.replace(",", ".")))
    return undefined;
  const number = Number(text.includes(".") ? text : text.replace(",", "."));
  return Number.isFinite(number) ? number : undefined;
}
/** A whole number, also as `7.0`, `7,0` or `7.000000e+00`. @param {TextCell} cell */
function wholeIn(cell) {
  const number = numberIn(cell);
  return number !== undefined && Number.isInteger(number) && Math.abs(number) < 1e15 ? number : undefined;
}
/** The class of this name, in another case too if only one name matches.
 * @param {string} text @param {string[]} names */
function classNamed(text, names) {
  if (names.includes(text)) return names.indexOf(text);
  const alike = names.flatMap((name, at) => (name.toLowerCase() === text.toLowerCase() ? [at] : []));
  return alike.length === 1 ? alike[0] : undefined;
}
/** A class by its number or its name. @param {TextCell} cell @param {string[]} names */
function classIn(cell, names) {
  const found = wholeIn(cell) ?? classNamed(cell.text, names);
  return found !== undefined && found >= 0 && found < names.length ? found : undefined;
}
/** @param {TextCell} cell */
const isBoolean = (cell) => /^(true|false)$/i.test(cell.text);
