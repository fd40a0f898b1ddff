// What the scripts of the page read: the JSON that page_data.rs and row_details.rs write, and the page's own state.

type Status =
  | "ok" | "reported" | "not_run" | "timeout" | "out_of_memory" | "crashed" | "unsupported" | "diverged";

/** A result on one data set; empty figures are left out. */
interface Cell {
  status?: string;
  error?: string;
  /** Seconds, of a row that was not run because of its forecast. */
  forecast?: number;
  accuracy?: number;
  /** The ends of its 95 % interval. */
  low?: number;
  high?: number;
  deviation?: number;
  evidence?: "recomputed" | "reproduced" | "reported";
  verified?: string;
  group?: number;
  against_best?: number;
  step_of?: string;
  repeats: number[];
  seeds_low?: number;
  seeds_high?: number;
  published?: number;
  unconverged: boolean;
  to_published?: number;
  sklearn?: number;
  sklearn_engine?: string;
  to_sklearn?: number;
  /** Wall-clock seconds. */
  fit?: number;
  predict?: number;
  /** CPU seconds of both. */
  cpu?: number;
  /** Bytes. */
  memory?: number;
  threads?: number;
  jobs?: number;
  quiet?: boolean;
  converged?: boolean;
  facts?: Record<string, unknown>;
  shared_with?: string[];
  version?: string;
  provenance?: number;
  started?: string;
  file: string;
}

/** A configuration by one library on one number of training images. */
interface Line {
  run: string;
  engine: string;
  /** `full` or the number of training images. */
  size: string;
  id: string;
  family: string;
  parameters: string;
  difference?: number;
  /** If several lines predict the same everywhere, the index of the first of them. */
  same?: number;
  /** One cell for each data set. */
  cells: Cell[];
}

interface Provenance {
  binary_version: string;
  rustc: string;
  cpu_model: string;
  cpu_features: string;
  os: string;
}

interface PageData {
  datasets: { name: string; title: string }[];
  open: { run: string; size: string };
  lines: Line[];
  provenance: Provenance[];
  /** x, y and the index of the line. */
  charts: { name: string; marks: [number, number, number][] }[];
}

/** The images of one data set that rows refer to by their place here. */
interface ImageSet {
  name: string;
  classes: string[];
  size: [number, number];
  columns: number;
  images: number[];
  labels: number[];
  missed: number[];
  rows: number;
  hardest: number[];
  drawn: number[];
  places?: Map<number, number>;
}

/** The answers of one result: the first repeat for the images, all repeats for the counts. */
interface Look {
  set: number;
  confusion: number[];
  measures: (number | null)[][];
  support: number[];
  accuracy: number;
  macro_average: number[];
  weighted_average: number[];
  /** One character a kept image: the class in base 36, or `.` where it is right. */
  shown: string;
}

interface Looks {
  sets: ImageSet[];
  rows: Record<string, Look>;
}

interface Answers {
  sets: { name: string; labels: string }[];
  /** By result file, one character a test image: the class in base 36, or `.` where it is right. */
  rows: Record<string, string>;
}

/** The state in the address. */
interface State {
  tab: string;
  q: string;
  row: string;
  sort: string | null;
  group: boolean;
  every: boolean;
  compare: string[];
  columns: string[] | null;
  engine: string[];
  family: string[];
  status: string[];
  run: string[];
  size: string[];
}
type GroupKey = "engine" | "family" | "status" | "run" | "size";

type Part = Node | string | undefined;
type Properties = Record<string, unknown>;

interface Column {
  key: string;
  head: string;
  value: (line: Line) => string | number | undefined;
  show: (line: Line) => Part[];
  left?: boolean;
  edge?: boolean;
  always?: boolean;
  spare?: boolean;
  /** The first click sorts numbers in rising order. */
  rising?: boolean;
  /** Narrow screens hide columns of rank 3 first, then 2; rank 1 stays. */
  rank?: number;
  /** The data set's title, shown above the column's head. */
  group?: string;
  /** The head on small screens. */
  short?: string;
}

/** A result with its answers. */
interface Row {
  line: Line;
  row: string;
}

/** A button that copies: its text, and what it copies. */
type ShareItem = [string, string | (() => string)];

/** A line of the table, and the head of its family where that begins. */
interface Entry {
  line: Line;
  head?: { family: string; own: Line[] };
}
