//! File systems without permissions or without `fsync` of folders (WSL, CIFS, sshfs), simulated by a library in
//! `LD_PRELOAD` whose `fchmod` and `fsync` fail as theirs do.

use std::fs;
use std::process::Command;

use crate::bed::{Bed, lines, run};

/// FAULT selects what fails: `fchmod` with EPERM (WSL's `/mnt/c`), `fsync` of a folder with EINVAL (CIFS, sshfs),
/// ENOTSUP or ENOSYS, or `fsync` of a file with ENOSPC (a full disk).
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int named(const char *fault) {
    const char *faults = getenv("FAULT");
    return faults && strstr(faults, fault);
}

int fchmod(int file, mode_t mode) {
    int (*real)(int, mode_t) = dlsym(RTLD_NEXT, "fchmod");
    if (named("permissions")) { errno = EPERM; return -1; }
    return real(file, mode);
}

int fsync(int file) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    struct stat status;
    if (named("folder") && !fstat(file, &status) && S_ISDIR(status.st_mode)) {
        errno = named("ENOSYS") ? ENOSYS : named("ENOTSUP") ? ENOTSUP : EINVAL;
        return -1;
    }
    if (named("full") && !fstat(file, &status) && S_ISREG(status.st_mode)) { errno = ENOSPC; return -1; }
    return real(file);
}
"#;

/// The shim, built; `None` where there is no C compiler.
fn shim(bed: &Bed) -> Option<std::path::PathBuf> {
    bed.put("shim.c", SHIM);
    let library = bed.path().join("shim.so");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(bed.path().join("shim.c")).arg("-ldl");
    if !command.status().is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: this test needs a C compiler, cc");
        return None;
    }
    Some(library)
}

#[test]
fn permissions_and_the_sync_of_a_folder_are_best_effort() {
    let bed = Bed::new();
    let Some(library) = shim(&bed) else { return };
    bed.data_set("eight", 8);
    bed.put("benchmarks/classic.toml", "default = true\n[[family]]\nclassifier = 'GaussianNB'\n");
    bed.put("p.txt", lines(|_, class| class.to_string()));
    let under = |fault: &str, arguments: &[&str]| {
        let mut command = bed.command(arguments);
        command.env("LD_PRELOAD", &library).env("FAULT", fault);
        run(command)
    };
    for fault in ["permissions", "folder", "folder ENOTSUP", "folder ENOSYS", "permissions folder"] {
        let name = fault.replace(' ', "-");
        under(fault, &["sweep", "--jobs", "1", "--run", &name]).code(0);
        let file = bed.path().join("results").join(&name).join("eight/native/GaussianNB.json");
        assert!(file.is_file(), "{fault}");
        assert!(bed.path().join("reports/benchmark.html").is_file(), "{fault}");
        fs::remove_dir_all(bed.path().join("reports")).unwrap();
        let submit =
            ["submit", "p.txt", "--dataset", "eight", "--name", &name, "-c", "G", "--description", "x"];
        under(fault, &submit).code(0);
    }
    // A file that really cannot be written is named in the error.
    let told = under("full", &["sweep", "--jobs", "1", "--run", "full"]).code(2);
    let last = told.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: cannot write") && last.contains("results/full"), "{}", told.stderr);
}
