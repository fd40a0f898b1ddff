//! The findings in words: a headline, up to five cards, and where the results come from. The page, the README
//! and the Markdown files take their words from here.

use crate::analysis::beyond::Beyond;
use crate::analysis::findings::{BAR, EASY, Findings, ONE_PIXEL, Set};
use crate::analysis::origin::Origin;
use crate::analysis::peers::{AHEAD, Library, NOISE};
use crate::analysis::preprocessing::Sum;
use crate::analysis::rust_libraries::Kind;
use crate::analysis::submitted::People;
use crate::format::{accuracy, difference, plain, thousands, title};

/// The card of the suite beyond the published grid.
pub const BEYOND: &str = "beyond";

/// What a report opens with.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub headline: String,
    pub lead: String,
    pub cards: Vec<Card>,
    /// Machine, threads, days, versions.
    pub strip: Vec<String>,
    /// The accuracy of people, and who they were; empty if nobody submitted it.
    pub people: String,
}

/// One question with its answers, each a sentence or two.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: &'static str,
    pub question: String,
    pub answers: Vec<String>,
    /// A caveat, and the document that explains it.
    pub caveat: String,
    pub document: &'static str,
}

/// A part of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub text: &'a str,
    /// Whether the text stood between backticks.
    pub is_code: bool,
}

impl Card {
    /// The answers, split into text and code.
    pub fn pieces(&self) -> Vec<Vec<Piece<'_>>> {
        self.answers.iter().map(|answer| pieces(answer)).collect()
    }
}

/// Splits a sentence into text and the code between backticks.
fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let parts = sentence.split('`').enumerate();
    parts
        .map(|(at, text)| Piece { text, is_code: at % 2 == 1 })
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

impl Summary {
    pub fn of(findings: &Findings) -> Summary {
        let run: Vec<&Set> = findings.sets.iter().filter(|set| set.configurations > 0).collect();
        let first = findings.sets.first().map_or(String::new(), |set| title(&set.dataset));
        let cards = [
            Card {
                id: "easy",
                question: format!("Is {first} too easy?"),
                answers: easy(findings, &run),
                caveat: "Tie groups compare trained models on these test images, not methods.".into(),
                document: "methodology/statistics.md",
            },
            Card {
                id: "library",
                question: "Which library?".into(),
                answers: findings.libraries.iter().filter_map(library).collect(),
                caveat: format!(
                    "\"More accurate\" means by over {AHEAD}, and by over {NOISE} times the spread over our seeds. \
                     The models of mnist-bench are made for exactly these two data sets, the other libraries are \
                     general: on your data the factors will differ."
                ),
                document: "BIAS.md",
            },
            Card {
                id: "rust",
                question: "Which Rust crate?".into(),
                answers: findings.rust.kinds.iter().filter_map(rust_crate).collect(),
                caveat: "Each with the most training images that it finished on all data sets, and with its best \
                         configuration there, which may be the only one."
                    .into(),
                document: "FINDINGS.md",
            },
            Card {
                id: BEYOND,
                question: "What does the grid of 2017 lack?".into(),
                answers: findings.beyond.as_ref().map_or(Vec::new(), beyond),
                caveat: "These configurations are a suite of their own: above, only the counts of libraries include \
                         them."
                    .into(),
                document: "methodology/beyond-2017.md",
            },
            Card {
                id: "trust",
                question: "Can I believe it?".into(),
                answers: trust(findings),
                caveat:
                    "Test images are public: differences of a few thousandths are within what selection on \
                         the test set can give."
                        .into(),
                document: "METHODOLOGY.md",
            },
        ];
        Summary {
            headline: headline(&run),
            lead: lead(findings),
            cards: cards.into_iter().filter(|card| !card.answers.is_empty()).collect(),
            strip: strip(&findings.origin),
            people: findings.people.as_ref().map_or(String::new(), people),
        }
    }

    /// Answers of one card, by its id.
    pub fn answers(&self, id: &str) -> &[String] {
        self.cards.iter().find(|card| card.id == id).map_or(&[], |card| &card.answers)
    }
}

/// The most accurate and the fastest Rust library for a kind of model.
fn rust_crate(kind: &Kind) -> Option<String> {
    let most = kind.most_accurate();
    let best = most.first()?;
    let accuracies: Vec<String> =
        best.best.as_ref()?.accuracies.iter().map(|value| accuracy(*value)).collect();
    let names: Vec<&str> = most.iter().map(|one| one.library.as_str()).collect();
    let fastest = kind.fastest().map_or(String::new(), |(one, time)| {
        let factor = time.spell();
        match &most[..] {
            [only] if only.library == one.library => format!(" in {factor} times our CPU time"),
            _ => format!("; {} is the fastest ({factor} times our CPU time)", one.library),
        }
    });
    let lacks: String = kind.lacks.iter().map(|lack| format!("; {lack}")).collect();
    Some(plain(&format!(
        "For {} {} {} {} with {} training images{fastest}{lacks}.",
        kind.name,
        names.join(" and "),
        if most.len() == 1 { "reaches" } else { "reach" },
        accuracies.join(" and "),
        thousands(best.images)
    )))
}

/// The first finding in one line.
fn headline(run: &[&Set]) -> String {
    let bar = format!("{:.0} %", BAR * 100.0);
    match run {
        [] => "Classic classifiers, image by image".to_string(),
        [easy, hard, ..]
            if easy.at_bar * 2 > easy.configurations && hard.at_bar * 10 <= hard.configurations =>
        {
            let few = match hard.at_bar {
                0 => "none does".to_string(),
                some => format!("{some} of {} do", hard.configurations),
            };
            format!(
                "{} is easy: {} of {} configurations reach {bar}. On {} {few}.",
                title(&easy.dataset),
                easy.at_bar,
                easy.configurations,
                title(&hard.dataset)
            )
        }
        sets => {
            let each: Vec<String> = sets
                .iter()
                .map(|set| format!("{} of {} on {}", set.at_bar, set.configurations, title(&set.dataset)))
                .collect();
            format!("Configurations that reach {bar}: {}", each.join(", "))
        }
    }
}

fn lead(findings: &Findings) -> String {
    let names: Vec<String> = findings.sets.iter().map(|set| title(&set.dataset)).collect();
    let more = if findings.beyond.is_some() {
        " The table goes on with larger networks and with features beyond the grid of 2017, which get further."
    } else {
        ""
    };
    format!(
        "{} families of classifiers, trained on {}: every prediction is kept, and every figure here is computed \
         from them.{more}",
        findings.families.len(),
        names.join(" and ")
    )
}

fn easy(findings: &Findings, run: &[&Set]) -> Vec<String> {
    let mut answers = Vec::new();
    // What a set has, the thing counted named only once.
    let each = |of: &dyn Fn(&Set, bool) -> Option<String>| -> Vec<String> {
        let mut texts = Vec::new();
        for set in run {
            texts.extend(of(set, texts.is_empty()));
        }
        texts
    };
    let easy = each(&|set, first| {
        let images = set.images?;
        let share = 100.0 * images.easy as f64 / images.all.max(1) as f64;
        let thing = if first { "the test images of " } else { "those of " };
        Some(format!("{share:.0} % of {thing}{}", title(&set.dataset)))
    });
    if !easy.is_empty() {
        let hard = each(&|set, _| Some(thousands(set.images?.hard)));
        answers.push(format!(
            "{} are recognised by at least {:.0} in 10 configurations; {} images by fewer than half of them.",
            easy.join(" and "),
            EASY * 10.0,
            hard.join(" and ")
        ));
    }
    if let (Some(order), [_, second, ..]) = (findings.order, run) {
        answers.push(format!(
            "{} of {} configurations are less accurate on {}, with {:.1} times the errors in the median; the order \
             of the configurations hardly changes (Spearman's correlation {:.2}).",
            order.worse,
            order.both,
            title(&second.dataset),
            order.error_ratio,
            order.spearman
        ));
    }
    let groups = each(&|set, first| {
        let groups = set.tie_groups?;
        let thing = if first { "tie groups " } else { "" };
        Some(format!("{groups} {thing}on {}", title(&set.dataset)))
    });
    if groups.len() > 1 {
        answers.push(format!(
            "Easy sets tell configurations apart too: a paired test makes {}.",
            groups.join(" and ")
        ));
    }
    let pixel = each(&|set, first| {
        let (apart, pairs) = set.one_pixel?;
        let thing = if first { "pairs of classes apart " } else { "" };
        Some(format!("{apart} of {pairs} {thing}on {}", title(&set.dataset)))
    });
    if !pixel.is_empty() {
        let share = |set: &&Set| set.one_pixel.map(|(apart, pairs)| apart as f64 / pairs.max(1) as f64);
        let shares: Vec<f64> = run.iter().filter_map(share).collect();
        let reversed = shares.len() > 1 && shares[1] > shares[0];
        let comment = match run {
            [_, second, ..] if reversed => format!(
                " The sentence \"Most pairs of MNIST digits can be distinguished pretty well by just one pixel\" is \
                 quoted against MNIST; it fits {} better.",
                title(&second.dataset)
            ),
            _ => String::new(),
        };
        answers.push(format!(
            "One pixel tells {}: a threshold on it is right for at least {:.0} % of the pair's training \
             images.{comment}",
            pixel.join(" and "),
            ONE_PIXEL * 100.0
        ));
    }
    answers
}

/// One library in a line; `None` if it has neither a time measured alone nor a row without a result.
fn library(library: &Library) -> Option<String> {
    let sizes: Vec<String> = library.train_sizes.iter().map(|&size| thousands(size)).collect();
    let at =
        if sizes.is_empty() { String::new() } else { format!(" at {} training images", sizes.join(" and ")) };
    let mut text = plain(&library.engine);
    match library.factor {
        Some(factor) => {
            text += &format!(
                " needs {factor:.1} times our CPU time (geometric mean of {} results{at}); faster in {}",
                library.timed,
                if library.faster == 0 { "none".to_string() } else { library.faster.to_string() }
            );
        }
        None if library.without == 0 => return None,
        None => text += " has no time measured alone",
    }
    if library.more_accurate > 0 {
        text += &format!("; more accurate in {} of {}", library.more_accurate, library.compared);
    }
    if library.without > 0 {
        text += &format!("; no result in {}", library.without);
    }
    Some(text + ".")
}

fn beyond(beyond: &Beyond) -> Vec<String> {
    let mut answers = Vec::new();
    let bar = format!("{:.0} %", BAR * 100.0);
    for set in &beyond.sets {
        let (classifier, parameters, best) = &set.best;
        answers.push(format!(
            "{}: {} of {} configurations with newer classifiers and other features reach {bar}; the best is {} ({}) with {}.",
            title(&set.dataset),
            set.at_bar,
            set.configurations,
            plain(classifier),
            plain(parameters),
            accuracy(*best)
        ));
    }
    for (step, [first, second]) in &beyond.opposite {
        let [one, other] =
            [0, 1].map(|at| beyond.sets.get(at).map_or(String::new(), |set| title(&set.dataset)));
        answers.push(format!(
            "`{}` {} of {} models on {one} (median {}) and {} of {} on {other} (median {}).",
            plain(step),
            effect(first),
            first.models,
            difference(first.median),
            effect(second),
            second.models,
            difference(second.median)
        ));
    }
    answers
}

/// What a step does to most models.
fn effect(sum: &Sum) -> String {
    let (verb, count) = if sum.gain > sum.lose { ("helps", sum.gain) } else { ("hurts", sum.lose) };
    format!("{verb} {count}")
}

fn trust(findings: &Findings) -> Vec<String> {
    let mut answers = Vec::new();
    if let Some((holding, all)) = findings.as_published {
        answers.push(format!(
            "{holding} of {all} MNIST results agree with the paper of 2017 by a rule written down beforehand; the \
             exceptions are named."
        ));
    }
    let (again, all) = findings.reproduced;
    if all > 0 {
        answers.push(format!(
            "Every accuracy follows from the predictions in its file, one per test image: `validate` recomputes all \
             {all} accuracies."
        ));
    }
    if again > 0 {
        answers.push(format!(
            "`verify` trained {again} of these {all} results again and got the same predictions."
        ));
    }
    if all > 0 {
        answers.push(
            "A configuration that failed is a result with its reason; counts name what they leave out."
                .into(),
        );
    }
    answers
}

fn people(people: &People) -> String {
    let images = thousands(people.images);
    let set = title(&people.dataset);
    plain(format!("People reach {} on {images} images of {set}. {}", people.accuracy, people.who).trim_end())
}

fn strip(origin: &Origin) -> Vec<String> {
    let mut parts = Vec::new();
    let several = |number: usize, thing: &str| format!("{number} {thing}");
    match &origin.processors[..] {
        [] => {}
        [one] => {
            let cores = match origin.cores[..] {
                [cores] => format!("{cores} cores of "),
                _ => String::new(),
            };
            parts.push(plain(&format!("{cores}{one}")));
        }
        more => parts.push(several(more.len(), "kinds of processors")),
    }
    match origin.threads[..] {
        [] => {}
        [1] => parts.push("one thread a result".into()),
        [threads] => parts.push(format!("{threads} threads a result")),
        [least, .., most] => parts.push(format!("{least} to {most} threads a result")),
    }
    match &origin.days[..] {
        [] => {}
        [day] => parts.push(plain(day)),
        [first, .., last] => parts.push(plain(&format!("{first} to {last}"))),
    }
    match &origin.versions[..] {
        [] => {}
        [version] => parts.push(plain(&format!("mnist-bench {version}"))),
        more => parts.push(several(more.len(), "versions of mnist-bench")),
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(dataset: &str, at_bar: usize, configurations: usize) -> Set {
        Set { dataset: dataset.into(), at_bar, configurations, ..Set::default() }
    }

    #[test]
    fn the_headline_says_what_the_figures_allow() {
        let (mnist, fashion) = (set("mnist", 108, 145), set("fashion-mnist", 0, 145));
        assert_eq!(
            headline(&[&mnist, &fashion]),
            "MNIST is easy: 108 of 145 configurations reach 90 %. On Fashion-MNIST none does."
        );
        let good = set("fashion-mnist", 80, 145);
        assert_eq!(
            headline(&[&mnist, &good]),
            "Configurations that reach 90 %: 108 of 145 on MNIST, 80 of 145 on Fashion-MNIST"
        );
        assert_eq!(headline(&[&mnist]), "Configurations that reach 90 %: 108 of 145 on MNIST");
        assert_eq!(headline(&[]), "Classic classifiers, image by image");
    }

    #[test]
    fn code_stands_apart() {
        let of = |text| pieces(text).iter().map(|piece| (piece.text, piece.is_code)).collect::<Vec<_>>();
        assert_eq!(of("`deskew` helps"), [("deskew", true), (" helps", false)]);
        assert_eq!(of("none"), [("none", false)]);
    }

    #[test]
    fn a_library_says_how_many_pairs_stand_behind_its_factor() {
        let mut one = Library {
            engine: "smartcore".into(),
            timed: 20,
            factor: Some(54.3),
            faster: 0,
            more_accurate: 1,
            compared: 20,
            without: 14,
            train_sizes: vec![5000],
        };
        assert_eq!(
            library(&one).unwrap(),
            "smartcore needs 54.3 times our CPU time (geometric mean of 20 results at 5,000 training images); faster \
             in none; more accurate in 1 of 20; no result in 14."
        );
        (one.timed, one.factor, one.without) = (0, None, 0);
        assert_eq!(library(&one), None);
    }

    #[test]
    fn mixed_origins_are_counted() {
        let origin = Origin {
            processors: vec!["A".into(), "B".into()],
            threads: vec![1],
            cores: vec![2],
            days: vec!["2026-11-22".into(), "2026-11-28".into()],
            versions: vec!["0.1.0 (a)".into(), "0.1.0 (b)".into()],
        };
        assert_eq!(
            strip(&origin),
            [
                "2 kinds of processors",
                "one thread a result",
                "2026-11-22 to 2026-11-28",
                "2 versions of mnist-bench"
            ]
        );
        let one = Origin { processors: vec!["A".into()], cores: vec![2], ..Origin::default() };
        assert_eq!(strip(&one), ["2 cores of A"]);
    }
}
