//! The page of a sweep that still runs: a line at the top shows the progress, and the page reloads itself.

use std::time::SystemTime;

use crate::results::provenance::utc;

/// Seconds between two loads.
const RELOAD: u32 = 30;

/// The page with a line on top, and reloading itself.
pub fn mark(page: &str, progress: &str) -> String {
    let reload = format!("<head>\n<meta http-equiv=\"refresh\" content=\"{RELOAD}\">");
    let page = page.replacen("<head>", &reload, 1);
    let style = "margin:0;padding:.6em 1em;background:#8a4b00;color:#fff";
    let line = format!(
        "\n<p id=\"unfinished\" role=\"status\" style=\"{style}\">This sweep is not finished: {}. As of {}; the page \
         reloads itself while the sweep runs.</p>",
        escaped(progress),
        utc(SystemTime::now())
    );
    let Some(body) = page.find("<body").and_then(|at| Some(at + page[at..].find('>')? + 1)) else {
        return page;
    };
    format!("{}{line}{}", &page[..body], &page[body..])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_on_top_and_a_reload_are_all_that_is_added() {
        let page = "<html>\n<head>\n<title>t</title></head>\n<body class=\"a\">\n<main></main></body></html>";
        let marked = mark(page, "3/9 rows | mnist <SVC>");
        assert!(marked.contains("<head>\n<meta http-equiv=\"refresh\" content=\"30\">\n<title>"), "{marked}");
        assert!(marked.contains("<body class=\"a\">\n<p id=\"unfinished\""), "{marked}");
        assert!(marked.contains("not finished: 3/9 rows | mnist &lt;SVC&gt;. As of 2"), "{marked}");
        assert!(marked.ends_with("</p>\n<main></main></body></html>"), "{marked}");
    }
}
