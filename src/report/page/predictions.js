// @ts-check
// ---- files of predictions, read as `mnist-bench submit` reads them; rarer forms are refused, never guessed
// The order of the decisions is that of src/prediction_file, and a test compares both on tests/fixtures. For a file
// that this reader refuses, the page shows the command, which reads more forms and says what is wrong.

/**
 * @typedef {{ name: string | undefined, number: number, cells: TextCell[] }} TextColumn numbered from 1
 * @typedef {{ images: number, names: string[], isTable: boolean }} Expected one name a class
 */

const LARGEST_FILE = 64 * 2 ** 20;
/** Names of columns that number the rows, in lower case. */
const ROW_NUMBERS = [
  "",
  "id",
  "index",
  "row",
  "image",
  "imageid",
  "image_id",
  "row_id",
  "row_number",
  "unnamed: 0",
];

/**
 * The classes in a file: one whole number a test image, in test order.
 * @param {string} name its end tells tables from other text
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string[]} names of the classes
 * @param {number} images
 * @returns {number[]}
 */
function parsePredictions(name, bytes, images, names) {
  if (bytes.length > LARGEST_FILE) refuse("is longer than 64 MiB, which no file of predictions is");
  const expected = { images, names, isTable: /\.(csv|tsv)$/i.test(name) };
  if (startsWith(bytes, "\x93NUMPY")) return readNpy(bytes, expected);
  const text = decodeText(bytes);
  const trimmed = text.trim();
  if (!trimmed) refuse("is empty: save one class a test image");
  if (isOtherText(trimmed)) refuse("is neither a list nor a table of classes");
  if (trimmed.startsWith("[") || (trimmed.startsWith("(") && trimmed.endsWith(")"))) {
    return readList(trimmed, expected);
  }
  return readTable(splitTable(text), expected);
}

/** @param {TextCell[]} cells @param {Expected} expected */
function classesIn(cells, { images, names }) {
  if (cells.length !== images) refuse(`${cells.length} predictions for ${images} test images`);
  if (cells.every(isBoolean)) refuse("holds true and false, not classes");
  return cells.map(
    (cell, at) =>
      classIn(cell, names) ??
      refuse(
        `prediction ${at} is \u201c${cell.text.slice(0, 40)}\u201d, and the classes are 0 to ${names.length - 1}`,
      ),
  );
}

// ---- tables
/** @param {TextTable} table @param {Expected} expected */
function readTable(table, expected) {
  const unshaped = readUnshaped(table, expected);
  if (unshaped) return unshaped;
  const hasHead = hasHeader(table, expected);
  const rows = hasHead ? table.records.slice(1) : table.records;
  const { images, names } = expected;
  if (rows.length !== images) refuse(`${rows.length} predictions for ${images} test images`);
  /** @type {TextColumn[]} */
  const columns = table.records[0].map((head, at) => ({
    name: hasHead ? head.text : undefined,
    number: at + 1,
    cells: rows.map((row) => row[at]),
  }));
  for (const column of columns) checkOrder(column, names.length);
  if (columns.length === 1) return classesIn(columns[0].cells, expected);
  const others = columns.filter((column) => !countsRows(column, names.length));
  const maybe = others.filter(
    (column) => 2 * column.cells.filter((cell) => classIn(cell, names) !== undefined).length >= images,
  );
  const numeric = others.filter(
    ({ cells }) => cells.every((cell) => numberIn(cell) !== undefined) || cells.every(isBoolean),
  );
  // As many columns of numbers as classes may be scores, one for each class: the command reads these.
  const scores =
    numeric.length === names.length ? numeric : numeric.filter((column) => !maybe.includes(column));
  if (scores.length === names.length) refuse("has one column a class, which may be scores");
  if (maybe.length === 1) return classesIn(maybe[0].cells, expected);
  return refuse(
    maybe.length
      ? `${maybe.length} columns could be the predictions (${maybe
          .slice(0, 4)
          .map((one) => one.name ?? one.number)
          .join(", ")})`
      : `no column holds classes 0 to ${names.length - 1}`,
  );
}
/** Whether the first record names the columns. @param {TextTable} table @param {Expected} expected */
function hasHeader(table, { images, names, isTable }) {
  const [first, ...rest] = table.records;
  if (table.header || (first.length > 1 && !first[0].text)) return true;
  /** @param {number} at @param {(cell: TextCell) => boolean} is */
  const most = (at, is) => 2 * rest.filter((record) => is(record[at])).length > rest.length;
  const isNumber = (/** @type {TextCell} */ cell) => numberIn(cell) !== undefined;
  const isName = (/** @type {TextCell} */ cell) => classNamed(cell.text, names) !== undefined;
  const isHead = first.some((cell, at) => {
    const word = !isNumber(cell) && cell.text !== "";
    const aboveWords = !isBoolean(cell) && most(at, isBoolean);
    return (
      (word && (most(at, isNumber) || aboveWords || (!isName(cell) && most(at, isName)))) ||
      (cell.quoted && most(at, (one) => !one.quoted))
    );
  });
  if (isHead) return true;
  // pandas names columns 0, 1, 2, ... where they have no names.
  const numbered = first.every((cell, at) => cell.text === String(at));
  if (numbered && rest.length === images) return first.length === 1 || first.length === names.length;
  if (numbered && first.length === 1 && table.records.length === images && isTable)
    refuse("begins with 0, a column\u2019s name or a prediction");
  return false;
}
/** The first number where the cells count up from it, one a row. @param {TextCell[]} cells */
function startOfCounting(cells) {
  const number = (/** @type {TextCell} */ cell) => wholeIn(cell) ?? lastNumber(cell.text);
  const start = cells.length ? number(cells[0]) : undefined;
  return start !== undefined && start >= 0 && cells.every((cell, row) => number(cell) === start + row)
    ? start
    : undefined;
}
/** The last number in a text that is not a number itself, such as 12 in `img_0012.png`. @param {string} text */
function lastNumber(text) {
  const found = /(\d+)\D*$/.exec(text.replace(/\.[^.]*$/, ""));
  return found ? Number(found[1]) : undefined;
}
/** Whether a column numbers the rows. If its numbers could all be classes, the column's name decides.
 * @param {TextColumn} column @param {number} classes */
function countsRows({ name, cells }, classes) {
  const start = startOfCounting(cells);
  if (start === undefined) return false;
  return (name !== undefined && ROW_NUMBERS.includes(name.toLowerCase())) || start + cells.length > classes;
}
/** Refuses row numbers, or names of files with numbers, in another order than the images.
 * @param {TextColumn} column @param {number} classes */
function checkOrder({ cells }, classes) {
  const isText = cells.every((cell) => numberIn(cell) === undefined);
  const numbers = cells.map((cell) => (isText ? lastNumber(cell.text) : wholeIn(cell)));
  if (numbers.includes(undefined)) return;
  const sorted = [...numbers].map(Number).sort((a, b) => a - b);
  const consecutive = sorted.every((number, at) => !at || number === sorted[at - 1] + 1);
  const couldBeClasses = !isText && sorted[sorted.length - 1] < classes;
  if (consecutive && !couldBeClasses && numbers.some((number, at) => number !== sorted[at]))
    refuse("has its rows in another order than the test images");
}
/** Predictions that are not in a column: a line or lines of characters, a line of numbers, lines of several numbers.
 * @param {TextTable} table @param {Expected} expected @returns {number[] | undefined} */
function readUnshaped(table, expected) {
  const { records } = table;
  const { images, names } = expected;
  const lines = records.map((record) => record[0].text);
  const total = lines.reduce((sum, line) => sum + line.length, 0);
  const last = lines[lines.length - 1];
  const isWrapped =
    lines[0].length >= 10 &&
    lines.slice(0, -1).every((line) => line.length === lines[0].length) &&
    last.length <= lines[0].length &&
    total === images;
  const isMeant = lines.length === 1 ? images > 1 && (total === images || total > 4) : isWrapped;
  if (
    isMeant &&
    records.every((record) => record.length === 1) &&
    lines.every((line) => /^[0-9a-z]*$/.test(line))
  ) {
    if (total !== images) refuse(`a line of ${total} characters for ${images} test images`);
    return classNumbers(
      [...lines.join("")].map((one) => parseInt(one, 36)),
      expected,
    );
  }
  const cells = records.flat();
  const areNumbers = cells.every((cell) => numberIn(cell) !== undefined);
  if (records.length === 1 && ((cells.length > 1 && areNumbers) || (cells.length === images && images > 1)))
    return classesIn(cells, expected);
  const inLines = table.blanks && records.length > 1 && records.length !== images;
  if (table.shortEnd || (inLines && cells.length === images)) {
    if (
      cells.length === images &&
      areNumbers &&
      startOfCounting(records.map((record) => record[0])) === undefined
    )
      return classesIn(cells, expected);
    if (table.shortEnd) refuse("is a table whose last line is shorter");
  }
  return names.length ? undefined : refuse("has no classes");
}

// ---- lists in brackets, as JSON, Python and NumPy write them
/** @param {string} text without blanks around it @param {Expected} expected */
function readList(text, expected) {
  if (/\.\.\.|\u2026/.test(text) || !/[\])]$/.test(text))
    refuse("is a list that does not end, or whose middle is cut");
  const plain = text.replace(/np\.\w+\(([^(),[]*)\)/g, "$1");
  const inner = /^[[(]([^[\]()]*)[\])]$/s.exec(plain);
  const words = inner ? listWords(inner[1]) : undefined;
  return words ? classesIn(words, expected) : refuse("is a list of lists");
}
/** The words between blanks and commas; those in quotes may have blanks. @param {string} text */
function listWords(text) {
  const word = /\s*,?\s*(?:"([^"]*)"|'([^']*)'|([^\s,"']+))/y;
  /** @type {TextCell[]} */
  const words = [];
  for (let found = word.exec(text); found; found = word.exec(text)) {
    words.push(textCell(found[1] ?? found[2] ?? found[3]));
    if (/^[\s,]*$/.test(text.slice(word.lastIndex))) return words;
  }
  return words.length || text.trim() ? undefined : words;
}

// ---- arrays in NumPy's format
/** @type {Record<string, (view: DataView, at: number, little: boolean) => number>} */
const NPY_TYPES = {
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  u2: (view, at, little) => view.getUint16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};
/** A column or a row of whole numbers. @param {Uint8Array<ArrayBuffer>} bytes @param {Expected} expected */
function readNpy(bytes, expected) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  if (bytes.length < start || bytes[6] < 1 || bytes[6] > 3)
    return refuse("ends early, or is of another version of NumPy\u2019s format");
  const end = start + (bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const head = new TextDecoder("latin1").decode(bytes.slice(start, end));
  const type = /'descr':\s*'([<>|=]?)([iuf]\d)'/.exec(head);
  const shape = /'shape':\s*\(([\d\s,L]*)\)/
    .exec(head)?.[1]
    .split(",")
    .flatMap((size) => (size.trim() ? [parseInt(size, 10)] : []));
  const read = type && NPY_TYPES[type[2]];
  if (!type || !read || !shape?.length || shape.length > 2 || (shape.length === 2 && !shape.includes(1))) {
    return refuse("is an array of another shape or type than one column of integers");
  }
  const [width, count] = [Number(type[2][1]), shape.reduce((product, size) => product * size, 1)];
  if (bytes.length !== end + count * width)
    refuse(`does not have the ${count} numbers that its header states`);
  return classNumbers(
    Array.from({ length: count }, (_, at) => read(view, end + at * width, type[1] !== ">")),
    expected,
  );
}
/** @param {number[]} numbers @param {Expected} expected */
function classNumbers(numbers, { images, names }) {
  if (numbers.length !== images) refuse(`${numbers.length} predictions for ${images} test images`);
  const wrong = numbers.findIndex(
    (number) => !Number.isInteger(number) || number < 0 || number >= names.length,
  );
  if (wrong >= 0)
    refuse(`prediction ${wrong} is ${numbers[wrong]}, and the classes are 0 to ${names.length - 1}`);
  return numbers;
}
