//! The documents: every link has a target, every file and command that they name exists, and they stay short.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, iter};

/// Most words of all files below `docs/` together.
const DOCS: usize = 20_000;
/// Most words of the README.
const README: usize = 900;

/// All files below a folder that the program does not make itself, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The documents that people write: those of `reports/` are made by the program.
fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> =
        ["README.md", "CHANGELOG.md", "SECURITY.md", "data/README.md", "tests/README.md"]
            .map(PathBuf::from)
            .into();
    documents.extend(
        files_below(Path::new("docs")).into_iter().filter(|path| path.extension() == Some("md".as_ref())),
    );
    documents.extend(
        fs::read_dir("crates").into_iter().flatten().map(|entry| entry.unwrap().path().join("README.md")),
    );
    documents.retain(|path| path.exists());
    documents
}

/// The lines of a Markdown text that are not code, each with its number from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let is_prose = |(_, line): &(usize, &str)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence && !line.starts_with("    ")
    };
    (1..).zip(text.lines()).filter(is_prose).collect()
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The targets of all links and images of a line.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let after = |text: &str| text.split_once("](").map(|(_, rest)| rest.to_string());
    iter::successors(after(&line), |rest| after(rest))
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_string()))
        .collect()
}

/// GitHub's anchor of a heading: lower case, blanks as hyphens, no other punctuation.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The text of a heading: of a link only what is shown.
fn shown(heading: &str) -> String {
    let mut text = String::new();
    let mut rest = heading;
    while let Some((before, after)) = rest.split_once("](") {
        text += before;
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    text + rest
}

/// The anchors of a document's headings; the second of the same name ends in `-1`, and so on.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut anchors = Vec::new();
    for (_, line) in prose(text) {
        let hashes = line.chars().take_while(|&c| c == '#').count();
        if (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') {
            let name = anchor(&shown(&line[hashes..]));
            let count = seen.entry(name.clone()).or_default();
            anchors.push(if *count == 0 { name } else { format!("{name}-{count}") });
            *count += 1;
        }
    }
    anchors
}

/// What is wrong with a link from a file, if anything.
fn complaint(from: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") {
        return None;
    }
    let (path, wanted) = target.split_once('#').map_or((target, None), |(path, wanted)| (path, Some(wanted)));
    let path = if path.is_empty() { from.to_path_buf() } else { from.parent().unwrap().join(path) };
    if !path.exists() {
        return Some(format!("there is no {}", path.display()));
    }
    let wanted = wanted?;
    let there = anchors(&fs::read_to_string(&path).unwrap());
    (!there.iter().any(|anchor| anchor == wanted))
        .then(|| format!("{} has no heading #{wanted}; it has {}", path.display(), there.join(", ")))
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut links = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for (number, line) in prose(&text) {
            for target in targets(line) {
                links += 1;
                let complaint = complaint(&document, &target);
                wrong.extend(
                    complaint.map(|what| format!("{}:{number}: {target}: {what}", document.display())),
                );
            }
        }
    }
    assert!(links > 100, "only {links} links were found");
    assert!(wrong.is_empty(), "{} links lead nowhere:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_document_that_the_sources_name_is_there() {
    let folders = ["src", "crates", "tests", "examples", "benches", "benchmarks", ".ci", "data"];
    let sources = folders.iter().map(Path::new).filter(|folder| folder.exists()).flat_map(files_below);
    let mut wrong = Vec::new();
    let mut named = 0;
    for source in sources {
        let Ok(text) = fs::read_to_string(&source) else { continue };
        for rest in text.split("docs/").skip(1) {
            let part_of_a_path = |c: &char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '#');
            let name: String = rest.chars().take_while(part_of_a_path).collect();
            let end = name.find(".md").map(|dot| dot + ".md".len());
            let Some(end) = end.filter(|_| name.starts_with(char::is_alphabetic)) else { continue };
            let anchor: String = name[end..].chars().take_while(|&c| c != '.').collect();
            named += 1;
            let target = format!("docs/{}{anchor}", &name[..end]);
            let complaint = complaint(Path::new("README.md"), target.trim_end_matches(['#', '-']));
            wrong.extend(complaint.map(|what| format!("{}: {what}", source.display())));
        }
    }
    assert!(named > 10, "only {named} documents were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands between backticks in a line and names a file of the project.
fn named_files(line: &str) -> Vec<&str> {
    let roots = [
        "src/",
        "crates/",
        "tests/",
        "examples/",
        "benches/",
        "benchmarks/",
        "results/",
        "reports/",
        "docs/",
    ];
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | ',' | '=' | '@' | '+');
    let is_file = |name: &&str| roots.iter().any(|root| name.starts_with(root)) && name.chars().all(plain);
    line.split('`').skip(1).step_by(2).filter(is_file).collect()
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    // Files that users and sweeps make are not in the repository.
    let made = |name: &str| {
        name.starts_with("results/local") || name.contains("jane-doe") || name.contains("mnist/mine")
    };
    let mut wrong = Vec::new();
    let mut named = 0;
    // Left out: the changelog names files of the past, and tests/README.md names modules.
    let others =
        |path: &PathBuf| !["CHANGELOG.md", "tests/README.md"].map(Path::new).contains(&path.as_path());
    for document in documents().into_iter().filter(others) {
        let text = fs::read_to_string(&document).unwrap();
        for (number, line) in prose(&text) {
            for name in named_files(line) {
                named += 1;
                if !Path::new(name).exists() && !made(name) {
                    wrong.push(format!("{}:{number}: there is no {name}", document.display()));
                }
            }
        }
    }
    assert!(named > 50, "only {named} files were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The commands of this program that a text shows, as words: whole lines of code, and code in lines of prose.
fn shown_commands(text: &str) -> Vec<Vec<String>> {
    // A command goes on after a backslash at the end of a line.
    let text = text.replace("\\\n", " ");
    let ways = ["cargo run --release -- ", "mnist-bench ", "$ mnist-bench "];
    let mut commands = Vec::new();
    for line in text.lines() {
        let code = if line.starts_with("    ") {
            vec![line.trim()]
        } else {
            line.split('`').skip(1).step_by(2).collect()
        };
        for code in code {
            let Some(command) = ways.iter().find_map(|way| code.strip_prefix(way)) else { continue };
            let command = command.split(" #").next().unwrap();
            commands.push(
                command.split_whitespace().map(|word| word.trim_matches(['[', ']']).to_string()).collect(),
            );
        }
    }
    commands
}

/// Runs the program in the project's folder.
fn run(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-bench")).args(arguments).output().unwrap()
}

#[test]
fn every_command_that_the_documents_show_is_understood() {
    let mut helps: HashMap<String, Option<String>> = HashMap::new();
    let mut wrong = Vec::new();
    let mut shown = 0;
    for document in documents().into_iter().filter(|path| path != Path::new("CHANGELOG.md")) {
        let text = fs::read_to_string(&document).unwrap();
        // COMMANDS.md lists commands without the program's name.
        let listed = document.ends_with("COMMANDS.md");
        let text = if listed { text.replace("\n- `", "\n- `mnist-bench ") } else { text };
        for command in shown_commands(&text) {
            let name = &command[0];
            if !name.starts_with(char::is_lowercase) {
                continue;
            }
            shown += 1;
            let help = helps.entry(name.clone()).or_insert_with(|| {
                let output = run(&[name.clone(), "--help".into()]);
                output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
            });
            let Some(help) = help else {
                wrong.push(format!("{}: there is no command {name}", document.display()));
                continue;
            };
            let known: Vec<&str> = help.split([' ', ',', '=', '\n']).collect();
            let is_flag = |word: &&String| word.len() > 1 && word.starts_with('-');
            for flag in command.iter().filter(is_flag).filter(|flag| !known.contains(&flag.as_str())) {
                wrong.push(format!("{}: {name} has no {flag}", document.display()));
            }
        }
    }
    assert!(shown > 20, "only {shown} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sweeps_of_the_readme_have_rows() {
    let sweeps = shown_commands(&fs::read_to_string("README.md").unwrap());
    let sweeps: Vec<_> = sweeps.into_iter().filter(|command| command[0] == "sweep").collect();
    assert!(sweeps.len() >= 2);
    for mut sweep in sweeps {
        sweep.push("--dry-run".into());
        let output = run(&sweep);
        assert!(output.status.success(), "{sweep:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_documents_stay_short() {
    // Made from the sources (unsafe_code.rs), so its length does not count.
    let is_made = |path: &PathBuf| path.ends_with("UNSAFE.md");
    // The bars of tables are not words.
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    let words = |path: &Path| fs::read_to_string(path).unwrap().split_whitespace().filter(is_word).count();
    let docs: usize = documents()
        .iter()
        .filter(|path| path.starts_with("docs") && !is_made(path))
        .map(|path| words(path))
        .sum();
    assert!(docs <= DOCS, "docs/**/*.md has {docs} words, at most {DOCS} are wanted: shorten a page");
    let readme = words(Path::new("README.md"));
    assert!(readme < README, "README.md has {readme} words, fewer than {README} are wanted");
}

#[test]
fn links_and_headings_are_read_as_github_reads_them() {
    assert_eq!(
        anchor("S3 and S4. GaussianNB smooths no variance"),
        "s3-and-s4-gaussiannb-smooths-no-variance"
    );
    assert_eq!(anchor("`solver`: stop where scikit-learn stops"), "solver-stop-where-scikit-learn-stops");
    assert_eq!(anchors("# A\n## [B](c.md) 1.9\n    # no\n```\n# no\n```\n## A\n"), ["a", "b-19", "a-1"]);
    assert_eq!(targets("[a](b.md#c), `[no](d)` and ![e](f.png)"), ["b.md#c", "f.png"]);
    let from = Path::new("docs/BIAS.md");
    assert!(complaint(from, "none.md").is_some());
    assert!(complaint(from, "FORMAT.md#none").is_some());
    assert!(complaint(from, "FORMAT.md#data-sets").is_none());
}
