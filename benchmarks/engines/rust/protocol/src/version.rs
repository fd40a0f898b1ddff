//! What an engine says of itself: the versions in the workspace's lock file, the compiler, and its target.

use serde_json::{Value, json};

const LOCK: &str = include_str!("../../Cargo.lock");

/// The version of a package in a lock file, the highest if there are several.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let heading = format!("name = \"{name}\"");
    let versions = lock.lines().zip(lock.lines().skip(1)).filter(|(line, _)| *line == heading);
    versions.filter_map(|(_, next)| next.strip_prefix("version = \"")?.strip_suffix('"')).last()
}

/// The answer to `--version`: the first of `libraries` is the one that is measured, the others do its work.
pub fn reply(libraries: &[&str]) -> Result<Value, String> {
    let mut reply = serde_json::Map::new();
    for (index, library) in libraries.iter().enumerate() {
        let version = locked(LOCK, library).ok_or_else(|| format!("{library} is not in Cargo.lock"))?;
        reply.insert(if index == 0 { "version" } else { library }.to_string(), version.into());
    }
    reply.insert("rustc".into(), env!("ENGINE_RUSTC").into());
    reply.insert("compiled_for".into(), compiled_for().into());
    Ok(json!(reply))
}

/// The vector instructions that the compiler may use everywhere; libraries find more when they run.
fn compiled_for() -> &'static str {
    if cfg!(target_feature = "avx512f") {
        "avx512f"
    } else if cfg!(target_feature = "avx2") {
        "avx2"
    } else {
        "the default target"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock =
            "[[package]]\nname = \"a\"\nversion = \"1.2\"\n\n[[package]]\nname = \"ab\"\nversion = \"3.0\"\n";
        assert_eq!(
            (locked(lock, "a"), locked(lock, "ab"), locked(lock, "b")),
            (Some("1.2"), Some("3.0"), None)
        );
        assert!(reply(&["serde_json"]).unwrap()["version"].as_str().is_some());
        assert!(reply(&["no-such-library"]).is_err());
    }
}
