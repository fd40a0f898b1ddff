//! Steps before the model: scalings, deskewing, features computed from pixels. A chain of them is fitted on
//! the training rows alone and then transforms any rows.
//!
//! A chain begins with the raw bytes of images. Steps on images (`binarize`, `deskew`) give images again and may follow
//! each other; `raw`, `unit` and `standard` set how bytes are scaled; `hog` takes images and gives values;
//! `pixel_differences` and `kmeans_patches` take images and give bytes; `pca`, `nystroem`, `rbf_sampler` and
//! `standard` take anything. [`check`] checks a chain against the sizes of a data set before anything runs.
//!
//! Everything is deterministic, with the same bits for any number of threads.

mod binarize;
mod deskew;
mod error;
mod hog;
mod kmeans_patches;
mod linear_map;
mod nystroem;
mod pca;
mod pixel_differences;
mod plan;
mod rbf_sampler;
mod rows;
mod standard;
mod step;

use std::sync::Arc;

use crate::nn::random::hash;
use crate::{Features, Scaling};
pub use error::StepError;
use hog::{Hog, Layout};
use kmeans_patches::KmeansPatches;
use nystroem::Nystroem;
use pca::Pca;
use pixel_differences::{PixelDifferences, Sizes};
use plan::{Content, Kind};
use rbf_sampler::RbfSampler;
use rows::Rows;
use standard::Standard;
pub use step::Step;

/// `Err` when a step does not fit the steps before it, images of `image` (rows, columns) pixels or the number of
/// training rows. O(steps): reads no data.
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
    Standard(Standard),
    Binarize { threshold: u8 },
    Deskew { image: [usize; 2] },
    Pca(Pca),
    Hog(Hog),
    Nystroem(Box<Nystroem>),
    RbfSampler(RbfSampler),
    PixelDifferences(PixelDifferences),
    KmeansPatches(KmeansPatches),
}

/// Fits a chain on training rows (raw bytes of images of `image` pixels; their scaling is ignored) and
/// returns the fitted chain with the transformed rows, as [`FittedSteps::transform`] would give them. Random
/// steps draw from `seed`. An empty chain is [`Step::Raw`].
pub fn fit(
    steps: &[Step],
    train: &Features,
    image: [usize; 2],
    seed: u64,
) -> Result<(FittedSteps, Features), StepError> {
    let inputs = plan::inputs(steps, image, train.n())?;
    if image[0] * image[1] != train.d() {
        return Err(StepError::Shape { features: train.d(), image });
    }
    let mut rows = Rows::raw(train);
    let mut fitted = Vec::with_capacity(steps.len());
    for (place, (step, content)) in steps.iter().zip(inputs).enumerate() {
        let step = Fitted::new(step, content, &rows, hash(seed, place as u64))?;
        rows = step.transform(rows);
        fitted.push(step);
    }
    Ok((FittedSteps { d: train.d(), steps: fitted }, rows.into_features()))
}

impl FittedSteps {
    /// The transformed rows of `x`: raw bytes of images of the size of the training images, whose scaling is
    /// ignored. Panics when the number of pixels differs.
    pub fn transform(&self, x: &Features) -> Features {
        assert_eq!(x.d(), self.d, "images of another size");
        self.steps.iter().fold(Rows::raw(x), |rows, step| step.transform(rows)).into_features()
    }
}

impl Fitted {
    /// Fits one step to the rows that it is given.
    fn new(step: &Step, content: Content, rows: &Rows, seed: u64) -> Result<Fitted, StepError> {
        let image = match content.kind {
            Kind::Images(image) => image,
            Kind::Bytes(features) | Kind::Values(features) => [1, features],
        };
        Ok(match *step {
            Step::Raw => Fitted::Raw,
            Step::Unit => Fitted::Unit,
            Step::Standard => Fitted::Standard(Standard::new(rows)),
            Step::Binarize { threshold } => Fitted::Binarize { threshold },
            Step::Deskew => Fitted::Deskew { image },
            Step::Pca { n_components, whiten } => Fitted::Pca(Pca::new(rows, n_components, whiten)),
            Step::Hog { orientations, pixels_per_cell, cells_per_block } => {
                Fitted::Hog(Hog::new(Layout { orientations, pixels_per_cell, cells_per_block, image }))
            }
            Step::Nystroem { n_components, gamma } => {
                let gamma = gamma.unwrap_or(1.0 / rows.d() as f64);
                Fitted::Nystroem(Box::new(Nystroem::new(rows, n_components, gamma, seed)))
            }
            Step::RbfSampler { n_components, gamma } => {
                Fitted::RbfSampler(RbfSampler::new(rows, n_components, gamma.unwrap_or(1.0), seed))
            }
            Step::PixelDifferences { n_features } => {
                let sizes = Sizes::new(image)?;
                let counts = sizes.patterns(n_features)?;
                Fitted::PixelDifferences(PixelDifferences::new(sizes, n_features, counts, seed))
            }
            Step::KmeansPatches { n_clusters } => match rows {
                Rows::Bytes(bytes) => {
                    Fitted::KmeansPatches(KmeansPatches::new(bytes, image, n_clusters, seed))
                }
                Rows::Values(_) => panic!("a step on images was given values"),
            },
        })
    }

    fn transform(&self, rows: Rows) -> Rows {
        match self {
            Fitted::Raw => rows,
            Fitted::Unit => {
                let bytes = rows.into_bytes();
                let unit = Arc::new(Scaling::unit(bytes.d));
                bytes.with_scaling(unit)
            }
            Fitted::Standard(standard) => standard.transform(rows),
            &Fitted::Binarize { threshold } => {
                let bytes = rows.into_bytes();
                let pixels = binarize::binarize(&bytes.pixels, threshold);
                bytes.with_pixels(pixels)
            }
            &Fitted::Deskew { image } => {
                let bytes = rows.into_bytes();
                let pixels = deskew::deskew(&bytes.pixels, image);
                bytes.with_pixels(pixels)
            }
            Fitted::Pca(pca) => pca.transform(rows),
            Fitted::Hog(hog) => hog.transform(&rows.into_bytes()),
            Fitted::Nystroem(nystroem) => nystroem.transform(&rows),
            Fitted::RbfSampler(sampler) => sampler.transform(&rows),
            Fitted::PixelDifferences(differences) => differences.transform(&rows.into_bytes()),
            Fitted::KmeansPatches(patches) => patches.transform(&rows.into_bytes()),
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
    fn every_chain_has_the_same_bits_for_any_number_of_threads() {
        let pixels: Vec<u8> = (0..700 * 144usize).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
        let train = Features::standardised(pixels, 144).unwrap();
        let hog = Step::Hog { orientations: 9, pixels_per_cell: 4, cells_per_block: 1 };
        let pca = Step::Pca { n_components: 7, whiten: true };
        let nystroem = Step::Nystroem { n_components: 300, gamma: None };
        let sampler = Step::RbfSampler { n_components: 40, gamma: Some(0.01) };
        for steps in [
            vec![Step::Deskew, Step::Standard, pca.clone()],
            vec![hog, Step::Standard, pca],
            vec![Step::Unit, nystroem.clone()],
            vec![Step::Standard, nystroem],
            vec![Step::Unit, sampler],
            vec![Step::PixelDifferences { n_features: 400 }, Step::Standard],
            vec![Step::Deskew, Step::KmeansPatches { n_clusters: 20 }, Step::Standard],
        ] {
            let bits = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let (chain, rows) = pool.install(|| fit(&steps, &train, [12, 12], 1).unwrap());
                let again = pool.install(|| chain.transform(&train));
                assert_eq!(rows.scaled().as_slice(), again.scaled().as_slice());
                again.scaled().as_slice().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
            };
            assert!(bits(1) == bits(3));
        }
    }

    #[test]
    fn chains_that_make_no_sense_are_refused_before_anything_runs() {
        let message = |steps: &[Step]| check(steps, IMAGE, 5).unwrap_err().to_string();
        assert_eq!(
            message(&[Step::Unit, Step::Deskew]),
            "preprocessing: deskew takes raw images, but unit leaves scaled pixels; move deskew before unit"
        );
        assert!(message(&[Step::Standard, Step::Raw]).contains("raw takes raw bytes"));
        assert!(message(&[Step::Standard, Step::Unit]).contains("move unit before standard"));
        check(&[Step::Binarize { threshold: 1 }, Step::Deskew, Step::Unit, Step::Standard], IMAGE, 5)
            .unwrap();
        assert_eq!(check(&[], IMAGE, 0), Err(StepError::NoRows));
        let pca = |n_components| Step::Pca { n_components, whiten: false };
        let hog = |pixels_per_cell, cells_per_block| Step::Hog {
            orientations: 9,
            pixels_per_cell,
            cells_per_block,
        };
        assert_eq!(
            message(&[pca(7)]),
            "preprocessing: pca with n_components = 7: must be from 1 to 6, the features"
        );
        assert!(message(&[pca(6)]).ends_with("must be from 1 to 5, the training rows"));
        assert!(message(&[pca(0)]).contains("n_components = 0"));
        assert!(message(&[hog(0, 1)]).contains("pixels_per_cell = 0: must be at least 1"));
        assert_eq!(
            check(&[hog(4, 2)], [5, 5], 100).unwrap_err().to_string(),
            "preprocessing: hog needs images of at least 8 x 8 pixels, these have 5 x 5; \
             use other steps or smaller cells"
        );
        assert!(message(&[pca(2), hog(1, 1)]).ends_with("pca leaves computed values; move hog before pca"));
        assert!(message(&[hog(1, 1), Step::Unit]).contains("unit takes raw bytes, but hog leaves"));
        let differences = Step::PixelDifferences { n_features: 25 };
        assert!(
            message(std::slice::from_ref(&differences)).contains("needs images of at least 12 x 12 pixels")
        );
        let chain = [differences.clone(), Step::Unit, Step::Standard];
        check(&chain, [28, 28], 5).unwrap();
        let twice = check(&[differences.clone(), differences], [28, 28], 5).unwrap_err().to_string();
        assert!(twice.contains("but pixel_differences leaves bytes that are no images"));
        assert!(twice.ends_with("; take pixel_differences once"), "{twice}");
        let gamma = |gamma| Step::Nystroem { n_components: 3, gamma: Some(gamma) };
        assert!(
            message(&[gamma(0.0)]).ends_with("nystroem with gamma = 0: must be above 0 and at most 1e20")
        );
        assert!(message(&[gamma(f64::NAN)]).ends_with("gamma = NaN: must be above 0 and at most 1e20"));
        assert!(message(&[gamma(1e21)]).ends_with("at most 1e20"));
        check(&[gamma(1e20)], IMAGE, 5).unwrap();
        assert!(message(&[Step::Nystroem { n_components: 6, gamma: None }]).contains("from 1 to 5"));
        assert!(message(&[Step::RbfSampler { n_components: 0, gamma: None }]).contains("at least 1"));
        check(&[Step::Deskew, hog(1, 1), pca(5), Step::Standard], IMAGE, 5).unwrap();
        let train = images(&[0; 6]);
        let wrong = fit(&[], &train, [2, 2], 1).err().unwrap();
        assert_eq!(wrong.to_string(), "preprocessing: rows of 6 values are no images of 2 x 2 pixels");
    }
}
