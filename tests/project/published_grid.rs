//! The published grid as data: its size, its order, and that every reference figure finds its row by id.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use mnist_bench::grid::{Configuration, Parameters, baselines, file};
use serde::Deserialize;
use table_files::parse_csv;

fn benchmarks() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benchmarks"))
}

fn classic() -> Vec<Configuration> {
    let grid = file::read(&benchmarks().join("classic.toml")).unwrap();
    grid.expand(&[]).into_iter().map(|planned| planned.configuration).collect()
}

fn ids() -> HashSet<String> {
    classic().iter().map(Configuration::id).collect()
}

#[test]
fn the_classic_suite_is_the_published_grid() {
    let mut families: BTreeMap<String, usize> = BTreeMap::new();
    for configuration in classic() {
        *families.entry(configuration.classifier).or_default() += 1;
    }
    let expected = [
        ("DecisionTreeClassifier", 12),
        ("ExtraTreeClassifier", 12),
        ("GaussianNB", 1),
        ("GaussianProcessClassifier", 2),
        ("GradientBoostingClassifier", 9),
        ("KNeighborsClassifier", 12),
        ("LinearSVC", 24),
        ("LogisticRegression", 12),
        ("MLPClassifier", 8),
        ("PassiveAggressiveClassifier", 3),
        ("Perceptron", 3),
        ("RandomForestClassifier", 18),
        ("SGDClassifier", 15),
        ("SVC", 12),
    ];
    assert_eq!(families, expected.into_iter().map(|(name, count)| (name.to_string(), count)).collect());
    let ids = ids();
    assert_eq!(ids.len(), 143);
    for id in [
        "SVC,C=10",
        "SVC,C=100,kernel=linear",
        "GaussianNB,priors=uniform",
        "MLPClassifier,activation=tanh,hidden_layer_sizes=100x10",
        "KNeighborsClassifier,n_neighbors=9,p=1,weights=distance",
        "RandomForestClassifier,criterion=entropy,max_depth=100,n_estimators=100",
        "GradientBoostingClassifier,max_depth=10,n_estimators=50",
        "LinearSVC,C=10,loss=hinge,multi_class=crammer_singer,penalty=l1",
        "GaussianProcessClassifier,multi_class=one_vs_one",
    ] {
        assert!(ids.contains(id), "{id}");
    }
}

/// A suite of its own: no row of it is one of the published grid, whose ids do not name a solver.
#[test]
fn suite_solvers_is_not_a_default() {
    let grid = file::read(&benchmarks().join("solvers.toml")).unwrap();
    assert!(!grid.default);
    let ids: Vec<String> = grid.expand(&[]).iter().map(|planned| planned.configuration.id()).collect();
    assert_eq!(ids.len(), 9);
    assert!(ids.contains(&"LogisticRegression,C=10,multi_class=multinomial,solver=lbfgs".to_string()));
    assert!(ids.iter().all(|id| id.contains("solver=") && !self::ids().contains(id)));
    assert!(self::ids().iter().all(|id| !id.contains("solver=")));
}

#[test]
fn every_family_has_a_line_of_analysis() {
    let grid = file::read(&benchmarks().join("classic.toml")).unwrap();
    assert!(grid.default);
    assert!(grid.families.iter().all(|family| !family.analysis.is_empty()));
}

#[test]
fn the_json_of_upstream_is_the_same_grid() {
    let json = r#"{"common": {}, "classifiers": {
        "PassiveAggressiveClassifier": [{"C": [1.0, 10.0, 100.0]}],
        "MLPClassifier": [{"activation": ["tanh", "relu"],
                           "hidden_layer_sizes": ["(10,)", "(100,)", "(10,10,)", "(100,10,)"]}],
        "GaussianNB": [{"priors": [[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]]}]}}"#;
    let upstream: HashSet<String> = baselines::parse("baselines", json)
        .unwrap()
        .expand(&[])
        .iter()
        .map(|p| p.configuration.id())
        .collect();
    assert_eq!(upstream.len(), 12);
    assert!(upstream.is_subset(&ids()));
}

fn reference_id(classifier: &str, parameters: &str) -> String {
    let parameters: Parameters = serde_json::from_str(parameters).unwrap();
    Configuration::new(classifier, parameters).id()
}

#[test]
fn every_published_row_has_a_grid_row() {
    let path = benchmarks().join("reference/published_table3.csv");
    let rows = parse_csv(&std::fs::read_to_string(path).unwrap()).unwrap();
    let column = |name: &str| rows[0].iter().position(|other| other == name).unwrap();
    let (classifier, parameters) = (column("classifier"), column("parameters_json"));
    let published: Vec<String> =
        rows[1..].iter().map(|row| reference_id(&row[classifier], &row[parameters])).collect();
    assert_eq!(published.len(), 129);
    let grid = ids();
    let missing: Vec<&String> = published.iter().filter(|id| !grid.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(published.iter().collect::<HashSet<_>>().len(), 129);
}

#[test]
fn every_scikit_learn_row_has_a_grid_row() {
    #[derive(Deserialize)]
    struct Row {
        classifier: String,
        parameters: Parameters,
    }
    let text = std::fs::read_to_string(benchmarks().join("reference/sklearn.jsonl")).unwrap();
    let grid = ids();
    let mut rows = 0;
    for line in text.lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        let id = Configuration::new(row.classifier, row.parameters).id();
        assert!(grid.contains(&id), "{id}");
        rows += 1;
    }
    assert_eq!(rows, 177);
}
