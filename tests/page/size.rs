//! The page of the committed results is small enough to send; a page of thousands of rows loads in two seconds and
//! filters in 100 ms.

use std::time::Duration;

use serde_json::json;

use crate::browser::browser;
use crate::{COMMITTED, least_of, page_of, record};

/// The time limit for loading a page of thousands of rows.
const USABLE: Duration = Duration::from_secs(2);

#[test]
fn the_page_is_small_enough_to_send() {
    let bytes = COMMITTED.files["benchmark.html"].len();
    assert!(bytes <= 8_000_000, "{bytes} bytes");
}

#[test]
fn five_thousand_rows_are_there_at_once() {
    let Some(mut browser) = browser() else { return };
    let records = (0..2_500).flat_map(|index| {
        ["mnist", "fashion-mnist"].map(|dataset| {
            let accuracy = 0.5 + f64::from(index) / 10_000.0;
            let classifier = if index % 2 == 0 { "SVC" } else { "Perceptron" };
            record(dataset, classifier, json!({"C": index + 1, "tol": 0.5}), &[accuracy, accuracy + 0.001])
        })
    });
    let page = page_of(records);
    // Other programs can only add to a time, so the least of several is nearest to the page's own.
    let least = least_of(6, USABLE, || browser.open(&page.path, ""));
    assert!(browser.text("#shown").starts_with("2500 of ") || browser.text("#shown").contains(" of 2"));
    assert!(least < USABLE, "usable after {least:?}");
    // Each text from the key to the next painted frame, the least of nine; then the slowest text.
    let filter = "(async () => { const least = {}; const input = document.getElementById('search'); for (let round = 0; \
                  round < 9; round += 1) for (const text of ['perc', 'c=1', 'svc c=2', '', 'perceptron']) { const start = \
                  performance.now(); input.value = text; input.dispatchEvent(new Event('input')); await new \
                  Promise((done) => requestAnimationFrame(() => setTimeout(done))); least[text] = Math.min(least[text] \
                  ?? Infinity, performance.now() - start); } return Math.max(...Object.values(least)); })()";
    let milliseconds = browser.eval(filter).as_f64().unwrap();
    assert!(milliseconds < 100.0, "a filter took {milliseconds} ms");
    // The least of nine clicks that set the filter; the clicks between them, which clear it, are not counted.
    let chip = "(async () => { document.querySelector('#filters').open = true; let least = Infinity; for (let click = 0; \
                click < 18; click += 1) { const start = performance.now(); \
                document.querySelector(\"[data-chip='family=SVC']\").click(); await new Promise((done) => \
                requestAnimationFrame(() => setTimeout(done))); if (click % 2 === 0) least = Math.min(least, \
                performance.now() - start); } return least; })()";
    let milliseconds = browser.eval(chip).as_f64().unwrap();
    assert!(milliseconds < 100.0, "a chip took {milliseconds} ms");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
