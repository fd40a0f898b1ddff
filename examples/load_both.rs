//! One call loads either data set, and the same code trains on both:
//! `cargo run --release --example load_both`.
//!
//! For each of the two: the shapes of the four arrays, the smallest and largest pixel before and after scaling
//! by 1/255, and the accuracy of a decision tree.

use std::error::Error;
use std::sync::Arc;

use mnist_bench::dataset;
use pixel_learn::models::{Classifier, Training};
use pixel_learn::{DecisionTreeClassifier, Scaling};

fn main() -> Result<(), Box<dyn Error>> {
    for name in ["mnist", "fashion-mnist"] {
        let dataset = dataset::load(name)?;
        let (train, test) = (&dataset.train, &dataset.test);
        println!("{name}");
        for (split, part) in [("train", train), ("test", test)] {
            let images = &part.images;
            println!("  {split} images  {} x {} x {} u8", images.count, images.rows, images.columns);
            println!("  {split} labels  {} u8", part.labels.len());
        }
        let (min, max) = (train.images.pixels.iter().min(), train.images.pixels.iter().max());
        println!("  pixels  {} to {}", min.unwrap_or(&0), max.unwrap_or(&0));

        // pixel / 255, for both splits.
        let scaling = Arc::new(Scaling::unit(train.images.rows * train.images.columns));
        let (x_train, x_test) = (train.images.features(scaling.clone()), test.images.features(scaling));
        let values = x_train.scaled().as_slice();
        let min = values.iter().copied().fold(f32::INFINITY, f32::min);
        let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        println!("  scaled by 1/255  {min} to {max}");

        let tree = DecisionTreeClassifier { max_depth: Some(10), ..DecisionTreeClassifier::default() };
        let training = Training { features: &x_train, labels: &train.labels, classes: dataset.classes() };
        let model = tree.fit(&training, 1)?;
        let predictions = model.predict(&x_test);
        let right =
            predictions.iter().zip(&test.labels).filter(|(predicted, label)| predicted == label).count();
        println!("  decision tree of depth 10: accuracy {:.4}", right as f64 / test.labels.len() as f64);
        let first = dataset.class_names.get(usize::from(predictions[0])).map_or("?", String::as_str);
        println!("  the first test image is taken for: {first}");
    }
    Ok(())
}
