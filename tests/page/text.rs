//! A hostile result file changes nothing but text.

use std::path::Path;

use mnist_bench::grid::Configuration;
use serde_json::json;

use crate::browser::browser;
use crate::{page_with, record};

/// A valid submission with the hostile text in its text fields.
fn submit(results: &Path, hostile: &str) {
    let classifier = format!("Own {hostile}");
    let id = Configuration::new(&classifier, Default::default()).id();
    let file = json!({
        "schema_version": 1, "status": "reported", "submitter": "jane", "classifier": classifier, "dataset": "mnist",
        "test_size": 10_000, "accuracy": 0.9, "source": hostile,
        "method": {"description": hostile, "preprocessing": hostile, "author": hostile, "external_data": false,
                   "code": ["https://example.org/\"onmouseover=\"window.hit=8", "https://example.org/'><script>window.hit=9</script>"]},
    });
    let folder = results.join("submitted/jane/mnist");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{id}.json")), file.to_string()).unwrap();
}

#[test]
fn hostile_names_and_errors_stay_text() {
    let Some(mut browser) = browser() else { return };
    let hostile = [
        "<script>window.hit = 1</script>",
        "</script><img src=x onerror=\"window.hit = 2\">",
        "\" onmouseover=\"window.hit = 3",
        "'><svg/onload='window.hit = 4'>&lt;b&gt;",
        "\u{202e}desrever\u{2066} \u{2028}\u{2029}",
        "]]></title></desc></style></table><iframe src=https://example.org>",
        "javascript:window.hit=5",
    ];
    let records = hostile.iter().enumerate().flat_map(|(index, text)| {
        // The classifier is part of the file's name, which a report checks; so the hostile text is in the parameters.
        let own = format!("Own{index}");
        let good = record("mnist", &own, json!({"kernel": text, "n": index}), &[0.9]);
        let mut bad = record("fashion-mnist", "SVC", json!({"C": index + 100, "kernel": text}), &[]);
        bad.error = Some(text.repeat(3_000));
        let mut other = record("fashion-mnist", &own, json!({"kernel": text, "n": index}), &[0.8]);
        other.engine_version = Some(text.to_string());
        other.shared_with = vec![text.to_string()];
        other.repeats[0].facts.insert(text.to_string(), json!(text));
        [good, bad, other]
    });
    let submitted = "<img src=x onerror='window.hit = 6'></bdi></table><script>window.hit = 7</script>";
    let page = page_with(records, |results| submit(results, submitted));
    browser.size(375, 800);
    browser.open(&page.path, "");
    let lines = browser.count("tr.row");
    assert!(lines >= hostile.len() as u64);
    for index in 0..lines.min(30) {
        // The rows beyond the first screen come a moment later.
        browser.until(&format!("document.querySelectorAll('tr.row .name').length > {index}"));
        browser.eval(&format!("document.querySelectorAll('tr.row .name')[{index}].click()"));
        assert_eq!(browser.count("tr.detail"), 1);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth <= innerWidth"),
            json!(true),
            "row {index}"
        );
    }
    let text = browser.eval("document.querySelector('#results').textContent");
    for hostile in hostile.iter().filter(|hostile| !hostile.starts_with('\u{202e}')) {
        assert!(text.as_str().unwrap().contains(&format!("kernel={hostile}")), "{hostile} is shown as it is");
    }
    let shelf = browser.text("#submitted tbody");
    assert_eq!(
        shelf.matches(submitted).count(),
        3,
        "name, preprocessing and author are shown as they are: {shelf}"
    );
    browser.eval("document.querySelectorAll('#submitted a').forEach((link) => link.dispatchEvent(new MouseEvent('mouseover')))");
    assert_eq!(
        browser.count("#submitted script, #submitted img, #submitted tbody a"),
        2,
        "its two links and nothing else"
    );
    assert_eq!(browser.eval("window.hit"), serde_json::Value::Null);
    assert_eq!(browser.count("#results script, #results img, #results iframe, main iframe, main img"), 0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
