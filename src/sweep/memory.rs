//! How much memory processes use, and how much there is: read from `/proc` and cgroup files.
//!
//! Where those do not exist nothing is known: limits are then not enforced, and peaks are 0.

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::cgroup;
use super::process::page_size;

/// The highest resident memory of this process so far (`VmHWM`), in bytes. A child's `ru_maxrss` would begin
/// at its parent's peak; this does not.
pub fn own_peak() -> u64 {
    peak("self")
}

/// As [`own_peak`], for another process; 0 when it is gone.
pub fn peak_of(process: u32) -> u64 {
    peak(&process.to_string())
}

fn peak(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    kilobytes(&status, "VmHWM:").unwrap_or(0)
}

/// The value of a line `NAME   123 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

/// Memory in bytes that this program may use: the machine's, or the limit of a control group if that is less.
pub fn total() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| kilobytes(&text, "MemTotal:"));
    let known = machine.into_iter().chain(cgroup::memory_limit());
    // Without any figure a modest machine is assumed.
    known.min().unwrap_or(4 << 30)
}

/// How often the kernel has killed a process for want of memory since it started.
pub fn kernel_kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix("oom_kill "))
        .find_map(|n| n.trim().parse().ok())
        .unwrap_or(0)
}

/// Resident memory of process groups. One scan of all processes serves every worker.
#[derive(Default)]
pub struct Groups {
    seen: Mutex<Option<(Instant, HashMap<u32, u64>)>>,
}

impl Groups {
    /// The greatest age of an answer: a scan of all processes costs a millisecond or two.
    const MAX_AGE: Duration = Duration::from_millis(200);

    /// Resident bytes of the group that `leader` leads: the leader's now, the others' as of the last scan.
    pub fn resident(&self, leader: u32) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if seen.as_ref().is_none_or(|(when, _)| when.elapsed() > Self::MAX_AGE) {
            *seen = Some((Instant::now(), others_by_group()));
        }
        let others = seen.as_ref().and_then(|(_, groups)| groups.get(&leader)).copied().unwrap_or(0);
        resident(leader) + others
    }
}

fn resident(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    pages * page_size()
}

/// Resident bytes by group of all processes that do not lead their group.
fn others_by_group() -> HashMap<u32, u64> {
    let mut groups = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The second field is the program's name in brackets, which may hold anything.
        let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
        let mut fields = fields.split(' ');
        let Some(group) = fields.nth(2).and_then(|field| field.parse::<u32>().ok()) else { continue };
        let pages: u64 = fields.nth(18).and_then(|field| field.parse().ok()).unwrap_or(0);
        if group != process {
            *groups.entry(group).or_insert(0) += pages * page_size();
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_proc_files_are_read() {
        assert_eq!(kilobytes("Name:\tx\nVmHWM:\t  1234 kB\n", "VmHWM:"), Some(1234 * 1024));
        assert_eq!(kilobytes("VmHWM:\t many kB\n", "VmHWM:"), None);
        assert_eq!(kilobytes("", "VmHWM:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        let block = vec![1u8; 32 << 20];
        assert!(own_peak() > block.len() as u64);
        assert!(resident(std::process::id()) > block.len() as u64);
        assert_eq!(peak_of(u32::MAX), 0);
        assert!(total() > own_peak());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_group_counts_its_children() {
        // The leader is a shell that waits for a child of its own.
        let shell = std::path::Path::new("/bin/sh");
        let (leader, _stdin, _) = super::super::process::start(shell, &["-c", "sleep 5 & wait"]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let others = others_by_group().get(&leader.id()).copied();
        leader.kill().unwrap();
        assert!(others.is_some_and(|bytes| bytes > 0));
    }
}
