//! The input and output of each step of a chain, known before anything runs.

use super::kmeans_patches::KmeansPatches;
use super::{Step, StepError, hog, pixel_differences};

/// The largest gamma: far beyond those that part any two rows, and products with it stay in the range of f32.
const MOST_GAMMA: f64 = 1e20;

/// The content of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub kind: Kind,
    /// Whether `unit` or `standard` has scaled them.
    scaled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes of images; rows and columns of an image.
    Images([usize; 2]),
    /// Bytes without the shape of an image; their number in a row.
    Bytes(usize),
    /// Computed values; their number in a row.
    Values(usize),
}

impl Content {
    fn name(self) -> &'static str {
        match (self.kind, self.scaled) {
            (Kind::Images(_), false) => "raw images",
            (Kind::Images(_), true) => "scaled pixels",
            (Kind::Bytes(_), false) => "bytes that are no images",
            (Kind::Bytes(_), true) => "scaled bytes",
            (Kind::Values(_), _) => "computed values",
        }
    }

    /// Values per row.
    fn features(self) -> usize {
        match self.kind {
            Kind::Images([rows, columns]) => rows * columns,
            Kind::Bytes(features) | Kind::Values(features) => features,
        }
    }
}

/// The input of each step, in order. `Err` says which step cannot run and why.
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
    let mut content = Content { kind: Kind::Images(image), scaled: false };
    let mut before = "the data set";
    let mut inputs = Vec::with_capacity(steps.len());
    for step in steps {
        inputs.push(content);
        content = output(step, content, before, train_rows)?;
        before = step.name();
    }
    Ok(inputs)
}

/// The output of a step for rows with this content.
fn output(
    step: &Step,
    content: Content,
    before: &'static str,
    train_rows: usize,
) -> Result<Content, StepError> {
    let order = |needed| StepError::Order { step: step.name(), needed, before, found: content.name() };
    let raw_image = || match content {
        Content { kind: Kind::Images(image), scaled: false } => Ok(image),
        _ => Err(order("raw images")),
    };
    let raw_bytes = || match content {
        Content { kind: Kind::Images(_) | Kind::Bytes(_), scaled: false } => Ok(()),
        _ => Err(order("raw bytes")),
    };
    let values = |features| Content { kind: Kind::Values(features), scaled: false };
    match *step {
        Step::Raw => raw_bytes().map(|()| content),
        Step::Unit => raw_bytes().map(|()| Content { scaled: true, ..content }),
        Step::Binarize { .. } | Step::Deskew => raw_image().map(|_| content),
        Step::Standard => Ok(Content { scaled: true, ..content }),
        Step::Pca { n_components, .. } => {
            check_count(step, n_components, content.features(), "the features")?;
            check_count(step, n_components, train_rows, "the training rows")?;
            Ok(values(n_components))
        }
        Step::Hog { orientations, pixels_per_cell, cells_per_block } => {
            let layout = hog::Layout { orientations, pixels_per_cell, cells_per_block, image: raw_image()? };
            layout.check()?;
            Ok(values(layout.features()))
        }
        Step::Nystroem { n_components, gamma } => {
            check_count(step, n_components, train_rows, "the training rows")?;
            check_gamma(step, gamma)?;
            Ok(values(n_components))
        }
        Step::RbfSampler { n_components, gamma } => {
            if n_components == 0 {
                let reason = "must be at least 1";
                return Err(StepError::parameter(step.name(), "n_components", n_components, reason));
            }
            check_gamma(step, gamma)?;
            Ok(values(n_components))
        }
        Step::PixelDifferences { n_features } => {
            pixel_differences::Sizes::new(raw_image()?)?.patterns(n_features)?;
            Ok(Content { kind: Kind::Bytes(n_features), scaled: false })
        }
        Step::KmeansPatches { n_clusters } => {
            KmeansPatches::check(raw_image()?)?;
            if !(2..=KmeansPatches::MAX_CLUSTERS).contains(&n_clusters) {
                let reason = format!("must be from 2 to {}", KmeansPatches::MAX_CLUSTERS);
                return Err(StepError::parameter(step.name(), "n_clusters", n_clusters, reason));
            }
            Ok(Content { kind: Kind::Bytes(KmeansPatches::features(n_clusters)), scaled: false })
        }
    }
}

fn check_count(step: &Step, count: usize, most: usize, of: &str) -> Result<(), StepError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    Err(StepError::parameter(step.name(), "n_components", count, format!("must be from 1 to {most}, {of}")))
}

fn check_gamma(step: &Step, gamma: Option<f64>) -> Result<(), StepError> {
    match gamma {
        Some(gamma) if !(gamma > 0.0 && gamma <= MOST_GAMMA) => {
            let reason = format!("must be above 0 and at most {MOST_GAMMA:e}");
            Err(StepError::parameter(step.name(), "gamma", gamma, reason))
        }
        _ => Ok(()),
    }
}
