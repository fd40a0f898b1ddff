//! `grid`: lists the configurations that a sweep would run.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use serde_json::{Value, json};

use super::ExitCode;
use super::common_args::Selection;
use super::stdio::stdout;
use crate::dataset::catalogue;
use crate::engines::external::Need;
use crate::engines::{self, Shape, Support};
use crate::grid::Planned;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,

    /// Print JSON: a list of objects, one for each configuration on each data set
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let grids = args.selection.grids()?;
    let plan = args.selection.plan(&grids, &[], Need::Nothing)?;
    let folder = &args.selection.data_dir.data_dir;
    let datasets =
        args.selection.each(|name| catalogue::shape(folder, name).map(|shape| (name.to_string(), shape)))?;
    let rows: Vec<Row> = plan.iter().map(|planned| Row::new(planned, &datasets)).collect();
    let text = if args.json { to_json(&rows) } else { to_text(&rows, &datasets) };
    write!(stdout(), "{text}")?;
    Ok(ExitCode::Success)
}

/// A planned configuration with its support on each data set.
struct Row<'a> {
    planned: &'a Planned,
    id: String,
    on: Vec<(&'a str, Support)>,
}

impl<'a> Row<'a> {
    fn new(planned: &'a Planned, datasets: &'a [(String, Shape)]) -> Row<'a> {
        let on = datasets.iter().map(|(name, shape)| {
            let subset = planned.train_size.filter(|&size| size < shape.train_size);
            let support = match engines::find(&planned.engine) {
                Some(engine) => engine.support(&planned.configuration, &shape.with_subset(subset)),
                None => Support::Unsupported(format!("engine {} is not part of this binary", planned.engine)),
            };
            (name.as_str(), support)
        });
        Row { planned, id: planned.configuration.id(), on: on.collect() }
    }
}

/// Numbers the groups that share work, in the order of their first configuration.
#[derive(Default)]
struct Groups(HashMap<(String, String, Option<usize>), usize>);

impl Groups {
    fn number(&mut self, row: &Row, sharing_key: &str) -> usize {
        let next = self.0.len() + 1;
        let key = (row.planned.engine.clone(), sharing_key.to_string(), row.planned.train_size);
        *self.0.entry(key).or_insert(next)
    }
}

/// State, number of the sharing group, and reason if the configuration is unsupported.
fn describe(
    row: &Row,
    support: &Support,
    groups: &mut Groups,
) -> (&'static str, Option<usize>, Option<String>) {
    match support {
        Support::Ready { sharing_key } => ("ready", Some(groups.number(row, sharing_key)), None),
        Support::Unsupported(reason) => ("unsupported", None, Some(reason.clone())),
    }
}

fn to_json(rows: &[Row]) -> String {
    let mut groups = Groups::default();
    let mut list = Vec::new();
    for row in rows {
        let Planned { configuration, engine, train_size, timeout, suite, analysis, .. } = row.planned;
        for (dataset, support) in &row.on {
            let (state, group, reason) = describe(row, support, &mut groups);
            list.push(json!({
                "dataset": dataset,
                "engine": engine,
                "id": row.id,
                "classifier": configuration.classifier,
                "parameters": configuration.parameters,
                "suite": suite,
                "analysis": analysis,
                "train_size": train_size,
                "timeout_seconds": timeout.map(|limit| limit.as_secs_f64()),
                "state": state,
                "group": group,
                "reason": reason,
            }));
        }
    }
    format!("{:#}\n", Value::from(list))
}

/// One line for each configuration; one for each data set where they differ.
fn to_text(rows: &[Row], datasets: &[(String, Shape)]) -> String {
    let mut groups = Groups::default();
    let engine_width = rows.iter().map(|row| row.planned.engine.len()).max().unwrap_or(0);
    let id_width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let same = row.on.iter().all(|(_, support)| *support == row.on[0].1);
        let shown = if same { &row.on[..row.on.len().min(1)] } else { &row.on[..] };
        for (dataset, support) in shown {
            let (state, group, reason) = describe(row, support, &mut groups);
            text += &format!("{:engine_width$}  {:id_width$}  {state}", row.planned.engine, row.id);
            text += &group.map_or(String::new(), |group| format!(", group {group}"));
            text += &row.planned.train_size.map_or(String::new(), |size| format!(", {size} training images"));
            text += &reason.map_or(String::new(), |reason| format!(": {reason}"));
            text += &if same { String::new() } else { format!(" ({dataset})") };
            text.push('\n');
        }
        for (_, support) in &row.on {
            *counts.entry(describe(row, support, &mut groups).0).or_default() += 1;
        }
    }
    let names: Vec<&str> = datasets.iter().map(|(name, _)| name.as_str()).collect();
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    text += &format!(
        "{} configurations on {}: {} rows, {}; in {} groups that share work\n",
        rows.len(),
        names.join(" and "),
        rows.len() * datasets.len(),
        counts.join(", "),
        groups.0.len()
    );
    text
}
