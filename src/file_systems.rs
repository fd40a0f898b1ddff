//! What file systems of other machines do not support.

use std::io;

/// Ignores the error of an operation that the file system does not support: permissions on WSL's `/mnt/c`
/// (EPERM), the sync of a folder on CIFS, sshfs and VirtualBox shares (EINVAL, ENOTSUP, ENOSYS). Other errors
/// stay.
pub fn best_effort(done: io::Result<()>) -> io::Result<()> {
    let unknown = [libc::EPERM, libc::EINVAL, libc::ENOTSUP, libc::EOPNOTSUPP, libc::ENOSYS];
    match done {
        Err(error) if error.raw_os_error().is_some_and(|code| unknown.contains(&code)) => Ok(()),
        other => other,
    }
}
