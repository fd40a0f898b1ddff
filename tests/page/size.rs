//! Thousands of rows: the page is there in two seconds and filters in a tenth of one.

use serde_json::json;

use crate::browser::browser;
use crate::{page_of, record};

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
    let took = browser.open(&page.path, "");
    assert!(browser.text("#shown").starts_with("2500 of ") || browser.text("#shown").contains(" of 2"));
    assert!(took.as_secs_f64() < 2.0, "usable after {took:?}");
    // The middle of five, each from the key to the next painted frame.
    let filter = "(async () => { const times = []; const input = document.getElementById('search'); for (const \
                  text of ['perc', 'c=1', 'svc c=2', '', 'perceptron']) { const start = performance.now(); \
                  input.value = text; input.dispatchEvent(new Event('input')); await new Promise((done) => \
                  requestAnimationFrame(() => setTimeout(done))); times.push(performance.now() - start); } return \
                  times.sort((a, b) => a - b)[2]; })()";
    let milliseconds = browser.eval(filter).as_f64().unwrap();
    assert!(milliseconds < 100.0, "a filter took {milliseconds} ms");
    let chip = "(async () => { document.querySelector('#filters').open = true; const start = performance.now(); \
                document.querySelector(\"[data-chip='family=SVC']\").click(); await new Promise((done) => \
                requestAnimationFrame(() => setTimeout(done))); return performance.now() - start; })()";
    let milliseconds = browser.eval(chip).as_f64().unwrap();
    assert!(milliseconds < 100.0, "a chip took {milliseconds} ms");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
