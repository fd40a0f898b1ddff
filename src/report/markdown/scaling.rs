//! The scaling curves as Markdown.

use super::bullets;
use crate::analysis::scaling::{Curve, Panel, Scaling};
use crate::analysis::tables::{SideBySide, View};
use crate::format::{accuracy, cell, seconds, title};
use crate::report::charts::scaling::PREFIX;
use crate::stats::growth::{FEWEST, Growth};

/// All curves as Markdown, a table a data set.
pub fn markdown(scaling: &Scaling, table: &SideBySide, view: &View) -> String {
    let mut text = format!(
        "# Scaling: run {}\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n{}\
         Training images, accuracy and seconds are those of the most images with a result. Seconds are wall clock; \
         with ~, other jobs ran beside. The last column names the smallest size without a result, and why; it is \
         empty where every size that was run has one. Growth is the exponent b of seconds = a · images^b, by least \
         squares in logarithms, with its 95 % interval and the number n of sizes behind it; with fewer than {FEWEST} \
         there is none. It describes the sizes that were measured, constant parts included.\n",
        scaling.run,
        view.run,
        bullets(&scaling.findings())
    );
    for (index, (panels, dataset)) in scaling.datasets.iter().zip(&table.datasets).enumerate() {
        if panels.is_empty() {
            continue;
        }
        let picture = |panel: &&Panel| {
            let name = format!("{PREFIX}{dataset}-{}.svg", panel.classifier);
            format!("![Time against training images: {}](<{name}>)", cell(&panel.name))
        };
        let pictures: Vec<String> = scaling.chosen(index).iter().map(picture).collect();
        text += &format!(
            "\n## {}\n\n{}\n\n\
             | configuration | library | images | accuracy | fit s | predict s | growth of fit | growth of predict | \
             no result |\n| --- | --- | ---: | ---: | ---: | ---: | --- | --- | --- |\n",
            title(dataset),
            pictures.join(" ")
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
    let ended = ended.map_or(String::new(), |(rows, why)| format!("{rows} images: {}", cell(why)));
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
