//! Predictions as other programs save them: text, a NumPy array, a column of a table.

use std::path::Path;

use super::store::read_bounded;
use super::wire::decode;

/// The classes in a file, which must be `count` numbers below `classes`. `Err` says what is wrong with it.
pub fn read(path: &Path, count: usize, classes: usize) -> Result<Vec<u8>, String> {
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    parse(&read_bounded(path)?, is_csv, count, classes)
}

/// Reads what would stand in a file.
pub fn parse(bytes: &[u8], is_csv: bool, count: usize, classes: usize) -> Result<Vec<u8>, String> {
    let numbers = if bytes.starts_with(b"\x93NUMPY") {
        npy(bytes)?
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| "is neither text nor a NumPy array".to_string())?;
        let text = text.trim_start_matches('\u{feff}');
        if is_csv { csv(text)? } else { plain(text)? }
    };
    if numbers.len() != count {
        return Err(format!("{} predictions for {count} test images", numbers.len()));
    }
    let mut out = Vec::with_capacity(count);
    for (at, &number) in numbers.iter().enumerate() {
        match u8::try_from(number) {
            Ok(class) if usize::from(class) < classes => out.push(class),
            _ => return Err(format!("prediction {at} is {number}; classes are 0 to {}", classes - 1)),
        }
    }
    Ok(out)
}

/// One line of characters as in a result file, or numbers between blanks, commas or brackets.
fn plain(text: &str) -> Result<Vec<i64>, String> {
    let trimmed = text.trim();
    if trimmed.len() > 4 && !trimmed.contains(|c: char| c.is_whitespace() || c == ',') {
        return Ok(decode(trimmed)?.into_iter().map(i64::from).collect());
    }
    let separator = |c: char| c.is_whitespace() || ",;[]".contains(c);
    let words = trimmed.split(separator).filter(|word| !word.is_empty());
    words.enumerate().map(|(at, word)| number(word).ok_or_else(|| no_number(at, word))).collect()
}

/// The last column; a first line without a number there is a heading.
fn csv(text: &str) -> Result<Vec<i64>, String> {
    let mut numbers = Vec::new();
    for (index, line) in text.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        let cell = line.rsplit([',', ';', '\t']).next().unwrap_or_default().trim().trim_matches('"');
        match number(cell) {
            Some(number) => numbers.push(number),
            None if index == 0 => {}
            None => return Err(no_number(numbers.len(), cell)),
        }
    }
    Ok(numbers)
}

/// A whole number, also as programs write it that know only real ones (`7.0`, `7.000000e+00`).
fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| whole(text.parse().ok()?))
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

fn no_number(at: usize, text: &str) -> String {
    let start: String = text.chars().take(20).collect();
    format!("prediction {at} is {start:?}, which is no whole number")
}

/// A one-dimensional array, or one with a single column, of integers or of whole real numbers. The format:
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
fn npy(bytes: &[u8]) -> Result<Vec<i64>, String> {
    let short = || "ends in the middle of the NumPy header".to_string();
    let (major, rest) = (*bytes.get(6).ok_or_else(short)?, bytes.get(8..).ok_or_else(short)?);
    // The length of the header takes two bytes in version 1, four in later ones.
    let (length, rest) = match major {
        1 => (rest.get(..2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))), rest.get(2..)),
        2 | 3 => {
            (rest.get(..4).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))), rest.get(4..))
        }
        _ => return Err(format!("is a NumPy file of version {major}; save it with numpy.save")),
    };
    let (length, rest) = (length.ok_or_else(short)?, rest.ok_or_else(short)?);
    let length = usize::try_from(length).ok().filter(|&length| length <= rest.len()).ok_or_else(short)?;
    let (header, data) = rest.split_at(length);
    let header = String::from_utf8_lossy(header);
    let kind =
        header.split_once("'descr':").and_then(|(_, rest)| rest.split('\'').nth(1)).unwrap_or_default();
    let shape = header.split_once("'shape':").and_then(|(_, rest)| rest.split(['(', ')']).nth(1));
    let sizes: Vec<&str> =
        shape.unwrap_or_default().split(',').map(str::trim).filter(|size| !size.is_empty()).collect();
    match sizes[..] {
        [_] | [_, "1"] => {}
        [rows, columns] => {
            return Err(format!("is an array of {rows} x {columns}; save the classes, such as p.argmax(1)"));
        }
        _ => {
            return Err(format!(
                "is an array of shape ({}); one of one dimension is needed",
                sizes.join(", ")
            ));
        }
    }
    let swap = kind.starts_with('>');
    let kind = kind.trim_start_matches(['<', '>', '|', '=']);
    let width = match kind {
        "u1" | "i1" | "b1" => 1,
        "u2" | "i2" => 2,
        "u4" | "i4" | "f4" => 4,
        "u8" | "i8" | "f8" => 8,
        _ => {
            return Err(format!("holds elements of type {kind:?}; save integers, such as p.astype('u1')"));
        }
    };
    if data.len() % width != 0 || sizes[0].parse() != Ok(data.len() / width) {
        return Err(format!("has {} bytes of data for {} elements", data.len(), sizes[0]));
    }
    let element = |(at, raw): (usize, &[u8])| {
        let mut wide = [0; 8];
        for (place, byte) in wide.iter_mut().zip(0..width) {
            *place = if swap { raw[width - 1 - byte] } else { raw[byte] };
        }
        let bits = u64::from_le_bytes(wide);
        // Two's complement of the width at hand, by moving its sign to the top.
        let unused = 64 - 8 * width as u32;
        let number = match &kind[..1] {
            "i" => Some(((bits << unused) as i64) >> unused),
            "f" if width == 4 => whole(f64::from(f32::from_bits(bits as u32))),
            "f" => whole(f64::from_bits(bits)),
            _ => i64::try_from(bits).ok(),
        };
        number.ok_or_else(|| format!("prediction {at} is no whole number"))
    };
    data.chunks_exact(width).enumerate().map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn file(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path, 3, 10)
    }

    #[test]
    fn every_way_to_save_them_is_read() {
        let expected = Ok(vec![7, 0, 9]);
        let wide: Vec<u8> = [7i64, 0, 9].iter().flat_map(|n| n.to_le_bytes()).collect();
        let big: Vec<u8> = [7i32, 0, 9].iter().flat_map(|n| n.to_be_bytes()).collect();
        let real: Vec<u8> = [7f32, 0.0, 9.0].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(file("a.npy", &array("<i8", "(3,)", &wide)), expected);
        assert_eq!(file("a.npy", &array(">i4", "(3, 1)", &big)), expected);
        assert_eq!(file("a.npy", &array("<f4", "(3,)", &real)), expected);
        assert_eq!(file("a.npy", &array("|u1", "(3,)", &[7, 0, 9])), expected);
        for text in ["7\n0\n9\n", "7 0 9", "[7, 0, 9]", "7.0\n0.0\n9.000000e+00\n"] {
            assert_eq!(file("a.txt", text.as_bytes()), expected, "{text:?}");
        }
        for text in ["7\n0\n9", "id,label\n0,7\n1,0\n2,9\n", "\"x\";\"7\"\n\"x\";\"0\"\n\"x\";\"9\"\r\n"] {
            assert_eq!(file("a.csv", text.as_bytes()), expected, "{text:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("line.txt");
        std::fs::write(&path, "0123456789\n").unwrap();
        assert_eq!(read(&path, 10, 10).unwrap(), (0..10).collect::<Vec<u8>>());
    }

    #[test]
    fn what_is_no_list_of_classes_is_named() {
        let says = |name: &str, bytes: &[u8], text: &str| {
            let message = file(name, bytes).unwrap_err();
            assert!(message.contains(text), "{message:?} for {text:?}");
        };
        says("a.txt", b"1 2", "2 predictions for 3 test images");
        says("a.txt", b"1 2 10", "prediction 2 is 10; classes are 0 to 9");
        says("a.txt", b"1 -2 3", "prediction 1 is -2");
        says("a.txt", b"1 two 3", "prediction 1 is \"two\"");
        says("a.csv", b"1\n2.5\n3\n", "prediction 1 is \"2.5\"");
        says("a.txt", b"\xff\xfe", "neither text nor");
        says("a.npy", b"\x93NUMPY\x01\x00", "middle of the NumPy header");
        says("a.npy", b"\x93NUMPY\x01\x00\xff\xff{", "middle of the NumPy header");
        says("a.npy", b"\x93NUMPY\x09\x00\xff\xff{", "version 9");
        says("a.npy", &array("<f4", "(3, 10)", &[0; 120]), "3 x 10; save the classes");
        says("a.npy", &array("<f4", "(3,)", &0.5f32.to_le_bytes().repeat(3)), "no whole number");
        says("a.npy", &array("|O", "(3,)", &[0; 24]), "type \"O\"");
        says("a.npy", &array("é8", "(3,)", &[0; 24]), "type \"é8\"");
        says("a.npy", &array("|u1", "(4,)", &[1, 2, 3]), "3 bytes of data for 4 elements");
        says("a.npy", &array("|i1", "(3,)", &[1, 255, 3]), "prediction 1 is -1");
        says("a.npy", &array("", "()", &[]), "shape ()");
    }
}
