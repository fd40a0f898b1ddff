//! The report's Markdown files.

pub mod best_per_family;
mod equivalence;
pub mod fidelity;
pub mod findings;
pub mod peers;
pub mod rust_libraries;
pub mod scaling;
pub mod submitted;
pub mod today;

use crate::format::cell;

/// Sentences as a list, with an empty line behind it. Code between backticks stays code.
fn bullets(findings: &[String]) -> String {
    let mut text: String =
        findings.iter().map(|finding| format!("- {}\n", cell(finding).replace("\\`", "`"))).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
