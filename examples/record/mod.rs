//! Writes the measurements of an example between two marks of a document.

use std::path::Path;

/// Puts `text` between `<!-- BEGIN: mark -->` and `<!-- END: mark -->` of a Markdown file, in place of what stood
/// there. Run from the project's folder.
pub fn between(file: &Path, mark: &str, text: &str) -> Result<(), String> {
    let (begin, end) = (format!("<!-- BEGIN: {mark} -->\n"), format!("<!-- END: {mark} -->"));
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let document = std::fs::read_to_string(file).map_err(|error| told(&error))?;
    let missing = || told(&format!("has no marks {:?} and {end:?}", begin.trim_end()));
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    std::fs::write(file, format!("{before}{begin}{text}{end}{after}")).map_err(|error| told(&error))
}
