//! The scaling curves as Markdown, and in words for those who do not see their chart.

use crate::analysis::scaling::{Curve, Scaling};
use crate::analysis::tables::{SideBySide, View};
use crate::format::{accuracy, cell, count, seconds, title};
use crate::stats::growth::{FEWEST, Growth};

/// All curves as Markdown, a table a data set.
pub fn markdown(scaling: &Scaling, table: &SideBySide, view: &View) -> String {
    let mut text = format!(
        "# Scaling: run {}\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n\
         Rows, accuracy and seconds are those of the largest train size with a result; the last column says why the next has \
         none, and is empty where no larger one was run. Growth is the exponent b of seconds = a · rows^b, by least squares in logarithms, with its 95 % \
         interval and the number n of train sizes behind it; at fewer than {FEWEST} there is none. It \
         describes the sizes measured, constant parts included, and promises nothing beyond them. \
         {}\n",
        scaling.run, view.run, "Times with ~ were measured while other jobs ran."
    );
    for (panels, dataset) in scaling.datasets.iter().zip(&table.datasets) {
        if panels.is_empty() {
            continue;
        }
        text += &format!(
            "\n## {}\n\n![Time against training images, {}](scaling-time-{dataset}.svg)\n\n\
             | configuration | engine | rows | accuracy | fit s | predict s | growth of fit | growth of predict | \
             stopped because |\n| --- | --- | ---: | ---: | ---: | ---: | --- | --- | --- |\n",
            title(dataset),
            cell(&title(dataset))
        );
        for panel in panels {
            for curve in &panel.curves {
                text += &format!("| {} | {} |{}", cell(&panel.name), cell(&curve.engine), cells(curve));
            }
        }
    }
    text
}

/// The cells behind configuration and engine: those of the most rows with a result.
fn cells(curve: &Curve) -> String {
    let largest = match curve.points.last() {
        Some(point) => {
            let mark = if point.quiet { "" } else { "~" };
            format!(
                " {} | {} | {mark}{} | {mark}{} |",
                point.rows,
                accuracy(point.accuracy),
                seconds(point.fit_seconds),
                seconds(point.predict_seconds)
            )
        }
        None => "  |  |  |  |".to_string(),
    };
    let ended = curve.ended.as_ref();
    let ended = ended.map_or(String::new(), |(rows, why)| format!("{rows} rows: {}", cell(why)));
    format!("{largest} {} | {} | {ended} |\n", spell(curve.fit), spell(curve.predict))
}

fn spell(growth: Option<Growth>) -> String {
    growth.map_or(String::new(), |growth| {
        // No minus zero.
        let [middle, low, high] = [growth.exponent, growth.interval.low, growth.interval.high]
            .map(|figure| (figure * 100.0).round() / 100.0 + 0.0);
        format!("{middle:.2} ({low:.2} to {high:.2}, n {})", growth.points)
    })
}

/// What one curve says, for those who do not see it.
pub fn describe_curve(curve: &Curve) -> String {
    match (curve.points.first(), curve.points.last()) {
        (Some(first), Some(last)) => format!(
            "{} {} s at {} rows to {} s at {}, accuracy {} to {}{}",
            curve.engine,
            seconds(first.seconds()),
            first.rows,
            seconds(last.seconds()),
            last.rows,
            accuracy(first.accuracy),
            accuracy(last.accuracy),
            curve.total.map_or(String::new(), |growth| format!(
                ", time growing as rows^{:.2} ({})",
                growth.exponent,
                count(growth.points, "size")
            ))
        ),
        _ => format!("{} without a result", curve.engine),
    }
}
