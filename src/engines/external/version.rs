//! Asks an engine's program for its version, in the environment in which it will run.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Definition, VersionError, environment};
use crate::hex::hex;

/// How long a program may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(120);
/// The longest wait for output after the program has ended: all of it is in the pipe by then, and a child
/// outside the process group may hold the pipe open for ever.
const PIPE_TIMEOUT: Duration = Duration::from_secs(2);
/// The most bytes of output that are kept.
const LONGEST: usize = 64 * 1024;
/// The most facts beside the version, and the most characters of each.
const MOST_FACTS: usize = 32;
const LONGEST_FACT: usize = 200;

/// What a program answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionReply {
    pub version: String,
    /// Other facts by name: versions of its libraries, the BLAS kernel in use.
    pub environment: BTreeMap<String, String>,
}

/// The version of an engine.
pub fn ask(definition: &Definition) -> Result<VersionReply, VersionError> {
    let mut reply = answer(definition)?;
    if !definition.files.is_empty() {
        reply.environment.insert("program_sha256".into(), digest(definition)?);
    }
    Ok(reply)
}

fn answer(definition: &Definition) -> Result<VersionReply, VersionError> {
    let folder = tempfile::tempdir().map_err(VersionError::Folder)?;
    let program = &definition.command[0];
    let wait = |source| VersionError::Wait { program: program.clone(), source };
    let mut command = Command::new(program);
    command.args(&definition.command[1..]).args(&definition.version);
    // One thread: the answer must not depend on the machine's number of cores.
    environment::scrub(&mut command, folder.path(), 1, &definition.env);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child =
        command.spawn().map_err(|source| VersionError::Start { program: program.clone(), source })?;
    let group = child.id() as i32;
    let reader = |pipe: Option<Box<dyn Read + Send>>| {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let Some(mut pipe) = pipe else { return };
            let (mut part, mut sent) = ([0; 4096], 0);
            loop {
                match pipe.read(&mut part) {
                    Ok(0) => return,
                    Ok(length) if sent < LONGEST => {
                        sent += length;
                        // After a timeout there is no receiver any more.
                        let _ = sender.send(part[..length].to_vec());
                    }
                    // Read on, so that a talkative program is not held up.
                    Ok(_) => (),
                    Err(error) if error.kind() == ErrorKind::Interrupted => (),
                    Err(_) => return,
                }
            }
        });
        receiver
    };
    let output = reader(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let errors = reader(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(wait)? {
            break Some(status);
        }
        if began.elapsed() > VERSION_TIMEOUT {
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    // This kills also children of the program, which would keep the pipes open.
    // SAFETY: kill takes no pointers. Where the child is reaped its group's number may only name what it
    // started itself: it led a group of its own.
    unsafe { libc::kill(-group, libc::SIGKILL) };
    if status.is_none() {
        child.wait().map_err(wait)?;
    }
    let Some(status) = status else {
        return Err(VersionError::Timeout { program: program.clone(), seconds: VERSION_TIMEOUT.as_secs() });
    };
    if !status.success() {
        let errors = collect(&errors);
        let text = String::from_utf8_lossy(&errors);
        let last_line = text.trim().lines().last().unwrap_or("it printed nothing").to_string();
        let advice = environment::advice().to_string();
        return Err(VersionError::Failed { program: program.clone(), status, last_line, advice });
    }
    read(&collect(&output))
}

/// The output of a program that has ended.
fn collect(parts: &mpsc::Receiver<Vec<u8>>) -> Vec<u8> {
    let until = Instant::now() + PIPE_TIMEOUT;
    let mut text = Vec::new();
    while text.len() < LONGEST {
        match parts.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(part) => text.extend(part),
            Err(_) => break,
        }
    }
    text.truncate(LONGEST);
    text
}

/// Reads the last line, a JSON object of texts with the key `version`; other output may precede it.
fn read(output: &[u8]) -> Result<VersionReply, VersionError> {
    let text = String::from_utf8_lossy(output);
    let line = text.trim().lines().last().unwrap_or_default();
    let facts: Option<BTreeMap<String, String>> = serde_json::from_str(line).ok();
    let Some(mut environment) = facts else {
        let start: String = line.chars().take(60).collect();
        return Err(VersionError::NoLine { start });
    };
    let version = environment.remove("version").unwrap_or_default().trim().to_string();
    let plain = |text: &str| text.chars().count() <= LONGEST_FACT && !text.chars().any(char::is_control);
    if version.is_empty() || !plain(&version) {
        return Err(VersionError::Version { longest: LONGEST_FACT });
    }
    if environment.len() > MOST_FACTS || environment.iter().any(|(name, fact)| !plain(name) || !plain(fact)) {
        return Err(VersionError::Facts { most: MOST_FACTS, longest: LONGEST_FACT });
    }
    Ok(VersionReply { version, environment })
}

/// SHA-256 over the engine's own files, in the order of the command.
fn digest(definition: &Definition) -> Result<String, VersionError> {
    let mut hash = Sha256::new();
    for path in &definition.files {
        let bytes =
            std::fs::read(path).map_err(|source| VersionError::Unreadable { path: path.clone(), source })?;
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hex(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_line_of_json() {
        let reply = read(b"chatter\n{\"version\": \"1.9.1\", \"blas\": \"openblas Zen\"}\n").unwrap();
        assert_eq!(reply.version, "1.9.1");
        assert_eq!(reply.environment["blas"], "openblas Zen");
        for wrong in
            ["", "1.9.1", "{}", "{\"version\": \"\"}", "{\"version\": 1}", "{\"version\": \"a\\u0007\"}"]
        {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_process_left_behind_does_not_hold_up_the_sweep() {
        let script = "set -m; sleep 10 & echo '{\"version\": \"1.0\"}'";
        let definition = Definition {
            name: "leaver".into(),
            description: String::new(),
            command: ["bash", "-c", script].map(String::from).to_vec(),
            version: Vec::new(),
            classifiers: Vec::new(),
            install: "nothing".into(),
            files: Vec::new(),
            preprocessing: Vec::new(),
            env: BTreeMap::new(),
        };
        assert_eq!(ask(&definition).unwrap().version, "1.0");
    }
}
