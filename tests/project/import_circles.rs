//! No import cycles: neither a source file nor a top-level folder imports itself through others, so lower layers never
//! depend on higher ones.
//!
//! The `use` lines and `crate::` paths outside tests count. A name that a `mod.rs` re-exports counts as an import of
//! the file that defines it, and the re-export itself as none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a module below the crate's root, such as `["sweep", "cost"]`; empty for `lib.rs`.
type Module = Vec<String>;

/// A crate's source files by module, with their text without comments and tests.
struct Sources(BTreeMap<Module, String>);

/// Which module imports which, each once.
type Imports<T> = BTreeMap<T, BTreeSet<T>>;

impl Sources {
    /// Reads every file below a `src` folder but `main.rs`.
    fn read(folder: &Path) -> Sources {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(below) = folders.pop() {
            for entry in fs::read_dir(&below).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let name = path.strip_prefix(folder).unwrap().with_extension("");
                    let mut module: Module =
                        name.iter().map(|part| part.to_str().unwrap().to_string()).collect();
                    match module.last().map(String::as_str) {
                        Some("mod" | "lib") => drop(module.pop()),
                        Some("main") if module.len() == 1 => continue,
                        _ => {}
                    }
                    files.insert(module, without_tests(&fs::read_to_string(&path).unwrap()));
                }
            }
        }
        Sources(files)
    }

    fn of(files: &[(&str, &str)]) -> Sources {
        let file = |(module, text): &(&str, &str)| (split(module), without_tests(text));
        Sources(files.iter().map(file).collect())
    }

    /// What each module re-exports: the name, and the path that it stands for.
    fn exports(&self) -> BTreeMap<Module, BTreeMap<String, Vec<String>>> {
        let mut exports = BTreeMap::new();
        for (module, text) in &self.0 {
            let named = statements(text).into_iter().filter(|(public, _)| *public);
            let of_module: BTreeMap<String, Vec<String>> =
                named.filter_map(|(_, path)| Some((path.name?, path.parts))).collect();
            exports.insert(module.clone(), of_module);
        }
        exports
    }

    /// Which file imports which.
    fn imports(&self) -> Imports<Module> {
        let exports = self.exports();
        let mut imports: Imports<Module> = BTreeMap::new();
        for (module, text) in &self.0 {
            for (public, path) in statements(text) {
                let Some(target) = self.resolve(module, &path.parts, &exports, 0) else { continue };
                let own_child = target.starts_with(module);
                if target != *module && !target.is_empty() && !(public && own_child) {
                    imports.entry(module.clone()).or_default().insert(target);
                }
            }
        }
        imports
    }

    /// The module that defines what a path names; `None` outside this crate.
    fn resolve(
        &self,
        from: &Module,
        path: &[String],
        exports: &BTreeMap<Module, BTreeMap<String, Vec<String>>>,
        depth: usize,
    ) -> Option<Module> {
        assert!(depth < 20, "a re-export of itself: {path:?}");
        let mut rest = path;
        let mut at = match rest.first()?.as_str() {
            "crate" => Module::new(),
            "self" | "super" => from.clone(),
            first if self.0.contains_key(&child(from, first)) => from.clone(),
            _ => return None,
        };
        if matches!(rest[0].as_str(), "crate" | "self") {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|part| part == "super") {
            at.pop();
            rest = &rest[1..];
        }
        while let Some(part) = rest.first() {
            if self.0.contains_key(&child(&at, part)) {
                at.push(part.clone());
                rest = &rest[1..];
            } else if let Some(target) = exports.get(&at).and_then(|names| names.get(part)) {
                let whole: Vec<String> = target.iter().chain(&rest[1..]).cloned().collect();
                return self.resolve(&at, &whole, exports, depth + 1);
            } else {
                break;
            }
        }
        Some(at)
    }
}

fn split(module: &str) -> Module {
    module.split('/').filter(|part| !part.is_empty()).map(String::from).collect()
}

fn child(module: &Module, name: &str) -> Module {
    module.iter().cloned().chain([name.to_string()]).collect()
}

/// The text up to the file's tests, without comments.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let tests = |next: &&str| next.contains("mod ") && next.ends_with('{');
        if line.starts_with("#[cfg(") && line.contains("test") && lines.peek().is_some_and(tests) {
            break;
        }
        kept += line.split("//").next().unwrap_or_default();
        kept.push('\n');
    }
    kept
}

/// A path that a statement names, and the name that it is known by afterwards.
struct Named {
    parts: Vec<String>,
    name: Option<String>,
}

/// Every path that a `use` statement or an expression names, and whether it is re-exported.
fn statements(text: &str) -> Vec<(bool, Named)> {
    let mut found = Vec::new();
    let mut code = String::new();
    let mut rest = text;
    // A `use` statement begins its line; only a visibility may stand before it.
    while let Some(start) = rest.find("use ") {
        let before = rest[..start].rsplit('\n').next().unwrap_or_default().trim();
        let starts =
            before.is_empty() || before == "pub" || (before.starts_with("pub(") && before.ends_with(')'));
        let Some(end) = rest[start..].find(';').filter(|_| starts) else {
            code += &rest[..start + 4];
            rest = &rest[start + 4..];
            continue;
        };
        code += &rest[..start];
        let tree: String = rest[start + 4..start + end].split_whitespace().collect::<Vec<_>>().join(" ");
        for path in leaves(&tree) {
            found.push((!before.is_empty(), path));
        }
        rest = &rest[start + end..];
    }
    code += rest;
    for part in code.split("crate::").skip(1) {
        let path: String = part.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
        let parts = ["crate"].into_iter().chain(path.split("::")).filter(|part| !part.is_empty());
        found.push((false, Named { parts: parts.map(String::from).collect(), name: None }));
    }
    found
}

/// The paths of a tree such as `a::{b, c::{self, d as e}}`.
fn leaves(tree: &str) -> Vec<Named> {
    let Some(open) = tree.find('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim().to_string())),
            None => (tree, None),
        };
        let mut parts: Vec<String> = path.trim().split("::").map(|part| part.trim().to_string()).collect();
        if parts.last().is_some_and(|part| part == "self") && parts.len() > 1 {
            parts.pop();
        }
        let name = alias.or_else(|| parts.last().cloned());
        return vec![Named { parts, name }];
    };
    let close = tree.rfind('}').expect("a closed brace");
    let (mut depth, mut start, mut all) = (0, open + 1, Vec::new());
    for (at, c) in tree.char_indices().filter(|(at, _)| (open + 1..=close).contains(at)) {
        match c {
            '{' => depth += 1,
            '}' if at < close => depth -= 1,
            _ => {}
        }
        if at == close || (c == ',' && depth == 0) {
            let part = tree[start..at].trim();
            if !part.is_empty() {
                all.extend(leaves(&format!("{}{part}", &tree[..open])));
            }
            start = at + 1;
        }
    }
    all
}

/// For each node on a cycle, the shortest path from the node back to itself.
fn circles<T: Ord + Clone>(imports: &Imports<T>) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = Vec::new();
    for start in imports.keys() {
        if found.iter().any(|circle| circle.contains(start)) {
            continue;
        }
        let mut from: BTreeMap<&T, &T> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in imports.get(node).into_iter().flatten() {
                if next == start {
                    let mut circle = vec![node.clone()];
                    while let Some(before) = from.get(circle.last().expect("a node")) {
                        circle.push((*before).clone());
                    }
                    circle.reverse();
                    found.push(circle);
                    queue.clear();
                    break;
                }
                if !from.contains_key(next) {
                    from.insert(next, node);
                    queue.push_back(next);
                }
            }
        }
    }
    found
}

/// The imports between top-level folders and files.
fn folders(imports: &Imports<Module>) -> Imports<String> {
    let mut folders: Imports<String> = BTreeMap::new();
    for (from, targets) in imports {
        for target in targets {
            if let (Some(from), Some(to)) = (from.first(), target.first())
                && from != to
            {
                folders.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    folders
}

/// The `src` folders of the workspace.
fn roots() -> Vec<PathBuf> {
    let mut roots = vec![PathBuf::from("src")];
    for entry in fs::read_dir("crates").into_iter().flatten().flatten() {
        roots.push(entry.path().join("src"));
    }
    roots.into_iter().filter(|root| root.is_dir()).collect()
}

#[test]
fn no_file_and_no_folder_imports_itself_through_others() {
    for root in roots() {
        let sources = Sources::read(&root);
        let imports = sources.imports();
        let files = sources.0.len();
        assert!(files < 20 || imports.len() > 20, "{}: too few imports were found", root.display());
        let name = |circle: &Vec<Module>| {
            circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" -> ")
        };
        let files: Vec<String> = circles(&imports).iter().map(name).collect();
        assert_eq!(files, [""; 0], "files of {} import each other", root.display());
        let between = circles(&folders(&imports));
        assert_eq!(between, [[""; 0]; 0], "folders of {} import each other", root.display());
    }
}

#[test]
fn a_circle_between_files_is_found_through_re_exports_and_expressions() {
    let with = |last: &str| {
        let files = [
            ("", "pub mod a;\npub mod b;\n"),
            ("a", "mod low;\npub mod high;\npub use low::Low;\n"),
            ("a/low", last),
            ("a/high", "use super::{Low, other::Other};\n"),
            ("b", "use crate::a::{self, high::High as Higher};\n"),
        ];
        let imports = Sources::of(&files).imports();
        (circles(&imports), circles(&folders(&imports)))
    };
    let clean = "// use super::high::High;\nfn low() {}\n#[cfg(test)]\nmod tests {\n    use super::super::high::High;\n}\n";
    assert_eq!(with(clean), (vec![], vec![]));
    let circle = vec![split("a/high"), split("a/low")];
    for line in ["use super::high::High;", "fn f() { crate::a::high::f() }", "pub(super) use super::high::*;"]
    {
        assert_eq!(with(line).0, std::slice::from_ref(&circle), "{line}");
    }
    // A longer cycle, and a cycle between folders only.
    let (files, between) = with("use crate::b::B;\n");
    assert_eq!(files, [[split("a/high"), split("a/low"), split("b")]].map(Vec::from));
    assert_eq!(between, [["a", "b"].map(String::from)].map(Vec::from));
}

#[test]
fn a_circle_in_the_real_sources_is_found() {
    let mut sources = Sources::read(Path::new("src"));
    sources.0.get_mut(&split("dataset/outline")).unwrap().push_str("use crate::sweep::Plan;\n");
    let imports = sources.imports();
    assert!(!circles(&imports).is_empty(), "a file below that imports a file above");
    let between = circles(&folders(&imports));
    assert!(between.iter().any(|circle| circle.contains(&"sweep".to_string())), "{between:?}");
}
