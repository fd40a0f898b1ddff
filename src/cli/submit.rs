//! `submit`: makes a submission from a file of predictions.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::ExitCode;
use super::common_args::DataDir;
use super::prediction_args::Layout;
use super::stdio::{print_err, stdout};
use crate::check;
use crate::dataset::{Outline, Outlines};
use crate::grid::{Configuration, Parameters, renamed, schema, spelling};
use crate::results::record::accuracy;
use crate::results::store::write_atomically;
use crate::results::submission::{Claim, Method, RUN, Submission, SubmittedRepeat};
use crate::results::wire;

#[derive(clap::Args)]
#[command(
    after_help = "The predictions are the classes of all test images, in test order: one a line, a column of a \
table, a NumPy array, or one score a class (docs/INPUT.md lists all forms). A file with two meanings is refused. Several \
files are several trainings of the same method."
)]
pub struct Args {
    /// Files of predictions: .npy, .csv or text
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    layout: Layout,

    /// Who submits: the name of a folder
    #[arg(long, value_name = "NAME")]
    name: String,

    /// Data set that was predicted
    #[arg(short, long, value_name = "NAME")]
    dataset: String,

    /// Classifier of the grid (with --parameters), or a name for your own method (with --description)
    #[arg(short, long, value_name = "NAME")]
    classifier: String,

    /// Parameters as JSON, such as '{"C": 10, "kernel": "rbf"}'
    #[arg(long, value_name = "JSON", default_value = "{}")]
    parameters: String,

    /// What your own method does
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// What it does to the images before training
    #[arg(long, value_name = "TEXT", requires = "description")]
    preprocessing: Option<String>,

    /// Link to the code; repeatable
    #[arg(long, value_name = "URL", requires = "description")]
    code: Vec<String>,

    /// It saw data other than the training images, pretrained weights included
    #[arg(long, requires = "description")]
    external_data: bool,

    /// Training images that it saw [default: all]
    #[arg(long, value_name = "IMAGES")]
    train_size: Option<usize>,

    /// Seconds that training took
    #[arg(long, value_name = "SECONDS")]
    fit_seconds: Option<f64>,

    /// What it ran on
    #[arg(long, value_name = "TEXT")]
    hardware: Option<String>,

    /// What trained it, such as 'scikit-learn 1.9.1'
    #[arg(long, value_name = "TEXT")]
    engine: Option<String>,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,

    /// Replace a submission that is there
    #[arg(long)]
    force: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let outline = Outline::load(&args.data_dir.data_dir, &args.dataset)?;
    let outlines = Outlines::from([(args.dataset.clone(), outline.clone())]);
    let mut parameters: Parameters = serde_json::from_str(&args.parameters).with_context(|| {
        format!("--parameters {} is not a JSON object{}", args.parameters, in_python(&args.parameters))
    })?;
    for notice in spelling::replace_names_in(&args.classifier, &mut parameters) {
        print_err(&format!("notice: {notice}"));
    }
    if args.description.is_none() {
        let configuration = Configuration::new(&args.classifier, parameters.clone());
        let known = schema::classifier(&args.classifier).is_some();
        let hint = if known { "" } else { " (a method of your own needs --description)" };
        schema::validate(&configuration).map_err(|error| anyhow::anyhow!("{error}{hint}"))?;
    }
    let mut repeats = Vec::new();
    for file in &args.files {
        let classes = args.layout.read(file, outline.test_labels.len(), &outline.class_names)?;
        repeats.push(SubmittedRepeat {
            seed: None,
            accuracy: accuracy(&classes, &outline.test_labels),
            predictions: Ok(classes.try_into()?),
        });
    }
    let mean = repeats.iter().map(|repeat| repeat.accuracy).sum::<f64>() / repeats.len() as f64;
    let submission = Submission {
        schema_version: wire::SCHEMA_VERSION,
        status: Claim::Ok,
        submitter: args.name,
        classifier: args.classifier,
        parameters,
        method: args.description.map(|description| Method {
            description,
            preprocessing: args.preprocessing,
            code: args.code,
            author: None,
            external_data: Some(args.external_data),
        }),
        dataset: args.dataset,
        train_size: Some(args.train_size.unwrap_or(outline.shape.train_size)),
        test_size: outline.test_labels.len(),
        accuracy: mean,
        fit_seconds: args.fit_seconds,
        predict_seconds: None,
        hardware: args.hardware,
        engine: args.engine,
        source: None,
        dataset_digests: outline.digests.clone(),
        repeats,
    };
    if !crate::file_name::is_name(&submission.submitter) {
        bail!(
            "--name {:?} cannot be used as a folder name: {}",
            submission.submitter,
            crate::file_name::RULE
        );
    }
    let stem = submission.stem(Some(outline.shape.train_size));
    let folder = args.results_dir.join(RUN).join(&submission.submitter).join(&submission.dataset);
    let path = folder.join(format!("{stem}.json"));
    if path.exists() && !args.force {
        bail!("{} already exists: --force replaces it", path.display());
    }
    let bytes = submission.to_bytes();
    // The draft is validated in a temporary folder, so that an invalid submission is never written to its
    // place.
    let trial = tempfile::tempdir().context("cannot make a temporary folder")?;
    let draft = trial.path().join(RUN).join(&submission.submitter).join(&submission.dataset);
    fs::create_dir_all(&draft).context("cannot write to the temporary folder")?;
    let draft = draft.join(format!("{stem}.json"));
    fs::write(&draft, &bytes).context("cannot write to the temporary folder")?;
    let found = check::tree(&[draft], &args.results_dir, &outlines);
    for problem in &found.problems {
        print_err(&format!("error: {} {}", problem.pointer, problem.message));
    }
    for warning in
        found.warnings.iter().filter(|warning| !warning.message.contains(&path.display().to_string()))
    {
        print_err(&format!("warning: {} {}", warning.pointer, warning.message));
    }
    if !found.problems.is_empty() {
        bail!("nothing was written: fix the errors above first");
    }
    write_atomically(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(stdout(), "{} (accuracy {mean})", path.display())?;
    Ok(ExitCode::Success)
}

/// A hint where `--parameters` is written as Python writes a dictionary.
fn in_python(parameters: &str) -> String {
    let words = parameters.split(['{', '}', '[', ']', ':', ',']);
    words.filter_map(renamed::python_word).next().map_or(String::new(), |hint| format!(" ({hint})"))
}
