//! Which Rust library for which kind of model, as Markdown.

use crate::analysis::native_builds::NativeBuild;
use crate::analysis::rust_libraries::{Family, Kind, LIMIT, RustLibraries, Standing};
use crate::analysis::tables::View;
use crate::format::{accuracy, cell, thousands, title};

/// All of it; `None` where the results have no Rust library besides ours.
pub fn markdown(found: &RustLibraries, builds: &[NativeBuild], view: &View) -> Option<String> {
    if found.kinds.is_empty() {
        return None;
    }
    let datasets: Vec<String> = found.datasets.iter().map(|name| title(name)).collect();
    let sets = datasets.join(" and ");
    let minutes = LIMIT / 60.0;
    let mut text = format!(
        "# Which Rust library?\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n\
         Each library stands with the most training images that it finished on {sets}. Accuracies are those of its \
         best configuration there, in that order; the most accurate library has the highest mean of them. The factor \
         is its CPU time over ours for the same configurations (geometric mean); ~ marks times with other work \
         beside them or of two generations of a processor. Libraries that share a line finished the same number of \
         images. Settings differ where a library cannot be configured so: benchmarks/engines/rust/README.md has \
         them.\n\n",
        view.run
    );
    for line in short(found) {
        text += &format!("{line}\n");
    }
    text += &format!(
        "\n## Every library\n\n| model | library | images | best configuration | {} | factor | pairs | limits |\n\
         | --- | --- | ---: | --- |{} ---: | ---: | --- |\n",
        datasets.join(" | "),
        " ---: |".repeat(datasets.len())
    );
    for kind in &found.kinds {
        for one in &kind.libraries {
            text += &whole(kind.name, one, datasets.len());
        }
    }
    text += &built_for_the_processor(builds, &datasets);
    text += &format!(
        "\n## Families of the sweep\n\nThe libraries with a configuration that fits all images and predicts the test images of \
         {sets} in {minutes:.0} minutes each, and how far the others get. docs/FINDINGS.md says why a family has none.\n\n\
         | classifier | finishes in {minutes:.0} minutes | others |\n| --- | --- | --- |\n"
    );
    for Family { classifier, end, others } in &found.families {
        let end = if end.is_empty() { "none".to_string() } else { end.join(", ") };
        text += &format!("| {} | {} | {} |\n", cell(classifier), cell(&end), cell(&others.join("; ")));
    }
    Some(text)
}

/// Libraries that were also built with `target-cpu=native`; nothing where none was.
fn built_for_the_processor(builds: &[NativeBuild], datasets: &[String]) -> String {
    if builds.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n## Built for the processor at hand\n\nThe factor is CPU time of a build with `target-cpu=native` over that of the \
         default build. Accuracies are those of both, the native build's first; \
         they differ where something is random, because a seed follows from the engine's name. \
         docs/methodology/crates.md says which libraries ask for it.\n\n\
         | library | images | configuration | {} | factor | pairs |\n| --- | ---: | --- |{} ---: | ---: |\n",
        datasets.join(" | "),
        " ---: |".repeat(datasets.len())
    );
    for one in builds {
        let both: Vec<String> =
            one.accuracies.iter().map(|(a, b)| format!("{}, {}", accuracy(*a), accuracy(*b))).collect();
        let (times, pairs) = one.time.map_or((String::new(), 0), |time| (time.fine(), time.pairs));
        text += &format!(
            "| {} {} | {} | {} | {} | {} | {pairs} |\n",
            cell(&one.library),
            cell(&one.version),
            thousands(one.images),
            cell(&one.configuration),
            both.join(" | "),
            cell(&times),
        );
    }
    text
}

/// The short table, a line a kind of model: the README has the same lines.
pub fn short(found: &RustLibraries) -> Vec<String> {
    let head = ["| model | images | most accurate | fastest (factor) | limits |", "|---|---:|---|---|---|"];
    head.map(String::from).into_iter().chain(found.kinds.iter().map(line)).collect()
}

fn line(kind: &Kind) -> String {
    let most = kind.most_accurate();
    let names: Vec<&str> = most.iter().map(|one| one.library.as_str()).collect();
    let accurate = match most.first().and_then(|one| one.best.as_ref()) {
        Some(best) => format!("{}: {}", names.join(", "), accuracies(&best.accuracies).join(" and ")),
        None => "none".to_string(),
    };
    let fastest =
        kind.fastest().map_or(String::new(), |(one, time)| format!("{} ({})", one.library, time.spell()));
    let images = kind.libraries.first().map_or(0, |one| one.images);
    let lacks = cell(&kind.lacks.join("; "));
    format!("| {} | {} | {} | {} | {lacks} |", kind.name, thousands(images), cell(&accurate), cell(&fastest))
}

fn whole(kind: &str, one: &Standing, datasets: usize) -> String {
    let (configuration, reached) = match &one.best {
        Some(best) => (cell(&best.configuration), accuracies(&best.accuracies)),
        None => (String::new(), vec![String::new(); datasets]),
    };
    let (times, pairs) = one.time.map_or((String::new(), 0), |time| (time.spell(), time.pairs));
    format!(
        "| {kind} | {} {} | {} | {configuration} | {} | {} | {pairs} | {} |\n",
        cell(&one.library),
        cell(&one.version),
        thousands(one.images),
        reached.join(" | "),
        cell(&times),
        cell(&one.lacks.join("; "))
    )
}

fn accuracies(values: &[f64]) -> Vec<String> {
    values.iter().map(|value| accuracy(*value)).collect()
}
