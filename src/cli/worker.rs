//! `worker`: the other end of a sweep's job, started by the sweep and by nobody else.

use super::ExitCode;
use crate::sweep;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: Args) -> anyhow::Result<ExitCode> {
    sweep::worker::run()?;
    Ok(ExitCode::Success)
}
