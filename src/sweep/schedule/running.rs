//! Jobs that run, and what their threads tell.

use std::sync::mpsc::Sender;
use std::thread::Scope;
use std::time::Instant;

use crate::engines::protocol::Reply;
use crate::sweep::job::Task;
use crate::sweep::memory::Groups;
use crate::sweep::supervise::Ended;

/// Something that a worker's thread tells.
pub(super) enum Event {
    Reply(usize, Reply),
    Ended(usize, Ended),
}

/// Where workers' threads run, and how they tell what happens.
pub(super) struct Workers<'scope, 'env> {
    pub scope: &'scope Scope<'scope, 'env>,
    pub groups: &'scope Groups,
    pub sender: Sender<Event>,
}

pub(super) struct Running {
    pub task: Task,
    pub threads: usize,
    pub since: Instant,
    pub utc: String,
    /// The most jobs that ran at the same time.
    pub in_flight: usize,
    pub delivered: Vec<bool>,
    /// When the last result came.
    pub last_delivery: Instant,
}
