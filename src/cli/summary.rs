//! `summary`: lists the layers of a network with their output shapes and numbers of parameters.

use std::io::Write;

use super::ExitCode;
use super::common_args::DataDir;
use super::model::ModelArgs;
use super::stdio::stdout;
use crate::dataset::catalogue;
use pixel_learn::nn::build::{self, Step};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,

    /// Data set to train on
    #[arg(short, long, value_name = "NAME", default_value = "fashion-mnist")]
    dataset: String,

    #[command(flatten)]
    data_dir: DataDir,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (_, definition) = args.model.read()?;
    let shape = catalogue::shape(&args.data_dir.data_dir, &args.dataset)?;
    let steps = build::steps(&definition, shape.image, shape.classes)
        .map_err(|reason| anyhow::anyhow!("model {} on {}: {reason}", args.model.model, args.dataset))?;
    let mut out = stdout();
    writeln!(out, "{} on {}", args.model.model, args.dataset)?;
    if !definition.description.is_empty() {
        writeln!(out, "{}", definition.description)?;
    }
    writeln!(out)?;
    write!(out, "{}", table(&steps, shape.image))?;
    Ok(ExitCode::Success)
}

fn table(steps: &[Step], [rows, columns]: [usize; 2]) -> String {
    let mut lines = vec![["layer".into(), "output".into(), "parameters".into()]];
    lines.push(["input".to_string(), format!("{rows} x {columns} x 1"), "0".into()]);
    for step in steps {
        let parameters = grouped(step.parameters + step.statistics);
        lines.push([step.name.clone(), step.output.to_string(), parameters]);
    }
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [layer, output, parameters] in &lines {
        text += &format!(
            "{layer:<a$}  {output:>b$}  {parameters:>c$}\n",
            a = widths[0],
            b = widths[1],
            c = widths[2]
        );
    }
    let trained: usize = steps.iter().map(|step| step.parameters).sum();
    let statistics: usize = steps.iter().map(|step| step.statistics).sum();
    text += &format!("\ntotal {}", grouped(trained + statistics));
    if statistics > 0 {
        text += &format!(": {} trained, {} running statistics", grouped(trained), grouped(statistics));
    }
    text + "\n"
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 101_770, 3_274_634].map(grouped).join(" "),
            "0 999 1,000 101,770 3,274,634"
        );
    }
}
