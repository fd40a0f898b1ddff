//! Links of the page to documents of the repository, which exist only beside the repository's own reports.

use std::path::Path;

/// Start of a link to a document if no repository is set.
const BESIDE: &str = "href=\"../docs/";

/// Whether the folder of the documents lies beside that of the reports.
pub fn are_beside(reports: &Path) -> bool {
    std::path::absolute(reports)
        .is_ok_and(|reports| reports.parent().is_some_and(|parent| parent.join("docs").is_dir()))
}

/// The page without links to documents: only their text stays. The attribute `data-documents` tells its
/// scripts to make no such links either.
pub fn unlink(page: &str) -> String {
    // After the first script there is no markup.
    let (markup, scripts) = page.split_at(page.find("<script").unwrap_or(page.len()));
    let markup = markup.replacen("<html ", "<html data-documents=\"none\" ", 1);
    let mut parts = markup.split("<a ");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        match part.split_once('>').and_then(|(tag, rest)| Some((tag, rest.split_once("</a>")?))) {
            Some((tag, (name, rest))) if tag.contains(BESIDE) => text.extend([name, rest]),
            _ => text.extend(["<a ", part]),
        }
    }
    text + scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_documents_become_text() {
        let page = "<html lang=\"en\"><p>See <a class=\"x\" href=\"../docs/BIAS.md\">what is <i>unfair</i></a>, <a \
                    href=\"#top\">the top</a>.<script>\"<a href=\\\"../docs/\"</script>";
        let expected = "<html data-documents=\"none\" lang=\"en\"><p>See what is <i>unfair</i>, <a href=\"#top\">the \
                        top</a>.<script>\"<a href=\\\"../docs/\"</script>";
        assert_eq!(unlink(page), expected);
    }

    #[test]
    fn documents_are_looked_for_beside_the_reports() {
        let folder = tempfile::tempdir().unwrap();
        let reports = folder.path().join("reports");
        assert!(!are_beside(&reports));
        std::fs::create_dir(folder.path().join("docs")).unwrap();
        assert!(are_beside(&reports));
        assert!(are_beside(Path::new("reports")));
    }
}
