//! `worker`: runs one job of a sweep; started by `sweep` only.

use super::ExitCode;
use crate::sweep;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: Args) -> anyhow::Result<ExitCode> {
    sweep::worker::run()?;
    Ok(ExitCode::Success)
}
