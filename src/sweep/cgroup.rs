//! The memory limit of this process's control group: the least of its own and of all above it. Slurm, systemd and
//! container engines set the limit on a group higher up, and leave `max` in the process's own.

use std::fs;
use std::path::{Path, PathBuf};

/// The limit in bytes; `None` where there is none, or no control groups.
pub fn memory_limit() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    least_limit(Path::new("/sys/fs/cgroup"), &own)
}

/// The least limit of the groups that `own` names (the text of `/proc/self/cgroup`), with the groups mounted at
/// `mount`. Source: the kernel's `cgroup-v2.rst` and `cgroup-v1/memory.rst`.
fn least_limit(mount: &Path, own: &str) -> Option<u64> {
    let mut limits = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (bases, files) = match controllers {
            // Version 2 is in a folder of its own where version 1 is mounted too. Above `memory.high` the kernel slows a
            // group down until it has given memory back.
            "" => (vec![mount.to_path_buf(), mount.join("unified")], &["memory.max", "memory.high"][..]),
            _ if controllers.split(',').any(|one| one == "memory") => {
                (vec![mount.join("memory"), mount.to_path_buf()], &["memory.limit_in_bytes"][..])
            }
            _ => continue,
        };
        for base in bases {
            for group in groups(&base, path) {
                limits.extend(files.iter().filter_map(|file| limit(&group.join(file))));
            }
        }
    }
    // Where the process's own groups are unknown, the root's files are still those of a container.
    limits.extend(limit(&mount.join("memory.max")));
    limits.extend(limit(&mount.join("memory/memory.limit_in_bytes")));
    limits.into_iter().min()
}

/// The folder of a group and all above it, up to `base`. A path out of a namespace (`/..`) leads to the base alone. In a
/// container `base` may be a group below the root of the machine: the first parts of the path, which are not there, are
/// left out.
fn groups(base: &Path, path: &str) -> Vec<PathBuf> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut groups = vec![base.to_path_buf()];
    if parts.contains(&"..") {
        return groups;
    }
    let first = parts.iter().position(|part| base.join(part).is_dir()).unwrap_or(parts.len());
    for part in &parts[first..] {
        groups.push(groups[groups.len() - 1].join(part));
    }
    groups
}

fn limit(file: &Path) -> Option<u64> {
    // "max" is no number, and no limit.
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let mount = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = mount.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }
        mount
    }

    #[test]
    fn a_slurm_job_has_its_limit_above_the_step() {
        let job = "system.slice/slurmstepd.scope/job_7";
        let (own, above) = (format!("{job}/step_0/user/task_0/memory.max"), format!("{job}/memory.max"));
        let mount = tree(&[(&own, "max"), (&above, "1073741824")]);
        let path = format!("0::/{job}/step_0/user/task_0\n");
        assert_eq!(least_limit(mount.path(), &path), Some(1 << 30));
        assert_eq!(least_limit(mount.path(), "0::/elsewhere\n"), None);
    }

    #[test]
    fn the_least_of_all_levels_counts_in_both_versions() {
        let mount = tree(&[
            ("a/memory.max", "3000"),
            ("a/b/memory.max", "2000"),
            ("a/b/c/memory.max", "5000"),
            ("memory/slurm/memory.limit_in_bytes", "1500"),
            ("memory/slurm/job/memory.limit_in_bytes", "9223372036854771712"),
        ]);
        assert_eq!(least_limit(mount.path(), "0::/a/b/c\n"), Some(2000));
        let both = "5:cpu,cpuacct:/x\n4:cpuset,memory:/slurm/job\n0::/a/b/c\n";
        assert_eq!(least_limit(mount.path(), both), Some(1500));
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let mount = tree(&[("memory.max", "700")]);
        for own in ["0::/\n", "0::/../../x\n", "0::/docker/123\n", ""] {
            assert_eq!(least_limit(mount.path(), own), Some(700), "{own}");
        }
        // A group that the container made itself.
        let inner = tree(&[("memory.max", "700"), ("job/memory.max", "500"), ("job/step/memory.max", "max")]);
        assert_eq!(least_limit(inner.path(), "0::/docker/123/job/step\n"), Some(500));
        let high = tree(&[("a/memory.max", "700"), ("a/memory.high", "650"), ("a/b/memory.high", "max")]);
        assert_eq!(least_limit(high.path(), "0::/a/b\n"), Some(650));
        let first = tree(&[("memory/memory.limit_in_bytes", "600"), ("unified/a/memory.max", "max")]);
        assert_eq!(least_limit(first.path(), "3:memory:/docker/123\n0::/a\n"), Some(600));
        assert_eq!(least_limit(tree(&[]).path(), "0::/\n"), None);
    }
}
