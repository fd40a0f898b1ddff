//! Files of other types, told by how they begin, each with the call that saves predictions from it.

use super::refusal::Refusal;

const SAVE_NPY: &str = "np.save(\"p.npy\", ";

fn other(what: &str, advice: impl Into<String>) -> Option<Refusal> {
    Some(Refusal::OtherFile { what: what.to_string(), advice: advice.into() })
}

/// Another file type, by its first bytes.
pub fn of_bytes(bytes: &[u8]) -> Option<Refusal> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => of_zip(bytes),
        [0x80, 2..=5, ..] => {
            other("a Python pickle", format!("{SAVE_NPY}np.asarray(pickle.load(open(\"p.pkl\", \"rb\"))))"))
        }
        // Protocol 0, which is text.
        [b'(', b'l' | b'd', b'p', b'0', ..]
        // Protocol 1: a list, a dictionary or a class.
        | [b']' | b'}', b'q', 0, ..]
        | [b'c', b'n' | b'_', b'u' | b'c', b'm' | b'o', b'p', b'y', ..] => {
            other("a Python pickle", format!("{SAVE_NPY}np.asarray(pickle.load(open(\"p.pkl\", \"rb\"))))"))
        }
        [b'B', b'Z', b'h', ..] => other("packed by bzip2", "unpack it first"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => other("packed by xz", "unpack it first"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => other("packed by zstd", "unpack it first"),
        [0x1f, 0x9d, ..] => other("packed by compress", "unpack it first"),
        [4, 0x22, 0x4d, 0x18, ..] => other("packed by lz4", "unpack it first"),
        [b'L', b'Z', b'I', b'P', ..] => other("packed by lzip", "unpack it first"),
        [b'R', b'a', b'r', b'!', ..] => other("packed by RAR", "unpack it first"),
        [b'P', b'A', b'R', b'1', ..] => {
            other("a Parquet file", "pd.read_parquet(\"p.parquet\").to_csv(\"p.csv\", index=False)")
        }
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [b'F', b'E', b'A', b'1', ..] => {
            other("an Arrow file", "pd.read_feather(\"p.feather\").to_csv(\"p.csv\", index=False)")
        }
        [0x89, b'H', b'D', b'F', ..] => {
            other("an HDF5 file", format!("{SAVE_NPY}h5py.File(\"p.h5\")[NAME][:])"))
        }
        [b'M', b'A', b'T', b'L', b'A', b'B', ..] => {
            other("a MATLAB file", "writematrix(p, 'p.txt') in MATLAB")
        }
        [b'R', b'D', b'X' | b'A', b'2'..=b'3', ..] | [b'X', b'\n', 0, ..] | [b'A', b'\n', b'2'..=b'3', b'\n', ..] => {
            other("a data file of R", "writeLines(as.character(p), \"p.txt\")")
        }
        [b'O', b'R', b'C', ..] => other("an ORC file", "pd.read_orc(\"p.orc\").to_csv(\"p.csv\", index=False)"),
        [b'<', b's', b't', b'a', b't', b'a', ..] | [113..=115, 1..=2, 1, 0, ..] => {
            other("a Stata file", "pd.read_stata(\"p.dta\").to_csv(\"p.csv\", index=False)")
        }
        [b'7', b'z', 0xbc, 0xaf, ..] => other("packed by 7-Zip", "unpack it first"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => other("an Excel workbook", "save the sheet as CSV"),
        [b'%', b'P', b'D', b'F', ..] => other("a PDF", "save one class a line as text"),
        [0x89, b'P', b'N', b'G', ..] => other("a picture", "predict answers pictures; save one class a line"),
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => other("an SQLite database", "export the table as CSV"),
        [0, 0, 8, 1..=4, ..] => {
            other("an IDX file", format!("{SAVE_NPY}labels) or one class a line as text"))
        }
        _ if bytes.get(257..262) == Some(b"ustar") => other("a tar archive", "unpack it first"),
        _ => None,
    }
}

/// A zip archive: NumPy's, a spreadsheet, PyTorch's, or any.
fn of_zip(bytes: &[u8]) -> Option<Refusal> {
    let length = bytes.get(26..28).map_or(0, |raw| usize::from(u16::from_le_bytes([raw[0], raw[1]])));
    let name = bytes.get(30..30 + length).map(String::from_utf8_lossy).unwrap_or_default();
    if let Some(array) = name.strip_suffix(".npy") {
        let array: String = array.chars().filter(|c| !c.is_control() && *c != '"').take(40).collect();
        return other("an .npz archive of NumPy", format!("{SAVE_NPY}np.load(\"p.npz\")[\"{array}\"])"));
    }
    if name.contains("Content_Types") && bytes.windows(5).take(8192).any(|part| part == b"word/") {
        return other("a Word document", "save it as plain text");
    }
    // Libraries write the parts of a workbook in orders of their own.
    let is_workbook = ["Content_Types", "xl/", "_rels/", "docProps/"].iter().any(|part| name.contains(part));
    if is_workbook {
        return other("an Excel workbook", "save the sheet as CSV");
    }
    if name == "mimetype" {
        return other("an OpenDocument file", "save the sheet as CSV");
    }
    if name.ends_with("data.pkl") || name.contains("/.format_version") || name.contains(".data/") {
        return other("a PyTorch file", format!("{SAVE_NPY}torch.load(\"p.pt\").cpu().numpy())"));
    }
    other("a zip archive", "unpack it, and name the file of predictions")
}

/// Text that is no list and no table.
pub fn of_text(text: &str) -> Option<Refusal> {
    let start = text.trim_start();
    let lower: String = start.chars().take(30).flat_map(char::to_lowercase).collect();
    if lower.starts_with('<') {
        return other("a web page or XML", "save one class a line as text");
    }
    if lower.starts_with("{\\rtf") {
        return other("a document in RTF", "save it as plain text");
    }
    if lower.starts_with('{') && start.lines().nth(1).is_some_and(|line| line.trim_start().starts_with('{')) {
        return other(
            "lines of JSON objects",
            "pd.read_json(\"p.jsonl\", lines=True).to_csv(\"p.csv\", index=False)",
        );
    }
    if start.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
        return other("a list of JSON objects", "pd.read_json(\"p.json\").to_csv(\"p.csv\", index=False)");
    }
    if lower.starts_with('{') {
        return other("a JSON object", "save a list of classes, such as json.dump(p.tolist(), file)");
    }
    if lower.starts_with("version https://git-lfs") {
        return other("a git-lfs pointer", "git lfs pull fetches the file itself");
    }
    if ["array(", "tensor(", "jnp.array(", "<tf.tensor"].iter().any(|word| lower.starts_with(word)) {
        return other("print() output of an array", format!("{SAVE_NPY}p)"));
    }
    if lower.starts_with("c(") || lower.starts_with("structure(") {
        return other("what R's dput writes", "writeLines(as.character(p), \"p.txt\")");
    }
    if start.lines().next().is_some_and(|line| line.trim_end().ends_with("<-")) {
        return other("what R's dump writes", "writeLines(as.character(p), \"p.txt\")");
    }
    if start.lines().any(|line| line.starts_with('┌')) {
        return other("a table drawn in characters, as polars prints it", "df.write_csv(\"p.csv\")");
    }
    if lower.starts_with("@relation") {
        return other("an ARFF file of Weka", "save the predicted classes as CSV");
    }
    let is_rule = |line: &str| {
        line.contains("--") && line.contains(['|', '+']) && line.chars().all(|c| "-+|: ".contains(c))
    };
    if start.lines().take(3).any(is_rule) {
        return other("a table drawn in characters, as Markdown and databases show it", "save it as CSV");
    }
    if start.lines().next_back().is_some_and(|line| line.contains("dtype: ")) {
        return other("print() output of a pandas Series", "p.to_csv(\"p.csv\", index=False)");
    }
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "_. ".contains(c));
    let first = start.lines().next().unwrap_or_default();
    if first
        .split_once('=')
        .is_some_and(|(name, value)| is_name(name) && value.trim_start().starts_with(['[', '(']))
    {
        return other("a line of a program", "save the list alone, from bracket to bracket");
    }
    None
}
