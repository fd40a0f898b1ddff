//! Arrays in NumPy's format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use super::Expected;
use super::cell::whole;
use super::reading::{Reading, Source};
use super::refusal::Refusal;
use super::scores::{self, Matrix};

/// The first bytes of every file.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads an array of classes, of one dimension or with one row or column, or of one score a class.
pub fn read(bytes: &[u8], expected: &Expected) -> Result<Reading, Refusal> {
    let (header, data) = header(bytes)?;
    let kind = element_type(&header.descr, data)?;
    let shape = &header.shape;
    let text = format!("({})", header.text);
    let count = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    if count.and_then(|count| count.checked_mul(kind.width)) != Some(data.len()) {
        return Err(Refusal::Damaged(format!(
            "the array of shape {text} and type {} has {} bytes of data",
            kind.name,
            data.len()
        )));
    }
    let source = Source::Array { shape: text.clone(), kind: kind.name.clone() };
    match shape[..] {
        [_] | [_, 1] | [1, _] => {
            if kind.letter == 'b' {
                return Err(Refusal::Booleans { classes: expected.classes() });
            }
            Reading::of_numbers(&whole_numbers(&kind, data, expected)?, source, expected)
        }
        [rows, columns] if rows == expected.images && columns == expected.classes() => {
            let values = values(&kind, data, header.fortran.then_some([rows, columns]));
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(Refusal::ScoreCell { row: at / columns + 1, text: values[at].to_string() });
            }
            let matrix = Matrix { rows, columns, values };
            scores::read(&matrix, None, true, expected)?.ok_or_else(|| {
                array_shape(text, "are these scores? np.save(\"p.npy\", p.argmax(axis=1))", expected)
            })
        }
        [rows, columns] if columns == expected.images && rows == expected.classes() => {
            Err(array_shape(text, "transpose it: np.save(\"p.npy\", p.T)", expected))
        }
        [rows, _] if rows == expected.images => Err(array_shape(
            text,
            "save the column of the predictions, such as np.save(\"p.npy\", p[:, 1])",
            expected,
        )),
        _ => Err(array_shape(text, "save one class a test image", expected)),
    }
}

fn array_shape(shape: String, advice: &str, expected: &Expected) -> Refusal {
    let (images, classes) = (expected.images, expected.classes());
    Refusal::ArrayShape { shape, images, classes, advice: advice.into() }
}

struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
    /// The shape as it stands in the file.
    text: String,
}

/// The header, and the bytes behind it.
fn header(bytes: &[u8]) -> Result<(Header, &[u8]), Refusal> {
    let short = || Refusal::Damaged("in the middle of the NumPy header".into());
    let (major, rest) = (*bytes.get(6).ok_or_else(short)?, bytes.get(8..).ok_or_else(short)?);
    // The length of the header takes two bytes in version 1, four in later ones.
    let (length, rest) = match major {
        1 => (rest.get(..2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))), rest.get(2..)),
        2 | 3 => {
            (rest.get(..4).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))), rest.get(4..))
        }
        _ => {
            let what = format!("a NumPy file of version {major}");
            return Err(Refusal::OtherFile { what, advice: "np.save(\"p.npy\", p)".into() });
        }
    };
    let (length, rest) = (length.ok_or_else(short)?, rest.ok_or_else(short)?);
    let length = usize::try_from(length).ok().filter(|&length| length <= rest.len()).ok_or_else(short)?;
    let (header, data) = rest.split_at(length);
    let header = String::from_utf8_lossy(header);
    let after = |key: &str| header.split_once(key).map(|(_, rest)| rest.trim_start());
    let Some(descr) = after("'descr':") else { return Err(short()) };
    let descr = match descr.strip_prefix('\'') {
        Some(rest) => rest.split('\'').next().unwrap_or_default().to_string(),
        None => return Err(array_type("records with several fields", "np.save(\"p.npy\", p[\"FIELD\"])")),
    };
    let fortran = after("'fortran_order':").is_some_and(|rest| rest.starts_with("True"));
    let shape = after("'shape':").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let sizes: Vec<&str> =
        shape.unwrap_or_default().split(',').map(str::trim).filter(|size| !size.is_empty()).collect();
    let shape: Result<Vec<usize>, _> = sizes.iter().map(|size| size.trim_end_matches('L').parse()).collect();
    let shape = shape.map_err(|_| short())?;
    let text = if let [only] = sizes[..] { format!("{only},") } else { sizes.join(", ") };
    Ok((Header { descr, fortran, shape, text }, data))
}

/// The NumPy call that saves numbers and names alike, without rounding.
const AS_TEXT: &str = "np.savetxt(\"p.txt\", p, fmt=\"%s\")";

fn array_type(what: &str, advice: &str) -> Refusal {
    Refusal::ArrayType { what: what.into(), advice: advice.into() }
}

/// The type of the elements.
struct ElementType {
    /// NumPy's letter: `u`, `i`, `f` or `b`.
    letter: char,
    /// Bytes.
    width: usize,
    big_endian: bool,
    /// As NumPy prints it, such as `uint8`.
    name: String,
}

fn element_type(descr: &str, data: &[u8]) -> Result<ElementType, Refusal> {
    let kind = descr.trim_start_matches(['<', '>', '|', '=']);
    let mut characters = kind.chars();
    let letter = characters.next().unwrap_or(' ');
    let width: usize = characters.as_str().parse().unwrap_or(0);
    let name = match (letter, width) {
        ('b', 1) => "bool".to_string(),
        ('u', 1 | 2 | 4 | 8) => format!("uint{}", 8 * width),
        ('i', 1 | 2 | 4 | 8) => format!("int{}", 8 * width),
        ('f', 2 | 4 | 8) => format!("float{}", 8 * width),
        ('O', _) if data.first() == Some(&0x80) => {
            return Err(array_type("Python objects, a pickle", AS_TEXT));
        }
        ('O', _) => return Err(array_type("Python objects", AS_TEXT)),
        ('U' | 'S', _) => return Err(array_type("text", AS_TEXT)),
        ('c', _) => return Err(array_type("complex numbers", "save the predicted classes as integers")),
        _ => {
            let short: String = kind.chars().filter(|c| !c.is_control()).take(20).collect();
            return Err(array_type(&format!("type {short:?}"), "save the predicted classes as integers"));
        }
    };
    Ok(ElementType { letter, width, big_endian: descr.starts_with('>'), name })
}

impl ElementType {
    /// The bits of an element, in the low bytes.
    fn bits(&self, raw: &[u8]) -> u64 {
        let mut wide = [0; 8];
        for (place, byte) in wide.iter_mut().zip(0..self.width) {
            *place = if self.big_endian { raw[self.width - 1 - byte] } else { raw[byte] };
        }
        u64::from_le_bytes(wide)
    }

    fn integer(&self, raw: &[u8]) -> Option<i64> {
        let bits = self.bits(raw);
        // Two's complement of the width at hand, by moving its sign to the top.
        let unused = 64 - 8 * self.width as u32;
        match self.letter {
            'i' => Some(((bits << unused) as i64) >> unused),
            'f' => None,
            _ => i64::try_from(bits).ok(),
        }
    }

    fn value(&self, raw: &[u8]) -> f64 {
        let bits = self.bits(raw);
        match (self.letter, self.width) {
            ('f', 2) => half(bits as u16),
            ('f', 4) => f64::from(f32::from_bits(bits as u32)),
            ('f', _) => f64::from_bits(bits),
            _ => self.integer(raw).map_or(bits as f64, |number| number as f64),
        }
    }
}

/// A number of half precision (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

fn whole_numbers(kind: &ElementType, data: &[u8], expected: &Expected) -> Result<Vec<i64>, Refusal> {
    let number = |(at, raw): (usize, &[u8])| {
        kind.integer(raw).or_else(|| whole(kind.value(raw))).ok_or_else(|| {
            let text = kind.value(raw).to_string();
            let why = format!(
                "and the classes are 0 to {}: save the predicted classes, not their scores",
                expected.classes().saturating_sub(1)
            );
            Refusal::NoClass { at, column: None, text, why }
        })
    };
    data.chunks_exact(kind.width).enumerate().map(number).collect()
}

/// All values in row-major order. `columns_first`: the shape of an array in column-major (Fortran) order.
fn values(kind: &ElementType, data: &[u8], columns_first: Option<[usize; 2]>) -> Vec<f64> {
    let all: Vec<f64> = data.chunks_exact(kind.width).map(|raw| kind.value(raw)).collect();
    match columns_first {
        None => all,
        Some([rows, columns]) => (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(r, c)| all[c * rows + r])
            .collect(),
    }
}
