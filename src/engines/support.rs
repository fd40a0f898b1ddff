//! Whether an engine supports a configuration, and its key for shared work.

use super::{Engine, Family, Shape};
use crate::grid::Configuration;

/// Whether an engine can run a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Supported. Runs together with all configurations of the same sharing key.
    Ready { sharing_key: String },
    /// Not supported, for this reason.
    Unsupported(String),
}

impl Engine {
    /// Whether this engine can run a configuration on data of this shape.
    pub fn support(&self, configuration: &Configuration, shape: &Shape) -> Support {
        let Some(family) = self.family(&configuration.classifier) else {
            return Support::Unsupported(format!("{} has no {}", self.name, configuration.classifier));
        };
        let steps = &configuration.preprocessing;
        if !self.transforms && !steps.is_default() {
            let reason =
                format!("{} runs here on standardised pixels only, not behind {}", self.name, steps.short());
            return Support::Unsupported(reason);
        }
        let configuration = configuration.for_classes(shape.classes);
        match family.check(&configuration.parameters, shape) {
            Ok(()) => Support::Ready { sharing_key: sharing_key(family, &configuration) },
            Err(reason) => Support::Unsupported(reason),
        }
    }
}

/// The family's key with the steps before the model: work is shared on the same features only.
fn sharing_key(family: &dyn Family, configuration: &Configuration) -> String {
    let key = family.sharing_key(&configuration.parameters);
    match &configuration.preprocessing {
        steps if steps.is_default() => key,
        steps => format!("{key};preprocessing={}", steps.short()),
    }
}
