//! One binary for the tests of all models, so that only one is linked and shared code is compiled once.

mod classes;
mod dataset;
mod golden_discrete_naive_bayes;
mod golden_discriminant;
mod golden_ensembles;
mod golden_gaussian_process;
mod golden_hist_gradient_boosting;
mod golden_linear;
mod golden_logistic;
mod golden_mlp;
mod golden_naive_bayes;
mod golden_nearest_centroid;
mod golden_neighbors;
mod golden_networks;
mod golden_nu_svc;
mod golden_preprocessing;
mod golden_ridge;
mod golden_svc;
mod golden_trees;
mod linear_svc;
mod network_gradients;
mod trees_bad_data;

/// The tests of a file that is not listed above would not run.
#[test]
fn every_file_is_part_of_the_binary() {
    let files = std::fs::read_dir("tests").unwrap().flatten().map(|entry| entry.path());
    for file in files.filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let line = format!("mod {name};\n");
        assert!(name == "main" || include_str!("main.rs").contains(&line), "tests/main.rs lacks: {line}");
    }
}
