//! t-SNE: an embedding in the plane that keeps neighbours together.
//!
//! Exact repulsion between all pairs, attraction among nearest neighbours; the layout starts from the first
//! two columns of the points (their principal components), so there is no seed. Plain loops in a fixed order:
//! the same bits for any number of threads.
//!
//! Reference: Laurens van der Maaten and Geoffrey Hinton (2008), "Visualizing data using t-SNE", Journal of
//! Machine Learning Research 9, 2579-2605; start and learning rate as in Dmitry Kobak and Philipp Berens
//! (2019), "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 5416.

use rayon::prelude::*;

/// Perplexity: the effective number of neighbours.
const PERPLEXITY: f64 = 30.0;
/// Neighbours in the attraction; farther points have no attraction.
const NEIGHBOURS: usize = 90;
const EARLY_STEPS: usize = 250;
const STEPS: usize = 750;
/// Early exaggeration: the factor of the attraction in the first steps.
const EXAGGERATION: f32 = 12.0;
const LANES: usize = 16;

/// A neighbour and its joint probability.
type Pull = (u32, f32);

/// Embeds `n` points of `d` columns; returns (x, y) of each.
pub fn embed(points: &[f32], d: usize) -> Vec<[f32; 2]> {
    let n = points.len() / d;
    let pulls = pulls(points, d);
    let spread = deviation(points.iter().step_by(d).copied());
    let scale = 1e-4 / spread.max(f32::MIN_POSITIVE);
    let mut x: Vec<f32> = (0..n).map(|i| points[i * d] * scale).collect();
    let mut y: Vec<f32> = (0..n).map(|i| points[i * d + 1.min(d - 1)] * scale).collect();
    let mut speed = vec![[0f32; 2]; n];
    let mut gains = vec![[1f32; 2]; n];
    let rate = (n as f32 / EXAGGERATION).max(50.0);
    for step in 0..STEPS {
        let (strength, momentum) = if step < EARLY_STEPS { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let pushes: Vec<[f32; 3]> = (0..n).into_par_iter().map(|i| push(&x, &y, x[i], y[i])).collect();
        let total: f64 = pushes.iter().map(|push| f64::from(push[2])).sum();
        let total = (total.max(1e-12)) as f32;
        speed.par_iter_mut().zip(&mut gains).enumerate().for_each(|(i, (speed, gains))| {
            let mut force = [-pushes[i][0] / total, -pushes[i][1] / total];
            for &(j, share) in &pulls[i] {
                let (dx, dy) = (x[i] - x[j as usize], y[i] - y[j as usize]);
                let weight = strength * share / (1.0 + dx * dx + dy * dy);
                force[0] += weight * dx;
                force[1] += weight * dy;
            }
            for axis in 0..2 {
                let slope = 4.0 * force[axis];
                let gain =
                    if (slope > 0.0) != (speed[axis] > 0.0) { gains[axis] + 0.2 } else { gains[axis] * 0.8 };
                gains[axis] = gain.max(0.01);
                speed[axis] = momentum * speed[axis] - rate * gains[axis] * slope;
            }
        });
        for i in 0..n {
            x[i] += speed[i][0];
            y[i] += speed[i][1];
        }
    }
    x.into_iter().zip(y).map(|(x, y)| [x, y]).collect()
}

/// The repulsive force on a point from all others, and the sum of its Student-t weights. The point itself
/// adds 0 to the force and 1 to the sum.
fn push(x: &[f32], y: &[f32], at_x: f32, at_y: f32) -> [f32; 3] {
    let mut sums = [[0f32; LANES]; 3];
    let mut add = |lane: usize, x: f32, y: f32| {
        let (dx, dy) = (at_x - x, at_y - y);
        let weight = 1.0 / (1.0 + dx * dx + dy * dy);
        let square = weight * weight;
        sums[0][lane] += square * dx;
        sums[1][lane] += square * dy;
        sums[2][lane] += weight;
    };
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (lane, (&x, &y)) in xs.remainder().iter().zip(ys.remainder()).enumerate() {
        add(lane, x, y);
    }
    for (x, y) in xs.zip(ys) {
        for lane in 0..LANES {
            add(lane, x[lane], y[lane]);
        }
    }
    let [dx, dy, weight] = sums.map(|lanes| lanes.iter().sum::<f32>());
    [dx, dy, weight - 1.0]
}

/// Joint probabilities: for each point its neighbours in both directions, with a total of 1 over all pairs.
fn pulls(points: &[f32], d: usize) -> Vec<Vec<Pull>> {
    let n = points.len() / d;
    let one_way: Vec<Vec<Pull>> = (0..n).into_par_iter().map(|i| neighbours(points, d, i)).collect();
    let mut both: Vec<std::collections::BTreeMap<u32, f32>> = vec![Default::default(); n];
    let whole = 2.0 * n as f32;
    for (i, own) in one_way.iter().enumerate() {
        for &(j, share) in own {
            *both[i].entry(j).or_default() += share / whole;
            *both[j as usize].entry(i as u32).or_default() += share / whole;
        }
    }
    both.into_iter().map(|own| own.into_iter().collect()).collect()
}

/// Conditional probabilities of a point's nearest neighbours, from a Gaussian whose width gives the
/// perplexity.
fn neighbours(points: &[f32], d: usize, i: usize) -> Vec<Pull> {
    let n = points.len() / d;
    let own = &points[i * d..][..d];
    let distance = |j: usize| squared(own, &points[j * d..][..d]);
    let mut found: Vec<(f32, u32)> = (0..n).filter(|&j| j != i).map(|j| (distance(j), j as u32)).collect();
    let wanted = NEIGHBOURS.min(found.len());
    let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if wanted == 0 {
        return Vec::new();
    }
    found.select_nth_unstable_by(wanted - 1, order);
    found.truncate(wanted);
    found.sort_by(order);
    let nearest = f64::from(found[0].0);
    let target = PERPLEXITY.min(wanted as f64 * 0.9).ln();
    // Bisection on the precision, until the entropy is the logarithm of the perplexity.
    let (mut low, mut high) = (0.0f64, f64::INFINITY);
    let mut precision = 1.0 / (f64::from(found[wanted / 2].0) - nearest).max(1e-12);
    let mut weights = Vec::new();
    for _ in 0..100 {
        weights.clear();
        weights.extend(found.iter().map(|&(apart, _)| (-(f64::from(apart) - nearest) * precision).exp()));
        let sum: f64 = weights.iter().sum();
        let mean: f64 =
            weights.iter().zip(&found).map(|(w, (apart, _))| w * (f64::from(*apart) - nearest)).sum::<f64>()
                / sum;
        let entropy = sum.ln() + precision * mean;
        if (entropy - target).abs() < 1e-6 {
            break;
        }
        if entropy > target {
            low = precision;
            precision = if high.is_finite() { (low + high) / 2.0 } else { precision * 2.0 };
        } else {
            high = precision;
            precision = (low + high) / 2.0;
        }
    }
    let sum: f64 = weights.iter().sum();
    found.iter().zip(&weights).map(|(&(_, j), weight)| (j, (weight / sum) as f32)).collect()
}

fn squared(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn deviation(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let n = values.clone().count().max(1) as f32;
    let mean = values.clone().sum::<f32>() / n;
    (values.map(|value| (value - mean) * (value - mean)).sum::<f32>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three clouds in five dimensions.
    fn clouds() -> (Vec<f32>, Vec<usize>) {
        let mut points = Vec::new();
        let mut labels = Vec::new();
        for index in 0..300usize {
            let cloud = index % 3;
            labels.push(cloud);
            for column in 0..5 {
                let noise = ((index * 7919 + column * 104_729) % 1000) as f32 / 1000.0;
                points.push(noise + if column == cloud { 8.0 } else { 0.0 });
            }
        }
        (points, labels)
    }

    #[test]
    fn clouds_stay_together() {
        let (points, labels) = clouds();
        let places = embed(&points, 5);
        let apart = |a: &[f32; 2], b: &[f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let mut right = 0;
        for (i, place) in places.iter().enumerate() {
            let others = (0..places.len()).filter(|&j| j != i);
            let nearest =
                others.min_by(|&a, &b| apart(place, &places[a]).total_cmp(&apart(place, &places[b])));
            right += usize::from(labels[nearest.unwrap()] == labels[i]);
        }
        assert_eq!(right, places.len());
    }

    #[test]
    fn the_threads_do_not_matter() {
        let (points, _) = clouds();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| embed(&points, 5)), embed(&points, 5));
    }
}
