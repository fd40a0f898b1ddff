//! Figures as people read them, the same in every table.

/// An accuracy with four decimals: the fourth is one image of 10,000.
pub fn accuracy(value: f64) -> String {
    format!("{value:.4}")
}

/// `value` rounded to six decimals, so that the difference of two decimals does not show its f64 rounding
/// error.
pub fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A signed difference of accuracies; no minus zero.
pub fn difference(value: f64) -> String {
    let text = format!("{value:+.4}");
    if text == "-0.0000" { "+0.0000".to_string() } else { text }
}

/// Seconds with three significant digits, and at most three decimals.
pub fn seconds(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v if v >= 0.9995 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

/// What people call an engine: its library.
pub fn library(engine: &str) -> &str {
    if engine == "native" { "mnist-bench" } else { engine }
}

/// A family's short name: the usual abbreviation, else the classifier without the ending `Classifier`.
pub fn short(family: &str) -> String {
    match family {
        "LinearDiscriminantAnalysis" => "LDA".to_string(),
        "QuadraticDiscriminantAnalysis" => "QDA".to_string(),
        family => family.trim_end_matches("Classifier").to_string(),
    }
}

/// A p value in scientific notation; below 1e-300 as `<1e-300`, since a p value is never 0.
pub fn probability(p: f64) -> String {
    if p < 1e-300 { "<1e-300".to_string() } else { format!("{p:.2e}") }
}

/// `count` things, with the plural that English gives most of them.
pub fn count(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// A whole number with commas between thousands.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One line without control characters or those that change the direction of text, for a terminal or
/// Markdown.
pub fn plain(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if harmful(c) { ' ' } else { c }).collect()
}

/// Anybody's text in a cell of a Markdown table: shown as it is, nothing in it is markup.
pub fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let characters: Vec<char> = plain(text).chars().collect();
    let in_word =
        |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|c| c.is_alphanumeric());
    for (at, &character) in characters.iter().enumerate() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // Unescaped, `@name` would notify people on GitHub.
            '|' | '*' | '`' | '[' | ']' | '\\' | '~' | '@' => escaped.extend(['\\', character]),
            // An underscore inside a word is no emphasis.
            '_' if !(in_word(at.checked_sub(1)) && in_word(Some(at + 1))) => escaped.push_str("\\_"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The first `width` characters, with an ellipsis where something was cut.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A data set's name as people write it.
pub fn title(dataset: &str) -> String {
    match dataset {
        "mnist" => "MNIST".to_string(),
        "fashion-mnist" => "Fashion-MNIST".to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(accuracy(0.89861), "0.8986");
        assert_eq!(difference(-0.07), "-0.0700");
        assert_eq!(difference(-0.00001), "+0.0000");
        let spelled: Vec<String> = [0.0004, 0.5, 1.0, 31.24, 99.96, 3600.4].map(seconds).to_vec();
        assert_eq!(spelled, ["0.000", "0.500", "1.00", "31.2", "100", "3600"]);
        assert_eq!([0.0, 2e-300, 0.01, 1.0].map(probability), ["<1e-300", "2.00e-300", "1.00e-2", "1.00e0"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(cut("Perceptron", 5), "Perc…");
        assert_eq!(plain("a\u{202e}b\nc"), "a b c");
        assert_eq!(cell("_a_ max_depth b__c"), "\\_a\\_ max_depth b\\_\\_c");
        assert_eq!(cell("a|b_c <i>[x](y)*\n"), "a\\|b_c &lt;i>\\[x\\](y)\\* ");
    }
}
