//! `NearestCentroid`: nothing is shared, nothing is random.

use super::unshared::{Scaled, Unshared};
use super::unshared_key;
use crate::engines::params::ParamReader;
use crate::grid::Parameters;
use pixel_learn::models::nearest_centroid::{CentroidMetric, NearestCentroid};

pub static FAMILY: Unshared<NearestCentroid> = Unshared {
    classifier: "NearestCentroid",
    read,
    sharing_key: |parameters| unshared_key("NearestCentroid", parameters),
    scaled: Scaled::Both,
};

fn read(parameters: &Parameters) -> Result<NearestCentroid, String> {
    let reader = ParamReader::new(parameters, &["metric", "shrink_threshold"])?;
    let metric = match reader.choice("metric", "euclidean", &["euclidean", "manhattan"])? {
        "manhattan" => CentroidMetric::Manhattan,
        _ => CentroidMetric::Euclidean,
    };
    let shrink_threshold =
        reader.value("shrink_threshold").map(|_| reader.positive("shrink_threshold", 1.0)).transpose()?;
    Ok(NearestCentroid { metric, shrink_threshold })
}
