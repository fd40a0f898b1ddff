//! `cmp`: the paired comparison of two result files, or of two engines over all that both have run.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::ExitCode;
use super::shared::DataDir;
use crate::check::{self, Truths, walk};
use crate::results::reading::read;
use crate::results::submission::Submission;
use crate::results::{Record, Store, schema, store, wire};
use crate::stats::holm;
use crate::stats::interval::wilson;
use crate::stats::paired::Discordant;
use crate::stats::ties::LEVEL;

#[derive(clap::Args)]
pub struct Args {
    /// A result file or submission, or the name of an engine
    #[arg(value_name = "FIRST")]
    first: String,

    /// Another of the same kind
    #[arg(value_name = "SECOND")]
    second: String,

    /// The run of which engines are compared
    #[arg(long, value_name = "NAME", default_value = "local")]
    run: String,

    #[command(flatten)]
    data_dir: DataDir,

    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results_dir: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let truths = check::truths(&args.data_dir.data_dir)?;
    let (first, second) = (Path::new(&args.first), Path::new(&args.second));
    let pairs =
        if first.is_file() && second.is_file() { vec![files(first, second)?] } else { engines(&args)? };
    let mut out = stdout().lock();
    write!(out, "{}", table(&pairs, &args.first, &args.second, &truths)?)?;
    Ok(ExitCode::Success)
}

/// Two lists of predictions for one data set.
struct Pair {
    dataset: String,
    name: String,
    first: Vec<u8>,
    second: Vec<u8>,
}

fn files(first: &Path, second: &Path) -> anyhow::Result<Pair> {
    let (dataset, name, first_predictions) = predictions(first)?;
    let (other, _, second_predictions) = predictions(second)?;
    if dataset != other {
        bail!(
            "{} is of {dataset} and {} of {other}: compare one data set",
            first.display(),
            second.display()
        );
    }
    Ok(Pair { dataset, name, first: first_predictions, second: second_predictions })
}

/// Data set, name and the predictions of the first repeat.
fn predictions(path: &Path) -> anyhow::Result<(String, String, Vec<u8>)> {
    if walk::is_submitted(path) {
        let bytes =
            store::read_bounded(path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        if let Some(file) = read::<Submission>(&bytes, &schema::SUBMISSION).file
            && let Some(repeat) = file.repeats.first()
            && let Ok(classes) = wire::decode(&repeat.predictions)
        {
            return Ok((file.dataset.clone(), file.classifier.clone(), classes));
        }
        bail!("{} has no predictions to compare: `validate` says more", path.display());
    }
    let record = store::read(path).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    match record.repeats.into_iter().next() {
        Some(repeat) => Ok((record.dataset, record.id, repeat.predictions)),
        None => bail!("{} has no predictions to compare", path.display()),
    }
}

/// Whatever both engines have run on the same data and rows.
fn engines(args: &Args) -> anyhow::Result<Vec<Pair>> {
    let scan = Store::new(&args.results_dir, &args.run).map_err(anyhow::Error::msg)?.scan()?;
    let of = |engine: &str| -> BTreeMap<(String, String), Record> {
        let own =
            scan.records.iter().filter(|(_, record)| record.engine == engine && !record.repeats.is_empty());
        own.map(|(_, record)| ((record.dataset.clone(), record.id.clone()), record.clone())).collect()
    };
    let (first, mut second) = (of(&args.first), of(&args.second));
    for (name, found) in [(&args.first, &first), (&args.second, &second)] {
        if found.is_empty() {
            bail!("{name:?} is neither a file nor an engine with results in run {:?}", args.run);
        }
    }
    let mut pairs = Vec::new();
    for ((dataset, id), a) in first {
        let Some(b) = second.remove(&(dataset.clone(), id.clone())) else { continue };
        let (a, b) = (a.repeats.into_iter().next(), b.repeats.into_iter().next());
        let (Some(a), Some(b)) = (a, b) else { continue };
        pairs.push(Pair { dataset, name: id, first: a.predictions, second: b.predictions });
    }
    if pairs.is_empty() {
        bail!("{} and {} have run nothing in common on as many rows", args.first, args.second);
    }
    Ok(pairs)
}

fn table(pairs: &[Pair], first: &str, second: &str, truths: &Truths) -> anyhow::Result<String> {
    let mut counts = Vec::new();
    for pair in pairs {
        let Some(truth) = truths.get(&pair.dataset) else {
            bail!("there is no data set {:?} to compare on", pair.dataset);
        };
        let labels = &truth.test_labels;
        if pair.first.len() != labels.len() || pair.second.len() != labels.len() {
            bail!("{}: not as many predictions as test images of {}", pair.name, pair.dataset);
        }
        counts.push((Discordant::count(&pair.first, &pair.second, labels), labels));
    }
    let p_values: Vec<f64> = counts.iter().map(|(discordant, _)| discordant.p_value()).collect();
    let adjusted = holm::adjust(&p_values);
    let width = pairs.iter().map(|pair| pair.name.len()).max().unwrap_or(0);
    let mut text = format!("first: {first}\nsecond: {second}\n");
    text += &format!(
        "{:<13}  {:<width$}  {:>7}  {:>7}  {:>10}  {:>11}  {:>9}  {:>9}  better\n",
        "data set", "entry", "first", "second", "only first", "only second", "p", "adjusted"
    );
    let (mut wins, mut losses) = (0, 0);
    for ((pair, (discordant, labels)), (p, adjusted)) in
        pairs.iter().zip(&counts).zip(p_values.iter().zip(&adjusted))
    {
        let share = |classes: &[u8]| crate::results::record::accuracy(classes, labels);
        let better = match (*adjusted <= LEVEL, discordant.only_first > discordant.only_second) {
            (true, true) => "first",
            (true, false) => "second",
            (false, _) => "-",
        };
        wins += usize::from(better == "first");
        losses += usize::from(better == "second");
        text += &format!(
            "{:<13}  {:<width$}  {:>7.4}  {:>7.4}  {:>10}  {:>11}  {p:>9.2e}  {adjusted:>9.2e}  {better}\n",
            pair.dataset,
            pair.name,
            share(&pair.first),
            share(&pair.second),
            discordant.only_first,
            discordant.only_second
        );
    }
    if let [pair] = pairs {
        for (name, classes) in [("first", &pair.first), ("second", &pair.second)] {
            let labels = counts[0].1;
            let correct = classes.iter().zip(labels).filter(|(a, b)| a == b).count();
            if let Some(interval) = wilson(correct, labels.len(), 0.95) {
                text += &format!("{name}: 95 % interval {:.4} to {:.4}\n", interval.low, interval.high);
            }
        }
    }
    text += &format!(
        "{wins} better in the first, {losses} in the second, {} not told apart (exact McNemar test, Holm over the \
table, {LEVEL}).\nIt compares trained models on these test images; it does not say how other seeds would have \
come out.\n",
        pairs.len() - wins - losses
    );
    Ok(text)
}
