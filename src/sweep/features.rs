//! In a worker: the images of a job, and the features that the steps before the model make of them.

use std::sync::Arc;

use pixel_learn::preprocessing;
use pixel_learn::{Features, Scaling};

use super::error::WorkerError;
use crate::dataset::{self, Split, split};
use crate::engines::protocol::WorkerJob;
use crate::engines::stopwatch::timed;
use crate::engines::{Cost, Outcome};
use crate::results::record::UNCOUNTED_STEPS;

/// The images of a job, standardised on the training rows.
pub struct Loaded {
    pub train: Features,
    pub labels: Vec<u8>,
    pub classes: usize,
    pub test: Features,
    pub image: [usize; 2],
}

impl Loaded {
    /// Loads the data, takes the subset and orders the rows.
    pub fn of(job: &WorkerJob) -> Result<Loaded, WorkerError> {
        let dataset = dataset::load_from(&job.data_dir, &job.dataset)?;
        if dataset.digests != job.digests {
            return Err(WorkerError::DatasetChanged(job.dataset.clone()));
        }
        let classes = dataset.classes();
        let train = dataset.train;
        let image = [train.images.rows, train.images.columns];
        let d = image[0] * image[1];
        let mut rows = match job.train_size {
            Some(size) => split::stratified(&train.labels, size, job.subset_seed),
            None => (0..train.labels.len()).collect(),
        };
        let order = split::shuffled(rows.len(), job.shuffle_seed);
        rows = order.into_iter().map(|place| rows[place]).collect();
        let Split { images, labels } = train.select(&rows);
        drop(train);
        let scaling = Arc::new(Scaling::standard(&images.pixels, images.count, d));
        let train = Features::new(images.pixels, images.count, d, scaling.clone());
        let mut test = dataset.test.images;
        test.count = job.test_size.map_or(test.count, |size| size.min(test.count));
        test.pixels.truncate(test.count * d);
        let test = Features::new(test.pixels, test.count, d, scaling);
        Ok(Loaded { train, labels, classes, test, image })
    }
}

/// Features that steps other than standardising have made, with what they cost.
pub struct Transformed {
    pub train: Features,
    pub test: Features,
    /// Fitting the steps and transforming the training rows.
    fit: Cost,
    /// Transforming the test rows.
    predict: Cost,
    /// Whether any step was run here. An external engine that runs all steps itself gets the pixels.
    ran: bool,
}

impl Transformed {
    /// Runs the steps of the job; `None` where there are none beyond standardising. Random steps draw from
    /// the seed that orders the rows, so that all models of a repeat see the same features.
    pub fn of(job: &WorkerJob, loaded: &Loaded) -> Result<Option<Transformed>, WorkerError> {
        if job.preprocessing.is_default() {
            return Ok(None);
        }
        // An external engine that runs the last steps itself gets the output of the first ones.
        let steps = match &job.external {
            Some(start) => job.preprocessing.split_at(&start.preprocessing).0,
            None => job.preprocessing.steps(),
        };
        let (fitted, fit) =
            timed(|| preprocessing::fit(steps, &loaded.train, loaded.image, job.shuffle_seed));
        let (fitted, train) = fitted?;
        let (test, predict) = timed(|| fitted.transform(&loaded.test));
        Ok(Some(Transformed { train, test, fit, predict, ran: !steps.is_empty() }))
    }

    /// Adds the CPU seconds of the steps to the facts of a model's outcome and, if `counted`, their cost to
    /// its fit and predict times. They do not count for an external engine, which gets finished features.
    pub fn note(&self, mut outcome: Outcome, counted: bool) -> Outcome {
        let fact = if counted {
            outcome.fit += self.fit;
            outcome.predict += self.predict;
            "preprocessing_cpu_seconds"
        } else {
            UNCOUNTED_STEPS
        };
        if self.ran {
            let seconds = self.fit.cpu_seconds + self.predict.cpu_seconds;
            outcome.facts.insert(fact.into(), seconds.into());
        }
        outcome
    }
}
