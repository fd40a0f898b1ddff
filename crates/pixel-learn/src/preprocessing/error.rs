//! Why a chain of steps cannot be used.

/// Why a chain of steps cannot be used on these data. One line: what was found, what is needed, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// A step follows one whose output it cannot take.
    #[error("preprocessing: {step} takes {needed}, but {before} leaves {found}; {}", advice(step, before))]
    Order {
        /// The step.
        step: &'static str,
        /// The input that the step takes.
        needed: &'static str,
        /// The step before it.
        before: &'static str,
        /// The output of the step before.
        found: &'static str,
    },
    /// A parameter has a value that the step cannot use on these data.
    #[error("preprocessing: {step} with {name} = {value}: {reason}")]
    Parameter {
        /// The step.
        step: &'static str,
        /// The name of the parameter.
        name: &'static str,
        /// Its value.
        value: String,
        /// What the value must be.
        reason: String,
    },
    /// The images are smaller than the step can use.
    #[error(
        "preprocessing: {step} needs images of at least {} x {} pixels, these have {} x {}; use other steps{}",
        least[0], least[1], image[0], image[1], or_smaller_cells(step)
    )]
    ImageTooSmall {
        /// The step.
        step: &'static str,
        /// Rows and columns that it needs.
        least: [usize; 2],
        /// Rows and columns of the images.
        image: [usize; 2],
    },
    /// The rows do not have one value per pixel.
    #[error("preprocessing: rows of {features} values are no images of {} x {} pixels", image[0], image[1])]
    Shape {
        /// Values per row.
        features: usize,
        /// Rows and columns of the images.
        image: [usize; 2],
    },
    /// There is nothing to fit a step to.
    #[error("preprocessing: there are no training rows; at least one is needed")]
    NoRows,
}

/// What to do about a step that cannot follow `before`.
fn advice(step: &str, before: &str) -> String {
    if step == before { format!("take {step} once") } else { format!("move {step} before {before}") }
}

/// Another way out for the step that has cells.
fn or_smaller_cells(step: &str) -> &'static str {
    if step == "hog" { " or smaller cells" } else { "" }
}

impl StepError {
    /// A parameter whose value the step cannot use; `reason` says what would do.
    pub(super) fn parameter(
        step: &'static str,
        name: &'static str,
        value: impl ToString,
        reason: impl Into<String>,
    ) -> StepError {
        StepError::Parameter { step, name, value: value.to_string(), reason: reason.into() }
    }
}
