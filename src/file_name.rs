//! Names of data sets, runs, engines and files that can be one part of a path on any file system in use.

/// The longest name in bytes: file systems allow 255, with the extension.
const LONGEST: usize = 200;
/// ASCII characters beside letters and digits. The others have a meaning to a shell, a file system or a
/// table.
const ALLOWED: &str = " ._-+=,@%~()[]&!#'";

/// What a name may be, for messages.
pub const RULE: &str = "take letters and digits of any script, blanks within, and . _ - + = , @ % ~ ( ) [ ] & ! # ', not \
starting with a dot";

/// A name that is safe as one part of a path.
pub fn is_name(name: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || ALLOWED.contains(c) || (!c.is_ascii() && is_visible(c));
    let edges = name.trim() == name && !name.starts_with('.') && !name.ends_with('.');
    !name.is_empty() && name.len() <= LONGEST && edges && name.chars().all(allowed)
}

/// Whether `c` can be seen: no control character, no white space, and none that only changes how others are
/// shown.
fn is_visible(c: char) -> bool {
    let formats =
        ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{fff0}'..='\u{ffff}'];
    let unseen = !c.is_control() && !c.is_whitespace() && c != '\u{ad}' && c != '\u{feff}';
    unseen && !formats.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_paths_and_tricks_are_not() {
        for name in
            ["mnist", "my digits", "digits (1)", "chiffres-é", "chiffres-e\u{301}", "数字", "a.b", "O'Brien"]
        {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "a/b",
            "a\\b",
            "a:b",
            "a|b",
            "a\nb",
            " a",
            "a ",
            "a.",
            "a\u{202e}b",
            "a\u{200b}b",
            "a<b>",
            "a\"b",
            "a*b",
            "a?b",
            "a`b",
            "a$b",
            "a;b",
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(!is_name(&"x".repeat(201)));
    }
}
