//! Who answers for a result: an engine of a run, or a person who submitted it.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A sweep measured it.
    Engine { run: String, engine: String },
    /// A submission holds it.
    Submitter(String),
}

impl Owner {
    pub fn is_submitter(&self) -> bool {
        matches!(self, Owner::Submitter(_))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Owner::Engine { run, engine } => write!(formatter, "{run}/{engine}"),
            Owner::Submitter(name) => write!(formatter, "submitter {name}"),
        }
    }
}
