//! What the table does: sort, filter, search, columns, groups, links, the back button, rows that open, files.

use std::time::Duration;

use mnist_bench::results::Provenance;
use serde_json::{Value, json};

use crate::browser::{Browser, browser};
use crate::{COMMITTED, committed, least_of, page_of, record};

/// The time limit for loading the page of the committed results.
const LOADED: Duration = Duration::from_secs(1);

/// The lines of the table: names, then the figures of one column.
pub fn column(browser: &mut Browser, head: &str) -> Vec<f64> {
    let expression = format!(
        "(() => {{ const at = [...document.querySelectorAll('#results > thead > tr:last-child > th')].findIndex((th) \
         => th.querySelector('button').dataset.key === {}); return [...document.querySelectorAll('#results > tbody > \
         tr.row')].map((tr) => parseFloat(tr.children[at].innerText)).filter((value) => !isNaN(value)); }})()",
        json!(head)
    );
    browser.eval(&expression).as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn names(browser: &mut Browser) -> Vec<String> {
    let names =
        browser.eval("[...document.querySelectorAll('tr.row .name b')].map((node) => node.innerText)");
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
}

#[test]
fn it_loads_from_disk_without_a_word_to_the_network() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    // Other programs can only add to a time, so the least of several is nearest to the page's own.
    let least = least_of(8, LOADED, || browser.open(&page.path, ""));
    // The first screen is there at once, the others when nothing else is to do.
    browser.until("document.querySelectorAll('tr.row').length > 50");
    assert!(least < LOADED, "loaded after {least:?}");
    browser.click("tr.row .name");
    browser.until("document.querySelectorAll('.matrix').length === 2");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // The page's content security policy blocks network requests.
    let refused = "fetch('https://example.org/').then(() => 'sent', () => 'refused')";
    assert_eq!(browser.eval(refused), json!("refused"));
}

#[test]
fn columns_sort_both_ways() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    let key = "mnist.accuracy";
    browser.click("#results thead [data-key='mnist.accuracy']");
    browser.until("document.querySelectorAll('tr.row').length > 50");
    let down = column(&mut browser, key);
    assert!(down.len() > 50 && down.is_sorted_by(|a, b| a >= b), "{down:?}");
    assert_eq!(browser.text("th[aria-sort=descending] button"), "accuracy");
    browser.click("#results thead [data-key='mnist.accuracy']");
    browser.until("document.querySelectorAll('tr.row').length > 50");
    let up = column(&mut browser, key);
    assert!(up.is_sorted() && up.first() != down.first(), "{up:?}");
    assert_eq!(browser.eval("location.hash"), json!("#sort=mnist.accuracy"));
}

#[test]
fn filters_and_search_narrow_and_the_back_button_widens() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    let all = browser.text("#shown");
    browser.click("#filters summary");
    browser.click("[data-chip='family=SVC']");
    let found = names(&mut browser);
    assert!(found.len() > 3 && found.iter().all(|name| name == "SVC"), "{found:?}");
    browser.click("#search");
    browser.insert("rbf c=10");
    browser.until("document.querySelectorAll('tr.row').length < 6");
    assert!(browser.text("tr.row .parameters").split('|').all(|text| text.contains("kernel=rbf")));
    browser.eval("history.back()");
    browser.until(&format!("document.querySelector('#shown').innerText === {}", json!(all)));
    assert_eq!(browser.eval("document.querySelector('#search').value"), json!(""));
    browser.eval("history.forward()");
    browser.until("document.querySelector('#search').value === 'rbf c=10'");
}

#[test]
fn a_link_opens_the_same_view() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#tab=fashion-mnist&sort=mnist.accuracy&q=svc&columns=fit,memory&group=family");
    assert_eq!(browser.text("[role=tab][aria-selected=true]"), "Fashion-MNIST");
    assert_eq!(browser.eval("document.querySelector('#search').value"), json!("svc"));
    let heads = browser.text("#results > thead > tr:last-child button");
    assert_eq!(heads, "classifier|accuracy|fit, s|memory, MB");
    let groups = browser.text("tr.family bdi");
    assert!(groups.split('|').all(|name| name.contains("SVC")) && groups.contains("LinearSVC"), "{groups}");
    // A row that a link names is open and in sight.
    let key = browser.eval("document.querySelector('tr.row .name').dataset.row");
    let hash = format!("#row={}", browser.eval(&format!("encodeURIComponent({key})")).as_str().unwrap());
    browser.open(&page.path, &hash);
    assert_eq!(browser.eval("document.querySelector('.name[aria-expanded=true]').dataset.row"), key);
    let seen = "(() => { const box = document.querySelector('tr.detail').getBoundingClientRect(); return box.top < \
                innerHeight && box.bottom > 0; })()";
    assert_eq!(browser.eval(seen), json!(true));
}

#[test]
fn an_open_row_shows_what_it_took_for_what() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#q=svc+rbf&engine=native");
    browser.click("tr.row .name");
    browser.until("document.querySelectorAll('.matrix').length === 2");
    // The diagonal divided by the sum of the matrix is the accuracy, although the page does not compute it that way.
    let accuracy = "[...document.querySelectorAll('.part')].map((part) => { const counts = [...part.querySelectorAll('.matrix \
                    tbody tr')].map((tr) => [...tr.querySelectorAll('td')].slice(0, 10).map((td) => +td.innerText)); \
                    return counts.reduce((sum, row, at) => sum + row[at], 0) / counts.flat().reduce((a, b) => a + b, 0); })";
    let from_matrix = browser.eval(accuracy);
    let mnist = column(&mut browser, "mnist.accuracy")[0];
    assert!((from_matrix[0].as_f64().unwrap() - mnist).abs() < 1e-4, "{from_matrix} {mnist}");
    assert!(browser.count(".confusions .image") >= 10, "images of the worst confusions");
    let drawn =
        browser.eval("getComputedStyle(document.querySelector('.image')).backgroundImage.slice(0, 22)");
    assert_eq!(drawn, json!("url(\"data:image/png;ba"));
    let words = browser.eval("document.querySelector('.confusions .image').getAttribute('aria-label')");
    assert!(words.as_str().unwrap().contains("taken for"), "{words}");
    assert!(
        browser.eval("document.querySelector('.part dl a').href").as_str().unwrap().contains("/results/")
    );
    browser.click("tr.row .name");
    assert_eq!(browser.count("tr.detail"), 0);
}

#[test]
fn a_history_is_drawn_as_curves() {
    let Some(mut browser) = browser() else { return };
    let mut trained = record("mnist", "MLPClassifier", json!({}), &[0.97]);
    let history = json!([{"epoch": 1, "loss": 0.9, "accuracy": 0.7, "seconds": 1}, {"epoch": 2, "loss": 0.4, "accuracy": 0.9, "seconds": 1}]);
    trained.repeats[0].facts.insert("history".into(), history);
    trained.repeats[0].facts.insert("losses".into(), json!([3.0, 2.0, 1.5, 1.25]));
    let page = page_of([trained].into_iter());
    browser.open(&page.path, "#engine=native");
    browser.click("tr.row .name");
    assert_eq!(browser.count(".curve"), 3);
    let told = browser.eval("document.querySelector('.curve').getAttribute('aria-label')");
    assert_eq!(told, json!("loss: 2 steps from 0.9 to 0.4"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn lines_in_view_are_saved_as_files() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    let folder = tempfile::tempdir().unwrap();
    browser.open(&page.path, "#q=svc+rbf&engine=native");
    let shown = browser.count("tr.row") as usize;
    let behaviour = json!({"behavior": "allow", "downloadPath": folder.path()});
    browser.call("Page.setDownloadBehavior", behaviour);
    let mut saved = |kind: &str| {
        browser.click(&format!("#save-{kind}"));
        let path = folder.path().join(format!("mnist-bench-{shown}-lines.{kind}"));
        let start = std::time::Instant::now();
        loop {
            if let Ok(text) = std::fs::read_to_string(&path)
                && !text.is_empty()
            {
                return text;
            }
            assert!(start.elapsed().as_secs() < 10, "no {}", path.display());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    let csv = saved("csv");
    assert_eq!(csv.lines().count(), shown + 1, "{csv}");
    // The names of the report's own table.
    let table = std::str::from_utf8(&COMMITTED.files["side-by-side.csv"]).unwrap().lines().next().unwrap();
    let known: Vec<&str> = table.split(',').collect();
    let named: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let new: Vec<&&str> = named.iter().filter(|name| !known.contains(name)).collect();
    assert!(new.iter().all(|name| name.ends_with("_tie_group") || name.ends_with("_file")), "{new:?}");
    let json: Value = serde_json::from_str(&saved("json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), shown);
    assert!(json[0]["fashion_mnist_accuracy"].as_f64().unwrap() > 0.8);
}

#[test]
fn the_keyboard_is_enough() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    browser.key("/");
    browser.insert("gaussiannb");
    browser.until("document.querySelectorAll('tr.row').length < 5");
    let reaches = |browser: &mut Browser, selector: &str| {
        for _ in 0..60 {
            if browser.eval(&format!("document.activeElement.matches({})", json!(selector))) == json!(true) {
                return;
            }
            browser.key("Tab");
        }
        panic!("Tab does not reach {selector}");
    };
    reaches(&mut browser, "#filters summary");
    reaches(&mut browser, "#group");
    reaches(&mut browser, "#results thead button");
    browser.key("Enter");
    assert_eq!(browser.count("[aria-sort]"), 1);
    reaches(&mut browser, ".name");
    browser.key("Enter");
    assert_eq!(browser.eval("document.activeElement.getAttribute('aria-expanded')"), json!("true"));
    assert_eq!(browser.count("tr.detail"), 1);
    browser.key(" ");
    assert_eq!(browser.count("tr.detail"), 0);
    browser.eval("document.querySelector('[role=tab][aria-selected=true]').focus()");
    browser.key("ArrowRight");
    assert_eq!(browser.text("[role=tab][aria-selected=true]"), "MNIST");
    browser.key("End");
    assert_eq!(browser.text("[role=tab][aria-selected=true]"), "Fashion-MNIST");
}

#[test]
fn a_mark_in_a_chart_leads_to_its_row() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "#q=perceptron");
    let place = "(() => { const data = JSON.parse(document.getElementById('data').textContent); const chart = \
                 data.charts[0]; const line = chart.marks.findIndex((mark) => data.lines[mark[2]].family === 'SVC'); \
                 const svg = document.querySelector(`[data-chart='${chart.name}'] svg`); \
                 svg.scrollIntoView({ block: 'center', behavior: 'instant' }); const box = \
                 svg.getBoundingClientRect(); const scale = box.width / svg.viewBox.baseVal.width; const mark = \
                 chart.marks[line]; return [box.x + mark[0] * scale, box.y + mark[1] * scale]; })()";
    let place = browser.eval(place);
    browser.mouse("mouseMoved", &place[0], &place[1]);
    let named = browser.text("#tip");
    assert!(named.contains("MNIST 0."), "{named}");
    browser.click_at(&place[0], &place[1]);
    let family = browser.text(".name[aria-expanded=true] b");
    assert!(named.starts_with(&family), "{named} against {family}");
}

#[test]
fn a_mark_is_reached_by_the_keyboard() {
    let Some(mut browser) = browser() else { return };
    let page = committed();
    browser.open(&page.path, "");
    browser.eval("document.querySelector('#best-per-family svg').focus()");
    browser.key("ArrowRight");
    browser.key("ArrowRight");
    let named = browser.text("#tip");
    assert!(named.contains("MNIST 0."), "{named}");
    browser.key("Enter");
    let family = browser.text(".name[aria-expanded=true] b");
    assert!(!family.is_empty() && named.starts_with(&family), "{named} against {family}");
}

#[test]
fn a_mark_between_libraries_leads_to_its_row_at_its_size() {
    let Some(mut browser) = browser() else { return };
    let records = ["native", "smartcore"].into_iter().flat_map(|engine| {
        [3, 5, 7].map(|depth| {
            let accuracy = 0.6 + 0.05 * f64::from(depth);
            let mut tree =
                record("mnist", "DecisionTreeClassifier", json!({"max_depth": depth}), &[accuracy]);
            tree.id += "@n=5000";
            tree.train_size = 5000;
            tree.engine = engine.into();
            tree.provenance = Some(Provenance { cpu_model: "some".into(), ..Provenance::default() });
            tree
        })
    });
    let whole = record("mnist", "SVC", json!({}), &[0.97]);
    let page = page_of(records.chain([whole]));
    browser.open(&page.path, "");
    assert!(browser.text("#shown").ends_with("configurations"));
    assert_eq!(browser.count("[data-chart=library-times]"), 1);
    let place = browser.eval(
        "(() => { const data = JSON.parse(document.getElementById('data').textContent); const chart = \
         data.charts.find(({ name }) => name === 'library-times'); const svg = \
         document.querySelector(`[data-chart='${chart.name}'] svg`); svg.scrollIntoView({ block: 'center', behavior: \
         'instant' }); const box = svg.getBoundingClientRect(); const scale = box.width / svg.viewBox.baseVal.width; \
         const mark = chart.marks[0]; return [box.x + mark[0] * scale, box.y + mark[1] * scale]; })()",
    );
    browser.mouse("mouseMoved", &place[0], &place[1]);
    let named = browser.text("#tip");
    assert!(named.contains("smartcore \u{b7} n=5000 \u{b7} MNIST 0."), "{named}");
    browser.click_at(&place[0], &place[1]);
    assert_eq!(
        browser.eval("document.querySelector('.name[aria-expanded=true]').dataset.row.includes('smartcore')"),
        json!(true)
    );
    assert_eq!(browser.count("tr.row"), 6, "what it is compared with stands in the same table");
    browser.eval("history.back()");
    browser.until("document.querySelectorAll('tr.detail').length === 0");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
