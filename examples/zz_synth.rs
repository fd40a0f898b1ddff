use mnist_bench::grid::Configuration;
use mnist_bench::results::record::file_stem;
use mnist_bench::results::*;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let copies: usize = std::env::args().nth(2).map_or(1, |n| n.parse().unwrap());
    let references = mnist_bench::report::reference::read().unwrap();
    let mut h: u64 = 1;
    let mut rnd = move || {
        h = h.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (h >> 33) as f64 / (1u64 << 31) as f64
    };
    for copy in 0..copies {
        let run = if copy == 0 { "reference".to_string() } else { format!("run{copy}") };
        let store = Store::new(&dir, &run).unwrap();
        for (id, r) in &references {
            for (dataset, f) in &r.figures {
                for engine in ["native", "linfa", "smartcore"] {
                    if engine != "native"
                        && !["GaussianNB", "KNeighborsClassifier", "DecisionTreeClassifier"]
                            .contains(&r.configuration.classifier.as_str())
                    {
                        continue;
                    }
                    let subset = (engine != "native").then_some(5000);
                    let u = rnd();
                    let mut status = if u < 0.02 {
                        Status::Timeout
                    } else if u < 0.03 {
                        Status::Crashed
                    } else {
                        Status::Ok
                    };
                    if r.configuration.classifier == "GradientBoostingClassifier" && rnd() < 0.3 {
                        continue;
                    }
                    let base =
                        f.published.or(f.sklearn).unwrap_or(0.9) - if subset.is_some() { 0.03 } else { 0.0 };
                    let fit = 10f64.powf(rnd() * 4.0 - 1.5);
                    let n = if status == Status::Ok { if rnd() < 0.5 { 5 } else { 1 } } else { 0 };
                    if engine == "smartcore" && r.configuration.classifier == "GaussianNB" {
                        status = Status::Unsupported;
                    }
                    let n = if status == Status::Unsupported { 0 } else { n };
                    let mut p = Provenance::here();
                    p.started_utc = "2026-11-22T01:00:00Z".into();
                    let record = Record {
                        id: file_stem(id, subset),
                        status,
                        error: status.is_failure().then(|| {
                            "stopped after 3600 s\nlast line of the log: iteration 4000, objective 12.3"
                                .into()
                        }),
                        engine: engine.into(),
                        engine_version: Some("0.1.0".into()),
                        configuration: Configuration {
                            classifier: r.configuration.classifier.clone(),
                            parameters: r.configuration.parameters.clone(),
                        },
                        dataset: dataset.clone(),
                        train_size: subset.unwrap_or(60000),
                        test_size: 10000,
                        threads: 1,
                        jobs_in_flight: Some(2),
                        quiet: rnd() < 0.5,
                        peak_memory_bytes: Some(300_000_000 + (rnd() * 9e8) as u64),
                        shared_with: if rnd() < 0.3 {
                            vec!["SVC,C=1".into(), "SVC,C=10".into()]
                        } else {
                            vec![]
                        },
                        repeats: (0..n)
                            .map(|k| {
                                let a = ((base + (rnd() - 0.4) * 0.01) * 10000.0).round() / 10000.0;
                                Repeat {
                                    seed: k,
                                    predictions: vec![1; 3],
                                    accuracy: a,
                                    fit_seconds: fit,
                                    predict_seconds: fit / 10.0,
                                    fit_cpu_seconds: Some(fit),
                                    predict_cpu_seconds: None,
                                    converged: (r.configuration.classifier == "LinearSVC")
                                        .then(|| rnd() < 0.8),
                                    facts: Default::default(),
                                }
                            })
                            .collect(),
                        reported: None,
                        provenance: Some(p),
                    };
                    store.write(&record).unwrap();
                }
            }
        }
    }
}
