//! Comparisons as text: columns for a terminal, a Markdown table, or JSON for programs.

use serde::Serialize;

use crate::analysis::compare::regression::Verdict;
use crate::analysis::compare::{Better, Comparison, Figures, Pair, Paired};
use crate::format::{accuracy, cell, difference, plain, probability, seconds, title};
use crate::stats::interval::wilson_of_share;
use crate::stats::ties::LEVEL;

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for a terminal
    Text,
    Markdown,
    Json,
}

/// The comparison in a format. `images` is the number of test images, from which a single pair gets intervals
/// too.
pub fn comparison(comparison: &Comparison, format: Format, images: Option<usize>) -> String {
    match format {
        Format::Json => json(comparison),
        Format::Markdown => {
            let mut text =
                format!("first: {}; second: {}\n\n", cell(&comparison.first), cell(&comparison.second));
            text += &markdown(&comparison.pairs);
            text + "\n" + &summary(comparison)
        }
        Format::Text => {
            let mut text =
                format!("first: {}\nsecond: {}\n", plain(&comparison.first), plain(&comparison.second));
            text += &columns(&comparison.pairs);
            if let ([pair], Some(images)) = (&comparison.pairs[..], images) {
                for (name, figures) in [("first", &pair.first), ("second", &pair.second)] {
                    let share = figures.accuracy.and_then(|share| wilson_of_share(share, images, 0.95));
                    if let Some(interval) = share {
                        text +=
                            &format!("{name}: 95 % interval {:.4} to {:.4}\n", interval.low, interval.high);
                    }
                }
            }
            text + &summary(comparison)
        }
    }
}

/// The verdict on one run against an earlier one, as text.
pub fn verdict(verdict: &Verdict, format: Format) -> String {
    if format == Format::Json {
        return json(verdict);
    }
    let bullet = if format == Format::Markdown { "- " } else { "" };
    let mut text = String::new();
    for regression in &verdict.regressions {
        text += &format!("{bullet}{}: {}\n", plain(&regression.name), plain(&regression.what));
    }
    let limits = &verdict.limits;
    text += &format!(
        "{}{} regressions in {} rows that both have ({} compared in accuracy, {} in time: only those timed with \
         nothing else running, with as many threads on the same kind of processor, and of at least {} s)\n",
        if bullet.is_empty() || verdict.regressions.is_empty() { "" } else { "\n" },
        verdict.regressions.len(),
        verdict.rows,
        verdict.judged_accuracy,
        verdict.judged_time,
        limits.least_seconds
    );
    text += &format!(
        "limits: accuracy lower by more than {}, time longer by more than a factor of {}\n",
        limits.accuracy_drop, limits.time_ratio
    );
    for (names, which) in [(&verdict.only_first, "first"), (&verdict.only_second, "second")] {
        if let [one, rest @ ..] = &names[..] {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            text += &format!("only in the {which}: {}{more}\n", plain(one));
        }
    }
    text
}

fn json(value: &impl Serialize) -> String {
    // Names, numbers and maps of names: nothing that serde_json refuses.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

const HEADS: [&str; 12] = [
    "data set",
    "entry",
    "first",
    "second",
    "difference",
    "only first",
    "only second",
    "p",
    "adjusted",
    "better",
    "first s",
    "times",
];

/// The cells of a pair under [`HEADS`].
fn cells(pair: &Pair) -> [String; 12] {
    let figure = |figures: &Figures| match figures.accuracy {
        Some(share) => accuracy(share),
        None => figures.status.name().replace('_', " "),
    };
    let paired = |of: &dyn Fn(&Paired) -> String| pair.paired.as_ref().map_or("-".into(), of);
    let time = |figures: &Figures| {
        let mark = if figures.quiet { "" } else { "~" };
        figures.seconds().map_or("-".into(), |value| format!("{mark}{}", seconds(value)))
    };
    let mark = if pair.times_quiet { "" } else { "~" };
    [
        title(&pair.dataset),
        pair.id.clone(),
        figure(&pair.first),
        figure(&pair.second),
        pair.accuracy_difference.map_or("-".into(), difference),
        paired(&|paired| paired.only_first.to_string()),
        paired(&|paired| paired.only_second.to_string()),
        paired(&|paired| probability(paired.p)),
        paired(&|paired| probability(paired.adjusted)),
        paired(&|paired| {
            match paired.better {
                Some(Better::First) => "first",
                Some(Better::Second) => "second",
                None => "-",
            }
            .to_string()
        }),
        time(&pair.first),
        pair.time_ratio.map_or("-".into(), |ratio| format!("{mark}{}", factor(ratio))),
    ]
}

/// A factor to three significant digits.
fn factor(ratio: f64) -> String {
    let digits = (2 - ratio.abs().log10().floor() as i32).clamp(0, 6) as usize;
    format!("{ratio:.digits$}")
}

fn columns(pairs: &[Pair]) -> String {
    let rows: Vec<[String; 12]> = pairs.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADS[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                0 | 1 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        padded.join("  ").trim_end().to_string() + "\n"
    };
    let mut text = line(HEADS.map(String::from).to_vec());
    for row in rows {
        text += &line(row.map(|cell| plain(&cell)).to_vec());
    }
    text
}

fn markdown(pairs: &[Pair]) -> String {
    let mut text = format!("| {} |\n| --- | --- |{}\n", HEADS.join(" | "), " ---: |".repeat(10));
    for pair in pairs {
        text += &format!("| {} |\n", cells(pair).map(|text| cell(&text)).join(" | "));
    }
    text
}

fn summary(comparison: &Comparison) -> String {
    let summary = &comparison.summary;
    let mut text = format!(
        "{} better in the first, {} in the second, {} not told apart (exact McNemar test of the first repeats, Holm over \
         the table, {LEVEL}).\n",
        summary.better_first, summary.better_second, summary.not_told_apart
    );
    if let Some(mean) = summary.mean_accuracy_difference {
        text += &format!("Accuracy, second less first: {} in the mean.\n", difference(mean));
    }
    if let Some(ratio) = summary.time_ratio {
        text += &format!(
            "Times, second over first, wall clock of fitting and predicting together: {} in the geometric mean of {}, of which {} \
             were measured with nothing else running on both sides (the others are marked ~).\n",
            factor(ratio),
            summary.timed,
            summary.timed_quiet
        );
    }
    if summary.times_not_comparable > 0 {
        text += &format!(
            "{} more with times of two kinds of processor, of one that is not named, or of other numbers of threads: no ratio of them \
             means the engines.\n",
            summary.times_not_comparable
        );
    }
    for (names, which) in [(&comparison.only_first, "first"), (&comparison.only_second, "second")] {
        if !names.is_empty() {
            text += &format!("{} more in the {which} alone.\n", names.len());
        }
    }
    text + "It compares trained models on these test images; it does not say how other seeds would have come out.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_three_digits() {
        let spelled = [0.00123, 0.5, 1.0, 12.34, 345.6, 12345.0].map(factor);
        assert_eq!(spelled, ["0.00123", "0.500", "1.00", "12.3", "346", "12345"]);
    }
}
