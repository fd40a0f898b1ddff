//! Small screens, dark colours, and accessibility as axe-core checks it.

use std::io::Read;

use mnist_bench::analysis::tables::Line;
use serde_json::{Value, json};

use crate::browser::{Browser, browser};
use crate::{COMMITTED, committed};

/// axe-core 4.14.1 by Deque Systems, Mozilla Public License 2.0 (`axe-core-LICENSE`), from its npm package.
const AXE: &[u8] = include_bytes!("axe-core-4.14.1.min.js.gz");

/// What axe-core calls serious or critical.
pub fn findings(browser: &mut Browser) -> Vec<String> {
    let mut axe = String::new();
    flate2::read::GzDecoder::new(AXE).read_to_string(&mut axe).unwrap();
    browser.eval(&format!("{axe}; typeof axe"));
    let run = "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations.filter((one) => \
               ['serious', 'critical'].includes(one.impact)).map((one) => one.id + ': ' + one.nodes.slice(0, \
               3).map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message || '')).join(' | ')))";
    let found = browser.eval(run);
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_string()).collect()
}

fn open_everything(browser: &mut Browser) {
    browser.eval("document.querySelectorAll('details').forEach((node) => { node.open = true; })");
    browser.eval("document.querySelector('tr.row .name').click()");
    browser.until("document.querySelectorAll('.matrix').length === 2");
}

#[test]
fn axe_finds_nothing_serious() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    open_everything(&mut browser);
    assert_eq!(findings(&mut browser), Vec::<String>::new());
    browser.open(&page.path, "#tab=mnist&group=family&q=svc");
    assert_eq!(findings(&mut browser), Vec::<String>::new());
    // Rows beyond the grid of 2017, with their steps before the model.
    for classifier in ["SVC", "HistGradientBoostingClassifier", "RidgeClassifier"] {
        let lines = COMMITTED.table.lines.iter();
        let own =
            |line: &&Line| line.run == "today" && line.engine == "native" && line.classifier == classifier;
        let id =
            lines.filter(own).map(|line| line.id.replace('=', "%3D").replace('+', "%2B")).next().unwrap();
        browser.open(&page.path, &format!("#row=today/native/{id}/full"));
        browser.until("document.querySelectorAll('.part dl').length >= 2");
        assert_eq!(findings(&mut browser), Vec::<String>::new(), "{id}");
    }
    // Control: axe-core does report a button without a name.
    browser.eval("document.querySelector('main').append(document.createElement('button'))");
    assert!(findings(&mut browser).iter().any(|found| found.starts_with("button-name")));
}

#[test]
fn dark_colours_are_dark_and_readable() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.dark();
    browser.open(&page.path, "");
    let paper = browser.eval("getComputedStyle(document.body).backgroundColor");
    let numbers: Vec<u32> = paper
        .as_str()
        .unwrap()
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect();
    assert!(numbers.iter().sum::<u32>() < 150, "{paper}");
    open_everything(&mut browser);
    assert_eq!(findings(&mut browser), Vec::<String>::new());
}

#[test]
fn a_phone_shows_all_of_it_without_scrolling_sideways() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.size(375, 800);
    for hash in ["", "#tab=mnist", "#group=family", "#columns=published,sklearn,fit,predict,memory,status"] {
        browser.open(&page.path, hash);
        open_everything(&mut browser);
        let wide = browser.eval("document.documentElement.scrollWidth");
        assert_eq!(wide, json!(375), "{hash:?}");
    }
    assert_eq!(findings(&mut browser), Vec::<String>::new());
    // Touch targets are at least 24 CSS pixels high (WCAG 2.2, target size).
    let small = browser.eval(
        "[...document.querySelectorAll('.chip, [role=tab], .name, summary')].map((node) => [node.innerText, \
         node.getBoundingClientRect()]).filter(([, box]) => box.width && box.height < 24).map(([text]) => text)",
    );
    assert_eq!(small, Value::Array(Vec::new()));
}
