//! Every other engine beside ours, as Markdown.

use crate::analysis::peers::{AHEAD, Ahead, Family, Peers};
use crate::analysis::tables::View;
use crate::format::cell;
use crate::report::summary::Summary;

/// All of it as Markdown, with a pointer to the scaling curves where the report has them.
pub fn markdown(peers: &Peers, view: &View, curves: bool, summary: &Summary) -> String {
    let further = if curves { ", how far each gets with more rows in scaling.md" } else { "" };
    let all_quiet = peers.all_quiet();
    let (times, columns, rule) = if all_quiet {
        ("All times are of a quiet pass on both sides, with nothing beside them.", "", "")
    } else {
        (
            "Times of a quiet pass on both sides, with nothing beside them, stand apart from the others, most of \
             which had other work beside one side at least: the two are of different configurations, so that \
             their means would differ even without that.",
            " others | time, not quiet |",
            " ---: | --- |",
        )
    };
    let answers = summary.answers("library").iter().map(|answer| format!("- {}\n", cell(answer)));
    let mut found: String = answers.collect();
    if !found.is_empty() {
        found.push('\n');
    }
    let mut text = format!(
        "# Ours beside the others\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n{found}\
         Configurations that both trained on the same rows. Differences are theirs less ours, time is theirs over \
         ours (processor time of fitting and predicting; above 1 ours is faster), each with the least and the most; \
         means are of the pairs, those of time geometric. {times} Pairs that two kinds of processor measured have \
         no time. \"No result\" counts rows that ours has and they have not: out of the time of its suite or of \
         memory, a crash, or wrong output. Rows that nobody has run are counted nowhere. What the speed script \
         measured in turns stands in docs/methodology/speed.md{further}.\n\n\
         | classifier | engine | rows | pairs | accuracy, mean difference | quiet | time, quiet pass |{columns} \
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
    text += "\n## Where they are ahead\n\n";
    if peers.ahead.is_empty() {
        return text + &format!("In no row: none is more than {AHEAD} more accurate, and none faster.\n");
    }
    let marks = if all_quiet { "" } else { " Times marked ~ are not of a quiet pass." };
    text += &format!(
        "One run of theirs is more than {AHEAD} above the mean of ours, or faster. s is the deviation over our seeds: \
         what lies within two or three of it may be luck.{marks}\n\n\
         | classifier | engine | rows | configuration | ours | theirs less ours | time |\n\
         | --- | --- | ---: | --- | ---: | ---: | ---: |\n"
    );
    for row in &peers.ahead {
        let Ahead { classifier, engine, train_size, configuration, ours, gain, time } = row;
        text += &format!(
            "| {} | {} | {train_size} | {} | {ours} | {gain} | {time} |\n",
            cell(classifier),
            cell(engine),
            cell(configuration)
        );
    }
    text
}
