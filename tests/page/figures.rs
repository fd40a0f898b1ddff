//! What supports a figure and how certain it is: tie groups, seeds, evidence, the classification report, and
//! images drawn at random.

use mnist_bench::dataset;
use mnist_bench::results::Record;
use mnist_bench::results::verification::{Verifications, Verified, digest};
use serde_json::{Value, json};

use crate::browser::browser;
use crate::look::findings;
use crate::table::column;
use crate::{Page, page_with, record};

/// A result whose repeats each miss the test images that one of the functions names.
fn missing(dataset: &str, classifier: &str, parameters: Value, missed: &[&dyn Fn(usize) -> bool]) -> Record {
    let labels = dataset::load(dataset).unwrap().test.labels;
    let predict = |missed: &dyn Fn(usize) -> bool| -> Vec<u8> {
        let class = |(image, &label): (usize, &u8)| if missed(image) { (label + 1) % 10 } else { label };
        labels.iter().enumerate().map(class).collect()
    };
    let predictions: Vec<Vec<u8>> = missed.iter().map(|missed| predict(*missed)).collect();
    let accuracy = |predicted: &Vec<u8>| {
        let right = predicted.iter().zip(&labels).filter(|(predicted, label)| predicted == label).count();
        right as f64 / labels.len() as f64
    };
    let accuracies: Vec<f64> = predictions.iter().map(accuracy).collect();
    let mut record = record(dataset, classifier, parameters, &accuracies);
    record.test_size = labels.len();
    for (repeat, predictions) in record.repeats.iter_mut().zip(predictions) {
        repeat.predictions = predictions.try_into().unwrap();
    }
    record
}

/// On MNIST two models with about as many errors on partly different images, a forest and an earlier step of it, and a
/// bad model; on Fashion-MNIST one that misses every third image.
fn sample() -> Page {
    let svc =
        missing("mnist", "SVC", json!({"C": 1}), &[&|image: usize| image < 100, &|image: usize| image < 140]);
    let perceptron = missing("mnist", "Perceptron", json!({}), &[&|image: usize| (50..152).contains(&image)]);
    let forest = |trees: usize, missed: usize| {
        missing(
            "mnist",
            "RandomForestClassifier",
            json!({"n_estimators": trees}),
            &[&|image: usize| image < missed],
        )
    };
    let bayes = missing("mnist", "GaussianNB", json!({}), &[&|image: usize| image < 5000]);
    let fashion =
        missing("fashion-mnist", "SVC", json!({"C": 1}), &[&|image: usize| image.is_multiple_of(3)]);
    let verified = Verified {
        file: format!("r/mnist/native/{}.json", bayes.id),
        predictions_sha256: digest(bayes.repeats.iter().map(|repeat| &repeat.predictions[..])),
        version: "9.8.7".into(),
        cpu_features: "avx2".into(),
        date: "2026-11-23".into(),
        differing: 0,
    };
    let records = [svc, perceptron, forest(10, 400), forest(100, 300), bayes, fashion];
    page_with(records.into_iter(), |results| {
        let mut all = Verifications::default();
        all.put(verified.clone());
        all.write(results).unwrap();
    })
}

#[test]
fn groups_stand_in_the_table_and_in_words() {
    let Some(mut browser) = browser() else { return };
    let page = sample();
    browser.open(&page.path, "#tab=mnist&engine=native");
    assert_eq!(
        browser.text("tr.row .name b"),
        "Perceptron|SVC|RandomForestClassifier|RandomForestClassifier|GaussianNB"
    );
    let groups =
        "[...document.querySelectorAll('tr.row')].map((row) => row.children[2].innerText.trim()).join()";
    assert_eq!(browser.eval(groups), json!("1,1,2,part,3"));
    browser.click("#results thead [data-key='mnist.group']");
    assert_eq!(browser.text("th[aria-sort=ascending] button"), "tie group", "the best group first");
    assert_eq!(column(&mut browser, "mnist.group"), [1.0, 1.0, 2.0, 3.0]);
    let told = browser.text("#groups li");
    assert!(told.starts_with("MNIST: 4 entries in 3 groups; 1 more are earlier steps"), "{told}");
    assert!(told.contains("Group 1: mnist-bench SVC C=1 0.9880; mnist-bench Perceptron 0.9898."), "{told}");
    assert!(told.contains("|Fashion-MNIST: 1 entry in 1 group."), "{told}");
    assert!(browser.text("#groups code").ends_with("rank --run r"));
    // Side by side too, for each data set.
    browser.open(&page.path, "");
    assert_eq!(browser.count("#results thead [data-key$='.group']"), 2);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn evidence_says_what_it_does_not_show() {
    let Some(mut browser) = browser() else { return };
    let page = sample();
    browser.open(&page.path, "#tab=mnist&engine=native&q=gaussian");
    assert!(browser.text("tr.row").contains("trained again, same predictions"));
    browser.click("tr.row .name");
    let told = browser.text(".part dl");
    assert!(
        told.contains("trained again, with the same predictions, by version 9.8.7 on 2026-11-23"),
        "{told}"
    );
    browser.open(&page.path, "#tab=mnist&engine=native&q=perceptron");
    assert!(browser.text("tr.row").contains("checked from predictions"));
    browser.click("tr.row .name");
    assert!(browser.text(".part dl").contains("does not show that the method was run"));
    assert!(browser.text("#notes").contains("test labels are public"));
}

#[test]
fn an_open_row_says_what_seeds_do_and_how_each_class_fares() {
    let Some(mut browser) = browser() else { return };
    let page = sample();
    browser.open(&page.path, "#engine=native&q=svc");
    browser.click("tr.row .name");
    browser.until("document.querySelectorAll('.scores').length === 2");
    // The mean 0.988 plus and minus 12.706 standard errors of 0.002, cut at 1.
    let told = browser.text(".part:first-child dl");
    assert!(told.contains("95 % t-interval of the mean 0.9626 to 1.0000"), "{told}");
    assert!(told.contains("1, its best entry"), "{told}");
    // The report counts what the matrix beside it shows.
    let scores = browser.eval(
        "(() => { const part = document.querySelector('.part'); const cells = (table, row) => \
         [...part.querySelectorAll(`.${table} tbody tr`)][row].querySelectorAll('td'); const numbers = (table, row) => \
         [...cells(table, row)].map((cell) => +cell.innerText); const counts = [...Array(10).keys()].map((row) => \
         numbers('matrix', row)); const sum = (values) => values.reduce((a, b) => a + b, 0); return { caption: \
         part.querySelector('.scores caption').innerText, class0: numbers('scores', 0), precision: counts[0][0] / \
         sum(counts.map((row) => row[0])), recall: counts[0][0] / sum(counts[0]), accuracy: numbers('scores', 10), \
         rows: part.querySelectorAll('.scores tbody tr').length }; })()",
    );
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(
        (&scores["rows"], &scores["caption"]),
        (&json!(13), &json!("Classification report over 2 repeats"))
    );
    assert!((number(&scores["precision"]) - number(&scores["class0"][0])).abs() < 0.0005, "{scores}");
    assert!((number(&scores["recall"]) - number(&scores["class0"][1])).abs() < 0.0005, "{scores}");
    assert_eq!(scores["accuracy"], json!([0, 0, 0.988, 20_000]));
}

#[test]
fn images_drawn_by_chance_say_right_or_wrong_in_words() {
    let Some(mut browser) = browser() else { return };
    let page = sample();
    browser.open(&page.path, "#engine=native&q=svc");
    browser.click("tr.row .name");
    browser.until("document.querySelectorAll('.drawn').length === 2");
    let images = browser.eval(
        "[...document.querySelectorAll('.part:last-child .drawn li')].map((item) => { const words = \
         item.querySelector('.image').getAttribute('aria-label'); return [+words.match(/test image (\\d+)/)[1], \
         item.innerText.trim().split(/\\s/)[0], getComputedStyle(item).borderTopStyle, words.includes('recognised')]; })",
    );
    let images = images.as_array().unwrap();
    assert_eq!(images.len(), 16);
    for image in images {
        let expected = if image[0].as_u64().unwrap() % 3 == 0 {
            json!(["wrong", "dashed", false])
        } else {
            json!(["right", "solid", true])
        };
        assert_eq!(json!([image[1], image[2], image[3]]), expected, "{image}");
    }
    let wrong = images.iter().filter(|image| image[1] == "wrong").count();
    assert!((1..16).contains(&wrong), "both kinds are there: {wrong}");
    let head = browser.text(".part:last-child h4").split('|').next().unwrap().to_string();
    assert_eq!(head, format!("16 test images drawn by chance: {} right", 16 - wrong));
    // The open row passes axe-core and fits every width.
    assert_eq!(findings(&mut browser), Vec::<String>::new());
    for width in [1280, 1100, 1000, 800, 375] {
        browser.size(width, 800);
        assert_eq!(
            browser.eval("document.documentElement.scrollWidth"),
            json!(width),
            "no scrolling sideways"
        );
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
