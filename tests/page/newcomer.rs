//! What a newcomer does: reads the answer first, searches a library, compares two results, cites, places predictions
//! of their own.

use std::collections::BTreeSet;
use std::fs;

use mnist_bench::dataset;
use mnist_bench::dataset::Predictions;
use mnist_bench::stats::paired::Discordant;
use serde_json::{Value, json};

use crate::browser::{Browser, browser};
use crate::{COMMITTED, committed};

fn result(dataset: &str, id: &str) -> Value {
    let path = format!("results/reference/{dataset}/native/{id}.json");
    serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()
}

fn predictions(dataset: &str, id: &str) -> Predictions {
    result(dataset, id)["repeats"][0]["predictions"].as_str().unwrap().parse().unwrap()
}

/// The link to a result of ours in the committed report.
fn key(id: &str) -> String {
    let encode =
        |text: String| text.replace('%', "%25").replace('=', "%3D").replace(',', "%2C").replace('/', "%2F");
    encode(format!("reference/native/{id}/full"))
}

#[test]
fn the_answer_stands_first() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.size(1280, 900);
    browser.open(&page.path, "");
    let head = browser.text("h1");
    assert!(head.starts_with("MNIST is easy: ") && head.contains("On Fashion-MNIST"), "{head}");
    assert_eq!(
        browser.text(".card h2"),
        "Is MNIST too easy?|Which library?|Which Rust crate?|What does the grid of 2017 lack?|Can I believe it?"
    );
    // The figures of the page are those of the file that the README shows.
    let file = std::str::from_utf8(&COMMITTED.files["findings.md"]).unwrap();
    assert!(file.contains(&head), "{file}");
    for library in ["scikit-learn", "smartcore", "linfa", "xgboost", "lightgbm", "libsvm-rs"] {
        assert!(browser.text("#card-library li").contains(&format!("{library} needs ")), "{library}");
    }
    assert!(browser.text("#origin span").contains("thread"), "machine, threads, days and versions");
    // On a phone too, without sideways scrolling.
    for width in [320, 375, 768] {
        browser.size(width, 800);
        let fits = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.eval(fits), json!(true), "{width} pixels");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_search_finds_libraries_data_sets_and_other_words() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    let libraries: BTreeSet<String> = COMMITTED.table.lines.iter().map(|line| line.engine.clone()).collect();
    let search = |browser: &mut Browser, text: &str| -> u64 {
        let words = json!(text);
        browser.eval(&format!(
            "(() => {{ const input = document.querySelector('#search'); input.value = {words}; input.dispatchEvent(new \
             Event('input')); }})()"
        ));
        browser.count("tr.row")
    };
    for library in libraries.iter().filter(|library| !library.is_empty()) {
        assert!(search(&mut browser, library) > 0, "{library}");
    }
    for words in [
        "svm",
        "knn",
        "k-nearest",
        "cnn",
        "neural network",
        "rbf fashion",
        "sklearn svm",
        "naive bayes",
        "lda",
        "qda",
        "ridge",
        "hog svm",
    ] {
        assert!(search(&mut browser, words) > 0, "{words}");
    }
    // Nothing found: the page offers a corrected search and one without filters.
    assert_eq!(search(&mut browser, "smartcor3 svc"), 0);
    let offers = browser.text("#empty button");
    assert!(offers.contains("smartcore svc") && offers.contains("Without"), "{offers}");
    browser.click("#empty button");
    assert!(browser.count("tr.row") > 0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_configuration_opens_to_the_same_model_elsewhere() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#q=svc+rbf+c%3D10+smartcore");
    assert_eq!(
        browser.eval("document.querySelector('#shown').innerText.includes('configurations')"),
        json!(true)
    );
    browser.click("tr.row .name");
    let names = browser.text(".part:first-child .libraries tbody th");
    for library in ["mnist-bench", "scikit-learn", "libsvm-rs", "linfa", "smartcore"] {
        assert!(names.split('|').any(|name| name == library), "{library} in {names}");
    }
    assert!(names.starts_with("mnist-bench"), "{names}");
    let times = browser.text(".part:first-child .libraries .bar-of-time");
    assert!(times.split('|').count() > 2, "{times}");
    // The families and libraries, at every size and measure.
    browser.open(&page.path, "");
    assert!(browser.count("#matrix tbody tr") > 10);
    let cell = browser.text("#matrix td.far, #matrix td.much, #matrix td.some");
    assert!(cell.contains('×'), "{cell}");
    browser.eval("(() => { const size = document.querySelector('#matrix-size'); size.value = '5000'; size.dispatchEvent(new Event('change')); })()");
    assert!(browser.text("#matrix").contains("smartcore"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn two_results_are_compared_image_by_image() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    let (first, second) = ("SVC,C=10", "GaussianNB,priors=uniform");
    browser.open(&page.path, &format!("#compare={}&compare={}", key(first), key(second)));
    browser.until("document.querySelectorAll('.versus').length === 2");
    let labels = dataset::load("mnist").unwrap().test.labels;
    let counts = Discordant::count(&predictions("mnist", first), &predictions("mnist", second), &labels);
    let told = browser.text(".versus:nth-of-type(1) dd");
    let expected = [format!("{} images", counts.only_first), format!("{} images", counts.only_second)];
    for text in expected {
        assert!(told.split('|').any(|part| part == text), "{text} in {told}");
    }
    assert!(browser.count(".versus .image") > 20, "the images on which they part");
    browser.click("#tray .chip");
    assert_eq!(browser.eval("document.querySelector('#comparison').hidden"), json!(true));
    // By the keyboard alone: a pin is a button of the row.
    browser.open(&page.path, "#q=perceptron");
    browser.eval("document.querySelector('.pin').focus()");
    browser.key("Enter");
    assert_eq!(browser.eval("document.querySelector('.pin').getAttribute('aria-pressed')"), json!("true"));
    assert_eq!(browser.eval("document.querySelector('#tray').hidden"), json!(false));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn results_can_be_cited_and_shared() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#q=svc+rbf");
    browser.click("#open-cite");
    let citation = browser.text("#cite pre");
    assert!(citation.starts_with("@misc{mnist-bench,") && citation.contains("The mnist-bench contributors"));
    browser.click("tr.row .name");
    assert_eq!(browser.text(".share button"), "Copy link|Markdown|LaTeX|BibTeX|Verify command");
    let command = browser.eval("document.querySelectorAll('.share button')[4].dataset.copy");
    let command = command.as_str().unwrap();
    let path = command.split_whitespace().nth(5).unwrap().trim_matches('\'');
    assert!(command.starts_with("cargo run --release -- verify results/"), "{command}");
    assert!(fs::exists(path).unwrap(), "{path}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Gives a file to the page, as its chooser of files would.
fn give(browser: &mut Browser, path: &std::path::Path) {
    let root = browser.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
    let node = browser.call("DOM.querySelector", json!({"nodeId": root, "selector": "#drop-file"}));
    browser.call("DOM.setFileInputFiles", json!({"nodeId": node["nodeId"], "files": [path]}));
}

#[test]
fn predictions_of_ones_own_are_placed_to_the_digit() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    let id = "GaussianNB,priors=uniform";
    let own = predictions("fashion-mnist", id);
    let expected = result("fashion-mnist", id)["repeats"][0]["accuracy"].as_f64().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = own.iter().map(u8::to_string).collect();
    let table: Vec<String> =
        own.iter().enumerate().map(|(image, class)| format!("{image},{class}")).collect();
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let head = format!("{:<117}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (10000,), }");
    npy.extend((head.len() as u16).to_le_bytes());
    npy.extend(head.bytes());
    npy.extend(&own[..]);
    let files: [(&str, Vec<u8>); 4] = [
        ("line.txt", lines.concat().into_bytes()),
        ("lines.txt", lines.join("\n").into_bytes()),
        ("table.csv", format!("image,prediction\n{}\n", table.join("\n")).into_bytes()),
        ("array.npy", npy),
    ];
    browser.open(&page.path, "");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        give(&mut browser, &path);
        browser.until(&format!(
            "document.querySelector('#drop-result h3')?.innerText.startsWith({})",
            json!(name)
        ));
        let told = browser.text("#drop-result dd");
        assert!(told.starts_with(&format!("{expected:.4} (")), "{name}: {told}");
    }
    assert!(browser.count(".star") >= 2, "a star in the charts");
    // A file that can be read in two ways is refused, with a command that reads it.
    let twice: Vec<String> = own.iter().map(|class| format!("{class},{}", (class + 1) % 10)).collect();
    let path = folder.path().join("two.csv");
    fs::write(&path, twice.join("\n")).unwrap();
    give(&mut browser, &path);
    browser.until("document.querySelector('#drop-result .fail')?.innerText.startsWith('two.csv')");
    let command = browser.text("#drop-result .to-copy");
    assert!(command.contains(" submit two.csv ") && command.contains("--dataset fashion-mnist"), "{command}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn images_stand_by_their_difficulty() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    browser.eval("document.querySelector('#difficulty').scrollIntoView({ behavior: 'instant' })");
    browser.until("document.querySelectorAll('#histograms figure').length === 2");
    let counts = "[...document.querySelectorAll('#histograms figure')].map((figure) => [...figure.querySelectorAll('.bin \
                  b')].reduce((sum, node) => sum + Number(node.textContent.replace(',', '')), 0))";
    assert_eq!(browser.eval(counts), json!([10000, 10000]), "every test image is in one bar");
    browser.click("#histograms .bin");
    browser.until("document.querySelectorAll('#bin .image').length > 0");
    // Every test image is a point, the hardest first; the slider reaches each by the keyboard.
    let last = "[...document.querySelectorAll('.points input')].map((slider) => slider.max)";
    assert_eq!(browser.eval(last), json!(["9999", "9999"]));
    browser.eval("document.querySelector('.points input').focus()");
    let told = browser.text("#difficulty-mnist .points output");
    assert!(told.starts_with("place 1: test image ") && told.contains("145 of 145"), "{told}");
    assert_eq!(browser.count("#difficulty-mnist .points .image"), 1, "its picture");
    browser.key("ArrowRight");
    assert!(browser.text("#difficulty-mnist .points output").starts_with("place 2: "));
    browser.key("End");
    let told = browser.text("#difficulty-mnist .points output");
    assert!(
        told.contains("place 10,000: ") && told.contains("label ") && told.contains(" 0 of 145"),
        "{told}"
    );
    assert!(told.ends_with("(no picture in this page)"), "{told}");
    // A point is chosen by the pointer too.
    browser.click("#difficulty-mnist .square");
    let told = browser.text("#difficulty-mnist .points output");
    assert!(told.starts_with("place 4,") || told.starts_with("place 5,"), "the middle: {told}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn every_heading_and_figure_can_be_linked() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    browser.eval("document.querySelector('#difficulty').scrollIntoView({ behavior: 'instant' })");
    browser.until("document.querySelectorAll('#histograms figure').length === 2");
    // A heading has an id, or is the first of a section or figure that has one.
    let nameless = browser.eval(
        "[...document.querySelectorAll('h2, h3, figure')].filter((node) => !node.id && \
         node.closest('section[id], figure[id]')?.querySelector('h2, h3') !== node && node.checkVisibility()).map((node) => \
         node.outerHTML.slice(0, 80))",
    );
    assert_eq!(nameless, json!([]));
    let twice = browser.eval(
        "[...document.querySelectorAll('[id]')].map((node) => node.id).filter((id, at, all) => all.indexOf(id) !== at)",
    );
    assert_eq!(twice, json!([]), "an id names one thing");
    let dead = browser.eval(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((link) => link.hash.slice(1)).filter((id) => id && \
         !id.includes('=') && !document.getElementById(id))",
    );
    assert_eq!(dead, json!([]), "a link within the page leads nowhere");
}

#[test]
fn lines_that_predict_the_same_are_one() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#q=crammer_singer");
    // Twelve configurations, three distinct models.
    assert!(browser.text("#shown").starts_with("12 of "), "{}", browser.text("#shown"));
    assert_eq!(browser.count("tr.row"), 3);
    assert!(browser.text("tr.row .tag").contains("4 with these predictions"));
    browser.click("tr.row .name");
    assert_eq!(browser.count(".also button"), 3);
    let other = browser.text(".also button").split('|').next().unwrap().to_string();
    browser.click(".also button");
    assert_eq!(browser.text("tr.row:has(+ tr.detail) .parameters"), other);
    // With `every=1` each result has its own line.
    browser.open(&page.path, "#q=crammer_singer&every=1&run=reference&engine=native");
    assert_eq!(browser.count("tr.row"), 12);
    // Grouped by family, the table describes each family.
    browser.open(&page.path, "#group=family&q=crammer_singer");
    assert!(browser.text("tr.family .story").len() > 60, "{}", browser.text("tr.family"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_javascript_the_table_is_there() {
    let page = std::str::from_utf8(&COMMITTED.files["benchmark.html"]).unwrap();
    let (_, rest) = page.split_once("<noscript>").unwrap();
    let (plain, _) = rest.split_once("</noscript>").unwrap();
    assert_eq!(plain.matches("<tr><th scope=\"row\">").count(), 145);
    assert!(plain.contains("SVC C=10 kernel=rbf"));
}
