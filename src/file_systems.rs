//! What file systems of other machines do not support.

use std::io;

/// What a file system does not know is no failure: permissions on WSL's `/mnt/c` (EPERM), the sync of a folder on
/// CIFS, sshfs and VirtualBox shares (EINVAL, ENOTSUP, ENOSYS).
pub fn best_effort(done: io::Result<()>) -> io::Result<()> {
    let unknown = [libc::EPERM, libc::EINVAL, libc::ENOTSUP, libc::EOPNOTSUPP, libc::ENOSYS];
    match done {
        Err(error) if error.raw_os_error().is_some_and(|code| unknown.contains(&code)) => Ok(()),
        other => other,
    }
}
