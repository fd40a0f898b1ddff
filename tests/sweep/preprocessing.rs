//! Steps before the model, from the grid to the result file.

use serde_json::json;

use crate::common::sandbox::{Sandbox, predictions};

/// A family of the native engine behind each of these lists of steps.
fn family(classifier: &str, steps: &str) -> String {
    format!("[[family]]\nclassifier = \"{classifier}\"\nengines = [\"native\"]\npreprocessing = {steps}\n")
}

#[test]
fn a_result_names_its_steps_and_counts_their_time() {
    let steps = "[[\"standard\"], [\"deskew\"], [\"deskew\", { binarize = 50 }]]";
    let sandbox = Sandbox::new(&family("KNeighborsClassifier", steps));
    sandbox.sweep(&["--jobs", "1"]).code(0);
    let plain = sandbox.result_of("native", "KNeighborsClassifier");
    assert!(plain.get("preprocessing").is_none(), "{plain}");
    let deskewed = sandbox.result_of("native", "KNeighborsClassifier,preprocessing=deskew");
    assert_eq!(deskewed["preprocessing"], json!(["deskew"]));
    let chain = sandbox.result_of("native", "KNeighborsClassifier,preprocessing=deskew+binarize-50");
    assert_eq!(chain["preprocessing"], json!(["deskew", {"binarize": 50}]));
    let repeat = &chain["repeats"][0];
    let steps = repeat["facts"]["preprocessing_cpu_seconds"].as_f64().unwrap();
    let whole = ["fit_cpu_seconds", "predict_cpu_seconds"].map(|key| repeat[key].as_f64().unwrap());
    assert!(steps > 0.0 && steps <= whole.iter().sum::<f64>(), "{steps} of {whole:?}");
    // The steps change what is predicted.
    assert_ne!(predictions(&plain, 0), predictions(&chain, 0));
    // The files are whole: nothing is run again, the report and the validation take them.
    let text = || {
        std::fs::read_to_string(sandbox.result_path("native", "KNeighborsClassifier,preprocessing=deskew"))
    };
    let before = text().unwrap();
    sandbox.sweep(&[]).code(0);
    assert!(before == text().unwrap(), "a row that was there was run again");
    sandbox.run(&["validate", "results"]).code(0);
}

#[test]
fn rows_behind_steps_have_the_same_bits_alone_and_in_company() {
    let steps = "[[\"raw\"], [\"deskew\", \"unit\"]]";
    let families = family("KNeighborsClassifier", steps) + "parameters = { n_neighbors = [1, 5] }\n";
    let together = Sandbox::new(&(families.clone() + &family("RandomForestClassifier", steps)));
    together.sweep(&["--jobs", "2"]).code(0);
    let alone = Sandbox::new(&families);
    alone.sweep(&["--threads", "2", "--jobs", "1", "--no-sharing"]).code(0);
    for id in [
        "KNeighborsClassifier,preprocessing=raw",
        "KNeighborsClassifier,n_neighbors=1,preprocessing=deskew+unit",
    ] {
        let [one, other] = [&together, &alone].map(|sandbox| sandbox.result_of("native", id));
        assert_eq!(predictions(&one, 0), predictions(&other, 0), "{id}");
    }
    together.run(&["verify", "results/local"]).code(0);
}

#[test]
fn steps_that_cannot_be_end_the_sweep_before_anything_runs() {
    for (steps, says) in [
        ("[\"deskw\"]", "line 6: preprocessing: unknown step \"deskw\": did you mean deskew?"),
        (
            "[\"unit\", \"deskew\"]",
            "deskew takes raw images, but unit leaves scaled pixels; move deskew before unit",
        ),
        (
            "[{ binarize = 300 }]",
            "line 6: preprocessing: binarize: threshold = 300: expected a pixel value from 0 to 254",
        ),
        ("[{ deskew = 3 }]", "line 6: preprocessing: deskew has no parameters: write \"deskew\" alone"),
        (
            "[{ pca = 37 }]",
            "KNeighborsClassifier,preprocessing=pca-37 on tiny: preprocessing: pca with n_components = 37",
        ),
        ("[\"hog\"]", "on tiny: preprocessing: hog"),
        ("[\"pixel_differences\"]", "line 6: preprocessing: pixel_differences needs n_features"),
        (
            "[{ pixel_differences = 100 }]",
            "on tiny: preprocessing: pixel_differences needs images of at least",
        ),
        (
            "[{ pca = 5 }, \"deskew\"]",
            "on tiny: preprocessing: deskew takes raw images, but pca leaves computed values",
        ),
        ("3", "line 6: preprocessing: found 3, expected a step such as"),
    ] {
        let sandbox = Sandbox::new(&family("KNeighborsClassifier", steps));
        let run = sandbox.sweep(&[]).code(2).says(says);
        assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
        assert!(sandbox.files().is_empty());
    }
}

#[test]
fn an_engine_that_only_standardises_says_so() {
    let families = family("KNeighborsClassifier", "[\"deskew\"]").replace("native", "faults");
    let sandbox = Sandbox::new(&families);
    sandbox.sweep(&[]).code(0);
    let result = sandbox.result("KNeighborsClassifier,preprocessing=deskew");
    assert_eq!(result["status"], "unsupported");
    assert_eq!(result["error"], "faults runs here on standardised pixels only, not behind deskew");
}
