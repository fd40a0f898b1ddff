//! The page on paper, in forced colours, and on screens from 320 to 1440 pixels.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::browser::browser;
use crate::committed;
use crate::look::findings;

/// The number of pages of a PDF: its objects of type `/Page`, not `/Pages`.
fn pages(pdf: &[u8]) -> usize {
    let text: String = pdf.iter().map(|&byte| char::from(byte)).collect();
    text.match_indices("/Type /Page").filter(|(at, found)| !text[at + found.len()..].starts_with('s')).count()
}

#[test]
fn it_prints_in_a_handful_of_pages() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    // A4, in inches.
    let printed = browser
        .call("Page.printToPDF", json!({"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false}));
    let pdf = BASE64.decode(printed["data"].as_str().unwrap()).unwrap();
    let count = pages(&pdf);
    assert!((3..=8).contains(&count), "{count} pages");
    // On paper every line is shown, and no control.
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    browser.eval("dispatchEvent(new Event('beforeprint'))");
    assert!(browser.count("tr.row") >= 145, "{}", browser.count("tr.row"));
    for part in ["#search", "#tray", ".pin", "#drop", "nav", ".doors", "#matrix-size", "#charts"] {
        let shown = format!("!!document.querySelector({})?.checkVisibility()", json!(part));
        assert_eq!(browser.eval(&shown), json!(false), "{part} on paper");
    }
    for part in ["h1", "#best-per-family svg", ".card", "#matrix", "#groups", "#notes"] {
        let shown = format!("document.querySelector({}).checkVisibility()", json!(part));
        assert_eq!(browser.eval(&shown), json!(true), "{part} is not on paper");
    }
    // Afterwards the screen is as before.
    browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
    browser.eval("dispatchEvent(new Event('afterprint'))");
    browser.until("document.querySelectorAll('tr.row').length === 100");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn forced_colours_leave_nothing_out() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.call(
        "Emulation.setEmulatedMedia",
        json!({"features": [{"name": "forced-colors", "value": "active"}]}),
    );
    browser.open(&page.path, "#q=svc+rbf");
    assert_eq!(browser.eval("matchMedia('(forced-colors: active)').matches"), json!(true));
    browser.click("tr.row .name");
    browser.until("document.querySelectorAll('.matrix').length === 2");
    browser.eval("document.querySelector('#difficulty').scrollIntoView({ behavior: 'instant' })");
    browser.until("document.querySelectorAll('#histograms figure').length === 2");
    // Forced colours remove backgrounds, and with them the bars: a border keeps each bar visible.
    for bar in [".bar-of-time", ".bin .column"] {
        let border = format!("getComputedStyle(document.querySelector({})).borderLeftStyle", json!(bar));
        assert_eq!(browser.eval(&border), json!("solid"), "{bar}");
    }
    // The pin button has a border, so that its state is not shown by colour alone.
    let pressed = "getComputedStyle(document.querySelector('.pin')).borderTopStyle";
    assert_eq!(browser.eval(pressed), json!("solid"));
    assert_eq!(findings(&mut browser), Vec::<String>::new());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn it_fits_from_320_to_1440_pixels() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    for width in [320, 375, 768, 1024, 1280, 1440] {
        browser.size(width, 800);
        browser.open(&page.path, "#q=svc+rbf");
        browser.eval("document.querySelectorAll('details').forEach((node) => { node.open = true; })");
        browser.click("tr.row .name");
        browser.until("document.querySelectorAll('.matrix').length === 2");
        assert_eq!(browser.eval("document.documentElement.scrollWidth"), json!(width), "{width} pixels");
        // Touch targets are at least 24 pixels high and wide, except links in a sentence (WCAG 2.2).
        let small = browser.eval(
            "[...document.querySelectorAll('button, summary, select, input, [role=tab], nav a, figcaption a, footer a, \
             #submitted td a')].map((node) => [node.className + ' ' + node.innerText, \
             node.getBoundingClientRect()]).filter(([, box]) => box.width && (box.height < 24 || box.width < \
             24)).map(([text]) => text)",
        );
        assert_eq!(small, Value::Array(Vec::new()), "{width} pixels");
        if [320, 1440].contains(&width) {
            assert_eq!(findings(&mut browser), Vec::<String>::new(), "{width} pixels");
        }
    }
    // The name of an open row stays in sight while the row scrolls.
    browser
        .eval("document.querySelector('.scores').scrollIntoView({ block: 'center', behavior: 'instant' })");
    let whose = "(() => { const box = document.querySelector('.whose').getBoundingClientRect(); const head = \
                 document.querySelector('#results thead').getBoundingClientRect(); return box.top >= head.bottom - 2 && \
                 box.bottom < innerHeight / 2 && document.querySelector('.whose').innerText.includes('SVC'); })()";
    assert_eq!(browser.eval(whose), json!(true));
    browser.click(".whose button");
    assert_eq!(browser.count("tr.detail"), 0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
