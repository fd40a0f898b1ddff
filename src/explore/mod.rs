//! The data explorer: pictures of the images themselves, with what they show in words.
//!
//! `explore` draws them from a data set and writes them beside `explore.json`, which lists them; the report
//! only puts them on its page.

pub mod one_pixel;
mod picture;
mod scatter;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::format::title;
use crate::stats::{pca, tsne};
use scatter::Scatter;

/// The file in the reports folder that names all pictures.
pub const FILE: &str = "explore.json";
/// The most images in a scatter plot.
const LAID_OUT: usize = 10_000;
/// Principal components in which t-SNE finds the neighbours.
const COMPONENTS: usize = 50;

/// The content of [`FILE`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explorer {
    pub schema_version: u64,
    pub pictures: Vec<Picture>,
}

/// One picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    pub dataset: String,
    /// What it shows, the same word for every data set, such as `pca`.
    pub kind: String,
    /// Its file beside this one.
    pub file: String,
    pub title: String,
    /// The picture in words, for readers who cannot see it.
    pub caption: String,
    pub width: u32,
    pub height: u32,
}

/// A picture with its bytes.
pub struct Drawn {
    pub picture: Picture,
    pub png: Vec<u8>,
}

/// All pictures of a data set.
pub fn pictures(dataset: &Dataset) -> Result<Vec<Drawn>, String> {
    let name = title(&dataset.name);
    let images = &dataset.train.images;
    let (largest, smallest) = extremes(&dataset.train.labels, dataset.classes());
    let mut drawn = Vec::new();
    let mut add = |kind: &str, what: &str, caption: String, (size, png): ((u32, u32), Vec<u8>)| {
        let picture = Picture {
            dataset: dataset.name.clone(),
            kind: kind.into(),
            file: format!("{kind}-{}.png", dataset.name),
            title: format!("{name}: {what}"),
            caption,
            width: size.0,
            height: size.1,
        };
        drawn.push(Drawn { picture, png });
    };
    add(
        "sprite",
        "each class in three rows",
        format!("The first training images of each of the {} classes.", dataset.classes()),
        picture::sprite(dataset)?,
    );
    add(
        "class-counts",
        "images of each class",
        format!(
            "{} training and {} test images; of the former {} in each class.",
            dataset.train.labels.len(),
            dataset.test.labels.len(),
            if smallest == largest { largest.to_string() } else { format!("{smallest} to {largest}") }
        ),
        picture::counts(dataset)?,
    );
    add(
        "class-means",
        "the mean image of each class",
        "The mean of all training images of a class: what is sharp in it is the same in most of them.".into(),
        picture::means(dataset)?,
    );
    let lit = images.pixels.iter().filter(|&&pixel| pixel > 0).count();
    let mean = images.pixels.iter().map(|&pixel| u64::from(pixel)).sum::<u64>() as f64;
    let all = images.pixels.len().max(1) as f64;
    add(
        "pixels",
        "mean and standard deviation of each pixel",
        format!(
            "Over all training images; a pixel is {:.1} of 255 on average, and {:.0} % of them are not zero.",
            mean / all,
            100.0 * lit as f64 / all
        ),
        picture::pixels(images)?,
    );
    let label = dataset.train.labels.first().copied().unwrap_or_default();
    let class = dataset.class_names.get(usize::from(label)).cloned().unwrap_or_default();
    add(
        "one-image",
        "one image large",
        format!(
            "The first training image, class {class}: {} x {} pixels from 0 to 255.",
            images.rows, images.columns
        ),
        picture::large(images)?,
    );
    let d = images.rows * images.columns;
    let components = pca::Components::of(&images.pixels, d, COMPONENTS);
    let shown = dataset.test.labels.len().min(LAID_OUT);
    let labels = &dataset.test.labels[..shown];
    let places = components.project(&dataset.test.images.pixels[..shown * d]);
    let kept = components.shares.len();
    let shares: Vec<f64> = components.shares.iter().map(|share| share * 100.0).collect();
    // Images of a single pixel have one axis only.
    let second = 1.min(kept.saturating_sub(1));
    let plane = places.chunks_exact(kept.max(1)).map(|place| [place[0], place[second]]).collect();
    let scatter = |what: &str, places: Vec<[f64; 2]>| Scatter {
        title: format!("{name}: {what}"),
        names: &dataset.class_names,
        labels,
        places,
    };
    add(
        "pca",
        "two principal components",
        format!(
            "{shown} test images along the two directions in which the training images vary most: {:.1} % and \
             {:.1} % of the variance, {:.1} % together. Names stand at the median of their class.",
            shares[0],
            shares[second],
            shares[..=second].iter().sum::<f64>()
        ),
        scatter("two principal components", plane).draw()?,
    );
    let points: Vec<f32> = places.iter().map(|&value| value as f32).collect();
    let laid = tsne::embed(&points, kept);
    let places: Vec<[f64; 2]> = laid.iter().map(|place| place.map(f64::from)).collect();
    let own = scatter::nearest_share(&places, labels);
    add(
        "tsne",
        "t-SNE",
        format!(
            "{shown} test images laid out by t-SNE (perplexity 30) from {kept} principal components with {:.0} % \
             of the variance; {:.1} % of the images have one of their own class next to them. Distances between \
             groups and their sizes mean nothing.",
            shares.iter().sum::<f64>(),
            100.0 * own
        ),
        scatter("t-SNE", places).draw()?,
    );
    Ok(drawn)
}

/// The largest and the smallest number of images of a class.
fn extremes(labels: &[u8], classes: usize) -> (usize, usize) {
    let counts = picture::class_counts(labels, classes);
    (counts.iter().copied().max().unwrap_or(0), counts.iter().copied().min().unwrap_or(0))
}

/// The pictures that `explore` left in a folder; none where it has not run.
pub fn read(reports: &Path) -> Result<Vec<Drawn>, String> {
    let path = reports.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let fault = |reason: String| format!("{}: {reason}; run `explore` again", path.display());
    let bytes = std::fs::read(&path).map_err(|error| fault(error.to_string()))?;
    let file: Explorer = serde_json::from_slice(&bytes).map_err(|error| fault(error.to_string()))?;
    if file.schema_version != 1 {
        return Err(fault(format!("schema_version {} is not 1", file.schema_version)));
    }
    file.pictures
        .into_iter()
        .map(|picture| {
            if !crate::file_name::is_name(&picture.file) || !picture.file.ends_with(".png") {
                return Err(fault(format!("{:?} is not a valid picture name", picture.file)));
            }
            let png = std::fs::read(reports.join(&picture.file))
                .map_err(|error| fault(format!("{}: {error}", picture.file)))?;
            Ok(Drawn { picture, png })
        })
        .collect()
}
