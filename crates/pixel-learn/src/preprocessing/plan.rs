//! What each step of a chain is given and leaves, known before anything runs.

use super::{Step, StepError};

/// What rows consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Raw pixels of images of so many rows and columns.
    Images([usize; 2]),
    /// Bytes of images under a scaling.
    ScaledImages([usize; 2]),
}

impl Content {
    fn name(self) -> &'static str {
        match self {
            Content::Images(_) => "raw images",
            Content::ScaledImages(_) => "scaled pixels",
        }
    }
}

/// What each of the steps is given, in their order. `Err` says which step cannot run and why.
pub(super) fn inputs(
    steps: &[Step],
    image: [usize; 2],
    train_rows: usize,
) -> Result<Vec<Content>, StepError> {
    if train_rows == 0 {
        return Err(StepError::NoRows);
    }
    if image[0] == 0 || image[1] == 0 {
        return Err(StepError::Shape { features: 0, image });
    }
    let mut content = Content::Images(image);
    let mut before = "the data set";
    let mut inputs = Vec::with_capacity(steps.len());
    for step in steps {
        inputs.push(content);
        content = output(step, content, before)?;
        before = step.name();
    }
    Ok(inputs)
}

/// What a step leaves of rows with this content.
fn output(step: &Step, content: Content, before: &'static str) -> Result<Content, StepError> {
    let order = |needed| Err(StepError::Order { step: step.name(), needed, before, found: content.name() });
    match (step, content) {
        (Step::Raw, Content::Images(_)) => Ok(content),
        (Step::Unit, Content::Images(image)) => Ok(Content::ScaledImages(image)),
        (Step::Standard, Content::Images(image) | Content::ScaledImages(image)) => {
            Ok(Content::ScaledImages(image))
        }
        (Step::Binarize { .. } | Step::Deskew, Content::Images(_)) => Ok(content),
        (Step::Raw | Step::Unit | Step::Binarize { .. } | Step::Deskew, _) => order("raw images"),
    }
}
