//! The README's figures are those of the committed results.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::COMMITTED;

/// A result file: run, data set, engine and id say which.
type Results = BTreeMap<[String; 4], Value>;

/// Fails where the README does not say something that the committed results say.
fn says(what: &str) {
    let readme = fs::read_to_string("README.md").unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(readme.contains(what), "the results say {what:?}, README.md does not: put it in");
}

/// The committed result files of the runs that the README quotes.
static RESULTS: LazyLock<Results> = LazyLock::new(results);

/// Reads [`RESULTS`].
fn results() -> Results {
    let names = |folder: &Path| -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut results = Results::new();
    for run in ["reference", "peers", "today"] {
        for dataset in ["mnist", "fashion-mnist"] {
            let folder = Path::new("results").join(run).join(dataset);
            for engine in names(&folder) {
                for file in names(&folder.join(&engine)) {
                    let text = fs::read_to_string(folder.join(&engine).join(&file)).unwrap();
                    let id = file.trim_end_matches(".json").to_string();
                    let key = [run.to_string(), dataset.to_string(), engine.clone(), id];
                    results.insert(key, serde_json::from_str(&text).unwrap());
                }
            }
        }
    }
    results
}

/// CPU seconds of fit and predict, mean over the repeats, where they were measured alone.
fn cpu_seconds(result: &Value) -> Option<f64> {
    if result["status"] != "ok" || result["quiet"] != true {
        return None;
    }
    let repeats = result["repeats"].as_array()?;
    let seconds =
        |repeat: &Value| Some(repeat["fit_cpu_seconds"].as_f64()? + repeat["predict_cpu_seconds"].as_f64()?);
    Some(repeats.iter().map(seconds).sum::<Option<f64>>()? / repeats.len() as f64)
}

/// How many pairs an engine has with mnist-bench, and the geometric mean of its CPU time over ours, on equal processors.
fn factor(engine: &str, classifier: &str) -> (usize, f64) {
    let ratio = |([run, dataset, by, id], theirs): (&[String; 4], &Value)| {
        if by != engine || !theirs["classifier"].as_str()?.contains(classifier) {
            return None;
        }
        let ours = |run: &str| RESULTS.get(&[run.into(), dataset.clone(), "native".into(), id.clone()]);
        let ours = ours(run).or_else(|| ours("reference")).or_else(|| ours("today"))?;
        let same = theirs["provenance"]["cpu_model"] == ours["provenance"]["cpu_model"];
        // The harness ran these steps for the other engine, so their time is subtracted from ours; a pair counts if at
        // least half of our time is left.
        let spared = &theirs["repeats"][0]["facts"]["uncounted_preprocessing_cpu_seconds"];
        let (whole, spared) = (cpu_seconds(ours)?, spared.as_f64().unwrap_or(0.0));
        let own = whole - spared;
        (same && own >= 0.5 * whole).then_some(cpu_seconds(theirs)? / own)
    };
    let ratios: Vec<f64> = RESULTS.iter().filter_map(ratio).collect();
    (ratios.len(), (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

/// The ranks of some numbers, from 0; equal ones share the mean of theirs.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let below = |a: &f64| numbers.iter().filter(|b| b < &a).count();
    let equal = |a: &f64| numbers.iter().filter(|b| b == &a).count();
    numbers.iter().map(|a| below(a) as f64 + (equal(a) - 1) as f64 / 2.0).collect()
}

#[test]
fn the_readme_says_which_set_is_easy() {
    let native = |dataset: &str| -> BTreeMap<String, f64> {
        let whole = |([run, set, engine, _], result): &(&[String; 4], &Value)| {
            run == "reference" && set == dataset && engine == "native" && result["train_size"] == 60000
        };
        let accuracy =
            |([.., id], result): (&[String; 4], &Value)| (id.clone(), result["accuracy"].as_f64().unwrap());
        RESULTS.iter().filter(whole).map(accuracy).collect()
    };
    let (mnist, fashion) = (native("mnist"), native("fashion-mnist"));
    assert!(mnist.keys().eq(fashion.keys()));
    let reach =
        |accuracies: &BTreeMap<String, f64>| accuracies.values().filter(|&&accuracy| accuracy >= 0.9).count();
    says(&format!("{} of {} configurations reach 90 % on MNIST.", reach(&mnist), mnist.len()));
    assert_eq!(reach(&fashion), 0, "README.md says that none does");
    let (id, best) = fashion.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
    assert!(id.starts_with("Network,"), "README.md says that the best is a network, not {id}");
    says(&format!("None does on Fashion-MNIST; the best, a network, has {:.2} %.", 100.0 * best));

    let of = |accuracies: &BTreeMap<String, f64>| ranks(&accuracies.values().copied().collect::<Vec<_>>());
    let (x, y) = (of(&mnist), of(&fashion));
    let mean = (x.len() - 1) as f64 / 2.0;
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    says(&format!("(rank correlation {:.2}).", sum(&x, &y) / (sum(&x, &x) * sum(&y, &y)).sqrt()));
}

#[test]
fn the_readme_says_what_features_do() {
    // Classifier, parameters and steps, without the steps that only scale all pixels alike.
    type Model = (String, String, Vec<String>);
    let native = |dataset: &str| -> BTreeMap<Model, f64> {
        let own = RESULTS
            .iter()
            .filter(|([run, set, by, _], _)| run == "today" && set == dataset && by == "native");
        own.map(|(_, result)| {
            let steps = result["preprocessing"].as_array().map_or(&[][..], Vec::as_slice);
            let steps =
                steps.iter().map(Value::to_string).filter(|step| step != "\"raw\"" && step != "\"unit\"");
            let text = |key: &str| result[key].to_string();
            let model = (text("classifier"), text("parameters"), steps.collect());
            (model, result["accuracy"].as_f64().unwrap())
        })
        .collect()
    };
    let (mnist, fashion) = (native("mnist"), native("fashion-mnist"));
    let best = |accuracies: &BTreeMap<Model, f64>| 100.0 * accuracies.values().copied().fold(0.0, f64::max);
    says(&format!("reaches {:.2} % on MNIST and {:.2} % on Fashion-MNIST", best(&mnist), best(&fashion)));
    // Deskewing: models that gain, models that lose, and all.
    let deskewed = |accuracies: &BTreeMap<Model, f64>| {
        let differences = accuracies.iter().filter_map(|((classifier, parameters, steps), with)| {
            let others: Vec<String> = steps.iter().filter(|step| *step != "\"deskew\"").cloned().collect();
            let without = accuracies.get(&(classifier.clone(), parameters.clone(), others.clone()))?;
            (others.len() < steps.len()).then_some(with - without)
        });
        let differences: Vec<f64> = differences.collect();
        let count = |wanted: &dyn Fn(f64) -> bool| differences.iter().filter(|&&d| wanted(d)).count();
        (count(&|d| d > 1e-9), count(&|d| d < -1e-9), differences.len())
    };
    let ((gain, _, all), (_, lose, of)) = (deskewed(&mnist), deskewed(&fashion));
    says(&format!(
        "Deskewing helps {gain} of {all} models on MNIST and hurts {lose} of {of} on Fashion-MNIST"
    ));
}

#[test]
fn the_readme_says_what_one_pixel_tells() {
    let pixels: Value = serde_json::from_slice(&fs::read("reports/one-pixel.json").unwrap()).unwrap();
    let share =
        |pair: &Value| pair["train_correct"].as_f64().unwrap() / pair["train_total"].as_f64().unwrap();
    let good = |name: &str| {
        let sets = pixels["datasets"].as_array().unwrap();
        let pairs = sets.iter().find(|set| set["dataset"] == name).unwrap()["pairs"].as_array().unwrap();
        (pairs.iter().filter(|pair| share(pair) >= 0.95).count(), pairs.len())
    };
    let ((mnist, _), (fashion, pairs)) = (good("mnist"), good("fashion-mnist"));
    says(&format!("tells {fashion} of its {pairs} pairs of classes apart at 95 %, and {mnist} of MNIST's."));
}

#[test]
fn the_readme_says_how_many_results_agree_with_the_paper() {
    let fidelity = std::str::from_utf8(&COMMITTED.files["fidelity.md"]).unwrap();
    let section = fidelity.split("## MNIST against the published table").nth(1).unwrap();
    let counts: Vec<&str> =
        section.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let rows = counts[0];
    let hold = section.split(" hold by the rule").next().unwrap().rsplit(' ').next().unwrap();
    says(&format!("{hold} of {rows} MNIST results agree"));
}

#[test]
fn the_readme_says_what_other_libraries_take() {
    let (pairs, times) = factor("scikit-learn", "");
    says(&format!("scikit-learn needs {times:.1} times our CPU time** (geometric mean of {pairs} pairs"));
    let boosting = |library| factor(library, "GradientBoosting").1;
    says(&format!("LightGBM ({:.1})", boosting("lightgbm")));
    says(&format!("XGBoost ({:.1})", boosting("xgboost")));
}

#[test]
fn the_readme_says_which_rust_crate() {
    let rust = std::str::from_utf8(&COMMITTED.files["rust.md"]).unwrap();
    let table = rust.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with('|'));
    let words: Vec<&str> = table.flat_map(str::split_whitespace).collect();
    assert!(words.len() > 50, "{words:?}");
    says(&words.join(" "));
}
