//! A figure is the same everywhere on the page.

use std::collections::BTreeMap;

use mnist_bench::format::{accuracy, title};
use serde_json::{Value, json};

use crate::browser::browser;
use crate::{COMMITTED, committed};

/// Accuracies as the table has them, by data set and name.
fn of_the_table() -> BTreeMap<(String, String), String> {
    let (table, view) = (&COMMITTED.table, &COMMITTED.view);
    let mut figures = BTreeMap::new();
    for line in table.view(view).filter(|line| line.engine == "native") {
        for (at, dataset) in table.datasets.iter().enumerate() {
            let name = format!("mnist-bench {} {}", line.classifier, line.parameters);
            if let Some(mean) = table.row(line, at).and_then(|row| row.accuracy) {
                figures.insert((title(dataset), name.trim_end().to_string()), accuracy(mean));
            }
        }
    }
    figures
}

#[test]
fn tie_groups_and_comparisons_quote_the_table() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    let figures = of_the_table();
    browser.open(&page.path, "");
    let leaders = browser.eval(
        "[...document.querySelectorAll('#groups li')].flatMap((item) => [...item.querySelectorAll('bdi')].map((one) => \
         [item.querySelector('b').innerText, one.innerText]))",
    );
    let leaders = leaders.as_array().unwrap();
    assert!(leaders.len() >= 2, "{leaders:?}");
    for leader in leaders {
        let [dataset, told] = [0, 1].map(|at| leader[at].as_str().unwrap());
        let (name, figure) = told.rsplit_once(' ').unwrap();
        assert_eq!(figures[&(dataset.to_string(), name.to_string())], figure, "{dataset}: {told}");
    }
    // A network with several repeats, whose mean differs from each of them.
    let line =
        COMMITTED.table.view(&COMMITTED.view).find(|line| line.parameters == "epochs=5 model=small-cnn");
    let id = line.unwrap().id.replace('=', "%3D").replace(',', "%2C");
    let other = "compare=reference%2Fnative%2FSVC%2CC%3D10%2Ffull";
    browser.open(&page.path, &format!("#compare=reference%2Fnative%2F{id}%2Ffull&{other}"));
    browser.until("document.querySelectorAll('.versus').length === 2");
    let of = |name: &str| &figures[&("MNIST".to_string(), name.to_string())];
    let both = [of("mnist-bench Network epochs=5 model=small-cnn"), of("mnist-bench SVC C=10 kernel=rbf")];
    let told = browser.text(".versus:nth-of-type(1) dd");
    assert!(told.starts_with(&format!("{} and {}|", both[0], both[1])), "{told}");
    assert!(browser.text(".versus dt").contains("difference, first repeats"));
}

#[test]
fn families_and_libraries_agree_with_the_table_of_libraries() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    // Family, library, size, time measured alone, time of others; beside them the cell of the matrix.
    let pairs = browser.eval(
        "(() => { const found = []; const size = document.querySelector('#matrix-size'); const rows = \
         [...document.querySelectorAll('#peers details:first-of-type tbody tr')].map((row) => [...row.children].map((cell) => \
         cell.textContent.trim())); for (const { value } of [...size.options]) { size.value = value; size.dispatchEvent(new \
         Event('change')); const images = value === 'full' ? 60000 : Number(value); for (const row of rows.filter((row) => \
         Number(row[2]) === images)) { const own = [...document.querySelectorAll('#matrix tbody tr')].find((one) => \
         one.querySelector('th').textContent.replace(/\\s/g, '') === row[0]); const cell = \
         own?.querySelector(`td[data-library=\"${row[1]}\"] .ratio`); found.push([row[0], row[1], row[2], row[6], row[8] ?? '', \
         cell?.textContent ?? '']); } } return found; })()",
    );
    let pairs = pairs.as_array().unwrap();
    let first = |text: &Value| text.as_str().unwrap().split(' ').next().unwrap_or_default().to_string();
    let mut compared = 0;
    for pair in pairs {
        let (alone, cell) = (first(&pair[3]), first(&pair[5]));
        // Among times not measured alone the matrix also has the scaling curves, which the table leaves out.
        if alone.is_empty() {
            continue;
        }
        let expected = alone;
        assert_eq!(cell, expected, "{pair}");
        compared += 1;
    }
    assert!(compared > 25, "{compared} cells");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_findings_of_libraries_are_there() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    let links = browser.eval(
        "[...document.querySelectorAll('#matrix td a')].map((link) => link.getAttribute('href').split('FINDINGS.md#')[1])",
    );
    let text = include_str!("../../docs/FINDINGS.md");
    let anchor = |heading: &str| -> String {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    let anchors: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|heading| json!(anchor(heading)))
        .collect();
    let links = links.as_array().unwrap();
    assert!(links.len() > 4, "{links:?}");
    for link in links {
        assert!(anchors.contains(link), "{link} in {anchors:?}");
    }
}
