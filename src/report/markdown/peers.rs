//! Every other library beside mnist-bench, as Markdown.

use super::bullets;
use crate::analysis::fastest_peer::FastestPeers;
use crate::analysis::peers::{AHEAD, Ahead, Family, NOISE, Peers};
use crate::analysis::tables::View;
use crate::format::cell;
use crate::report::summary::Summary;

/// All of it as Markdown, with a pointer to the scaling curves where the report has them.
pub fn markdown(
    peers: &Peers,
    fastest: &FastestPeers,
    view: &View,
    curves: bool,
    summary: &Summary,
) -> String {
    let further = if curves { ", how far each library gets with more images in scaling.md" } else { "" };
    let all_quiet = peers.all_quiet();
    let (times, columns, rule) = if all_quiet {
        ("Every time was measured alone: nothing else ran, on either side.", "", "")
    } else {
        (
            "Times that were measured alone on both sides stand apart from the others. The two come from different \
             configurations: their means would differ even without other work beside them.",
            " others | time of the others |",
            " ---: | --- |",
        )
    };
    let limits = match peers.limits[..] {
        [] => String::new(),
        [limit] => format!(" (after {limit} s)"),
        [least, .., most] => format!(" (after {least} to {most} s)"),
    };
    let found = bullets(summary.answers("library"));
    let mut text = format!(
        "# mnist-bench beside other libraries\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n{found}\
         Each line compares the configurations that both libraries trained on the same images. A positive difference \
         means that the other library is more accurate. A time of 12 x means that it needed twelve times our CPU time \
         to fit and to predict. In brackets stand the least and the most; means of times are geometric. {times} Pairs \
         that were measured on processors of two makers, or with two instruction sets, have no time. \"No result\" \
         counts results that mnist-bench has and the other library has not: it ran out of time{limits} or memory, \
         crashed, or gave wrong output. More expensive rows that nobody tried after such a timeout count too. Times \
         measured in turns stand in docs/methodology/speed.md{further}.\n\n\
         | classifier | library | training images | pairs | more accurate by | measured alone | time, measured alone |{columns} \
         no result |\n\
         | --- | --- | ---: | ---: | --- | ---: | --- |{rule} ---: |\n",
        view.run
    );
    for line in &peers.lines {
        let Family { classifier, engine, train_size, pairs, gain, quiet, others, without } = line;
        let others =
            if all_quiet { String::new() } else { format!(" {} | {} |", others.pairs, others.ratio) };
        text += &format!(
            "| {} | {} | {train_size} | {pairs} | {gain} | {} | {} |{others} {without} |\n",
            cell(classifier),
            cell(engine),
            quiet.pairs,
            quiet.ratio
        );
    }
    text += &beside_the_fastest(fastest);
    text += "\n## Where another library is ahead\n\n";
    if peers.ahead.is_empty() {
        return text + &format!("Nowhere: none is more accurate by over {AHEAD}, and none is faster.\n");
    }
    let marks = if all_quiet {
        ""
    } else {
        " Times marked ~ were measured beside other work or on two generations of a processor."
    };
    text += &format!(
        "Results where another library is faster, or more accurate than our mean by over {AHEAD}. Differences below \
         {NOISE} times s, the spread over our seeds, may be chance: the counts above leave them out.{marks}\n\n\
         | classifier | library | training images | configuration | mnist-bench | more accurate by | time |\n\
         | --- | --- | ---: | --- | ---: | ---: | ---: |\n"
    );
    for row in &peers.ahead {
        let Ahead { classifier, engine, train_size, configuration, ours, gain, time, .. } = row;
        text += &format!(
            "| {} | {} | {train_size} | {} | {ours} | {gain} | {time} |\n",
            cell(classifier),
            cell(engine),
            cell(configuration)
        );
    }
    text
}

/// How many results reach the goal, and those that do not.
fn beside_the_fastest(fastest: &FastestPeers) -> String {
    let FastestPeers { results, below } = fastest;
    if *results == 0 {
        return String::new();
    }
    let reached = results - below.len();
    let mut text = format!(
        "\n## Beside the fastest library of each configuration\n\n\
         Of {results} results with times measured alone on both sides, mnist-bench takes at most a third \
         of the time of the fastest other library in {reached}. "
    );
    if below.is_empty() {
        return text + "There is no other.\n";
    }
    text += &format!(
        "The other {} follow, whatever accuracy the libraries reach and wherever they stop.\n\n\
         | classifier | training images | configuration | fastest library | its time |\n\
         | --- | ---: | --- | --- | ---: |\n",
        below.len()
    );
    for row in below {
        let (classifier, configuration, engine) =
            (cell(&row.classifier), cell(&row.configuration), cell(&row.engine));
        let time = row.spelled();
        text += &format!("| {classifier} | {} | {configuration} | {engine} | {time} |\n", row.train_size);
    }
    text
}
