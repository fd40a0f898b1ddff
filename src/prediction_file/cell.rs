//! One cell of a table: its text, as a number or as a class.

/// The text of a cell, without the quotes around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub quoted: bool,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), quoted: false }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A finite number, with a decimal point or a decimal comma.
    pub fn number(&self) -> Option<f64> {
        number(&self.text)
    }

    /// A whole number, also as written by programs that have only real numbers: `7.0`, `7,0`, `7.000000e+00`.
    pub fn whole(&self) -> Option<i64> {
        self.text.parse().ok().or_else(|| whole(self.number()?))
    }

    /// A class by its number, or by its name.
    pub fn class(&self, class_names: &[String]) -> Option<u8> {
        let class = match self.whole() {
            Some(number) => usize::try_from(number).ok()?,
            None => named(&self.text, class_names)?,
        };
        (class < class_names.len()).then(|| u8::try_from(class).ok())?
    }

    pub fn is_boolean(&self) -> bool {
        ["true", "false"].iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

/// The class of this name. Case is ignored, unless two classes differ in case only.
pub fn named(text: &str, class_names: &[String]) -> Option<usize> {
    if let Some(class) = class_names.iter().position(|name| name == text) {
        return Some(class);
    }
    let lower = text.to_lowercase();
    let mut alike = (0..class_names.len()).filter(|&class| class_names[class].to_lowercase() == lower);
    alike.next().filter(|_| alike.next().is_none())
}

fn number(text: &str) -> Option<f64> {
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c));
    if !starts {
        // Such as "nan" and "infinity", which Rust reads as numbers.
        return None;
    }
    let number = if text.contains('.') { text.parse() } else { text.replacen(',', ".", 1).parse() };
    number.ok().filter(|number: &f64| number.is_finite())
}

/// A real number that is whole, and small enough to be exact.
pub fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// Text of a file in quotes, at most 40 characters of it; control characters are escaped.
pub fn short(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if text.chars().count() > 40 {
        start.push('…');
    }
    format!("{start:?}")
}
