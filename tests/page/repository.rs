//! Where the links of the page lead: into the repository where its address is set, else beside the page.

use std::path::Path;

use mnist_bench::report::{Report, Request};
use serde_json::json;

use crate::common::records::put;
use crate::record;

/// The page of one result.
fn page(repository: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (results, reports) = (folder.path().join("results"), folder.path().join("reports"));
    std::fs::create_dir(folder.path().join("docs")).unwrap();
    put(&results, "r", &record("mnist", "GaussianNB", json!({}), &[0.5]));
    let data = Path::new("none");
    let request = Request {
        results: &results,
        data,
        reports: &reports,
        run: "r",
        subset: None,
        repository,
        draft: false,
    };
    let mut report = Report::make(&request).unwrap();
    String::from_utf8(report.files.remove("benchmark.html").unwrap()).unwrap()
}

/// Addresses of the links outside of scripts.
fn links(page: &str) -> Vec<&str> {
    let (markup, _) = page.split_once("<script").unwrap();
    markup.split("<a ").skip(1).filter_map(|link| link.split_once("href=\"")?.1.split('"').next()).collect()
}

#[test]
fn without_an_address_links_are_relative_and_no_mistake_can_be_reported() {
    let page = page("");
    let links = links(&page);
    assert!(links.contains(&"../docs/SUBMITTING.md") && links.contains(&"side-by-side.md"), "{links:?}");
    assert!(links.iter().all(|link| !link.contains("://")), "{links:?}");
    assert!(page.contains("<html lang=\"en\" data-base=\"..\">"));
    assert!(!page.contains("Report a mistake"));
    let (citation, _) = page.split_once("@misc").unwrap().1.split_once("</pre>").unwrap();
    assert!(!citation.contains("url"), "{citation}");
}

#[test]
fn with_an_address_links_lead_to_the_repository() {
    let address = "https://example.org/owner/name";
    let page = page(address);
    let links = links(&page);
    for expected in ["/blob/HEAD/docs/SUBMITTING.md", "/blob/HEAD/reports/side-by-side.md", "/issues/new"] {
        assert!(links.contains(&format!("{address}{expected}").as_str()), "{expected} in {links:?}");
    }
    assert!(links.iter().all(|link| !link.starts_with("..")), "{links:?}");
    // The scripts read it there, for links to findings and result files.
    assert!(page.contains(&format!("data-base=\"{address}/blob/HEAD\"")));
    assert!(page.contains(">Report a mistake</a>"));
    assert!(page.contains(&format!("url    = {{{address}}}")), "the citation");
}
