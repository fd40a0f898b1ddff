//! Steps before the model: scalings, images made upright, features computed from pixels. A chain of them is fitted on
//! the training rows alone and then transforms any rows.
//!
//! A chain begins with the raw bytes of images. Steps on images (`binarize`, `deskew`) give images again and may follow
//! each other; `raw`, `unit` and `standard` set how bytes are scaled. [`check`] says before anything runs whether a
//! chain makes sense for a data set.
//!
//! Everything is deterministic, with the same bits for any number of threads.

mod binarize;
mod deskew;
mod error;
mod plan;
mod rows;
mod step;

use std::sync::Arc;

use crate::{Features, Scaling};
pub use error::StepError;
use plan::Content;
use rows::Rows;
pub use step::Step;

/// `Err` when a step does not fit the steps before it, images of `image` (rows, columns) pixels or the number of
/// training rows. Cheap: looks at no data.
pub fn check(steps: &[Step], image: [usize; 2], train_rows: usize) -> Result<(), StepError> {
    plan::inputs(steps, image, train_rows).map(|_| ())
}

/// A chain of steps, fitted on training rows.
pub struct FittedSteps {
    d: usize,
    steps: Vec<Fitted>,
}

/// One step with what it learnt from the training rows.
enum Fitted {
    Raw,
    Unit,
    /// The scaling of the bytes, in place of any before.
    Standard(Arc<Scaling>),
    Binarize {
        threshold: u8,
    },
    Deskew {
        image: [usize; 2],
    },
}

/// Fits a chain on training rows (raw bytes of images of `image` pixels; their scaling is not looked at) and returns it
/// with the transformed rows, as [`FittedSteps::transform`] would give them. Random steps draw from `seed`. An empty
/// chain is [`Step::Raw`].
pub fn fit(
    steps: &[Step],
    train: &Features,
    image: [usize; 2],
    _seed: u64,
) -> Result<(FittedSteps, Features), StepError> {
    let inputs = plan::inputs(steps, image, train.n())?;
    if image[0] * image[1] != train.d() {
        return Err(StepError::Shape { features: train.d(), image });
    }
    let mut rows = Rows::raw(train);
    let mut fitted = Vec::with_capacity(steps.len());
    for (step, content) in steps.iter().zip(inputs) {
        let step = Fitted::new(step, content, &rows);
        rows = step.transform(rows);
        fitted.push(step);
    }
    Ok((FittedSteps { d: train.d(), steps: fitted }, rows.into_features()))
}

impl FittedSteps {
    /// The transformed rows of `x`: raw bytes of images of the size of the training images; their scaling is not looked
    /// at. Panics when the number of pixels differs.
    pub fn transform(&self, x: &Features) -> Features {
        assert_eq!(x.d(), self.d, "images of another size");
        self.steps.iter().fold(Rows::raw(x), |rows, step| step.transform(rows)).into_features()
    }
}

impl Fitted {
    /// Fits one step to the rows that it is given.
    fn new(step: &Step, content: Content, rows: &Rows) -> Fitted {
        let (Content::Images(image) | Content::ScaledImages(image)) = content;
        match *step {
            Step::Raw => Fitted::Raw,
            Step::Unit => Fitted::Unit,
            Step::Standard => Fitted::Standard(Arc::new(Scaling::standard(&rows.pixels, rows.n, rows.d))),
            Step::Binarize { threshold } => Fitted::Binarize { threshold },
            Step::Deskew => Fitted::Deskew { image },
        }
    }

    fn transform(&self, x: Rows) -> Rows {
        match self {
            Fitted::Raw => x,
            Fitted::Unit => {
                let unit = Arc::new(Scaling::unit(x.d));
                x.with_scaling(unit)
            }
            Fitted::Standard(scaling) => x.with_scaling(scaling.clone()),
            &Fitted::Binarize { threshold } => {
                let pixels = binarize::binarize(&x.pixels, threshold);
                x.with_pixels(pixels)
            }
            &Fitted::Deskew { image } => {
                let pixels = deskew::deskew(&x.pixels, image);
                x.with_pixels(pixels)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: [usize; 2] = [2, 3];

    fn images(pixels: &[u8]) -> Features {
        Features::standardised(pixels, 6).unwrap()
    }

    fn fitted(steps: &[Step], train: &Features) -> (FittedSteps, Features) {
        fit(steps, train, IMAGE, 1).unwrap()
    }

    #[test]
    fn scalings_are_those_of_the_training_rows() {
        let train = images(&[0, 10, 20, 30, 40, 255, 0, 30, 20, 50, 0, 255]);
        let test = images(&[51, 20, 20, 40, 20, 0]);
        for (steps, expected) in [
            (vec![], [51.0, 20.0, 20.0, 40.0, 20.0, 0.0]),
            (vec![Step::Raw], [51.0, 20.0, 20.0, 40.0, 20.0, 0.0]),
            (vec![Step::Unit], [0.2, 20.0 / 255.0, 20.0 / 255.0, 40.0 / 255.0, 20.0 / 255.0, 0.0]),
            (vec![Step::Standard], [51.0, 0.0, 0.0, 0.0, 0.0, -255.0]),
            (vec![Step::Unit, Step::Standard], [51.0, 0.0, 0.0, 0.0, 0.0, -255.0]),
            (vec![Step::Binarize { threshold: 20 }], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        ] {
            let (chain, _) = fitted(&steps, &train);
            assert_eq!(chain.transform(&test).scaled().as_slice(), expected, "{steps:?}");
        }
        let (chain, rows) = fitted(&[Step::Binarize { threshold: 25 }, Step::Standard], &train);
        assert_eq!(rows.scaled().as_slice(), [0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0]);
        assert_eq!(chain.transform(&train).scaled().as_slice(), rows.scaled().as_slice());
    }

    #[test]
    fn chains_that_make_no_sense_are_refused_before_anything_runs() {
        let message = |steps: &[Step]| check(steps, IMAGE, 5).unwrap_err().to_string();
        assert_eq!(
            message(&[Step::Unit, Step::Deskew]),
            "preprocessing: deskew takes raw images, but unit leaves scaled pixels; move deskew before unit"
        );
        assert!(message(&[Step::Standard, Step::Raw]).contains("raw takes raw images"));
        assert!(message(&[Step::Standard, Step::Unit]).contains("move unit before standard"));
        check(&[Step::Binarize { threshold: 1 }, Step::Deskew, Step::Unit, Step::Standard], IMAGE, 5)
            .unwrap();
        assert_eq!(check(&[], IMAGE, 0), Err(StepError::NoRows));
        let train = images(&[0; 6]);
        let wrong = fit(&[], &train, [2, 2], 1).err().unwrap();
        assert_eq!(wrong.to_string(), "preprocessing: rows of 6 values are no images of 2 x 2 pixels");
    }
}
