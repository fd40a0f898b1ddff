//! One-pixel classifiers: for each pair of classes the best rule "pixel >= threshold" (a decision stump),
//! found from histograms of the training images.

use crate::dataset::Split;

/// The best rule for a pair of classes, `first` < `second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub first: u8,
    pub second: u8,
    /// Index of the pixel, row-major.
    pub pixel: usize,
    /// The rule predicts `above` where the pixel is at least this, and the other class elsewhere.
    pub threshold: u8,
    pub above: u8,
    pub train: Score,
    pub test: Score,
}

/// Correct and all images of a pair of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub correct: u32,
    pub total: u32,
}

impl Score {
    /// Accuracy of the rule; 0 without images.
    pub fn accuracy(self) -> f64 {
        if self.total == 0 { 0.0 } else { f64::from(self.correct) / f64::from(self.total) }
    }
}

impl Rule {
    /// The class that the rule predicts for an image.
    pub fn says(&self, image: &[u8]) -> u8 {
        let bright = image.get(self.pixel).is_some_and(|&pixel| pixel >= self.threshold);
        if bright == (self.above == self.first) { self.first } else { self.second }
    }
}

/// The rules of all pairs of classes, in order of (first, second). Ties go to the first pixel and the lowest
/// threshold. Every threshold of every pixel is tried: classes^2 / 2 x pixels x 256 steps, after one pass
/// over the images.
pub fn rules(train: &Split, test: &Split, classes: usize) -> Vec<Rule> {
    let histogram = Histogram::of(train, classes);
    let mut rules = Vec::new();
    for first in 0..classes {
        for second in first + 1..classes {
            rules.push(histogram.best(first as u8, second as u8));
        }
    }
    for rule in &mut rules {
        rule.test = score(rule, test);
    }
    rules
}

/// Score of a rule on the images of its pair.
fn score(rule: &Rule, split: &Split) -> Score {
    let d = split.images.rows * split.images.columns;
    let mut score = Score::default();
    for (image, &label) in split.images.pixels.chunks_exact(d.max(1)).zip(&split.labels) {
        if label == rule.first || label == rule.second {
            score.total += 1;
            score.correct += u32::from(rule.says(image) == label);
        }
    }
    score
}

/// Counts of images by class, pixel and value.
struct Histogram {
    d: usize,
    /// Index (class * d + pixel) * 256 + value.
    counts: Vec<u32>,
    /// The number of images of each class.
    totals: Vec<u32>,
}

impl Histogram {
    fn of(split: &Split, classes: usize) -> Histogram {
        let d = split.images.rows * split.images.columns;
        let mut counts = vec![0u32; classes * d * 256];
        let mut totals = vec![0u32; classes];
        for (image, &label) in split.images.pixels.chunks_exact(d.max(1)).zip(&split.labels) {
            let Some(total) = totals.get_mut(usize::from(label)) else { continue };
            *total += 1;
            let of_class = &mut counts[usize::from(label) * d * 256..][..d * 256];
            for (pixel, &value) in image.iter().enumerate() {
                of_class[pixel * 256 + usize::from(value)] += 1;
            }
        }
        Histogram { d, counts, totals }
    }

    fn values(&self, class: u8, pixel: usize) -> &[u32] {
        &self.counts[(usize::from(class) * self.d + pixel) * 256..][..256]
    }

    /// The best rule on the training images, without its test score.
    fn best(&self, first: u8, second: u8) -> Rule {
        let totals = (self.totals[usize::from(first)], self.totals[usize::from(second)]);
        let total = totals.0 + totals.1;
        // The rule to beat always predicts the more frequent class: "pixel 0 >= 0".
        let above = if totals.0 >= totals.1 { first } else { second };
        let train = Score { correct: totals.0.max(totals.1), total };
        let test = Score::default();
        let mut best = Rule { first, second, pixel: 0, threshold: 0, above, train, test };
        for pixel in 0..self.d {
            let (a, b) = (self.values(first, pixel), self.values(second, pixel));
            let mut below = (0u32, 0u32);
            for threshold in 1..=255u8 {
                let value = usize::from(threshold) - 1;
                below = (below.0 + a[value], below.1 + b[value]);
                // Correct if `first` is the brighter class: its images at or above the threshold, the others
                // below.
                let bright_first = totals.0 - below.0 + below.1;
                let correct = bright_first.max(total - bright_first);
                if correct > best.train.correct {
                    best.pixel = pixel;
                    best.threshold = threshold;
                    best.above = if bright_first == correct { first } else { second };
                    best.train.correct = correct;
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Images;
    use proptest::prelude::*;

    fn split(pixels: Vec<u8>, labels: Vec<u8>, d: usize) -> Split {
        Split { images: Images { pixels, count: labels.len(), rows: 1, columns: d }, labels }
    }

    #[test]
    fn the_pixel_that_separates_is_found() {
        // Pixel 1 separates 0 (dark) from 1 (bright) perfectly; pixel 0 says nothing.
        let train = split(vec![9, 10, 9, 20, 9, 200, 9, 30, 9, 40], vec![0, 0, 1, 1, 1], 2);
        let test = split(vec![0, 29, 0, 30, 0, 1], vec![0, 1, 1], 2);
        let rule = rules(&train, &test, 2)[0];
        assert_eq!((rule.pixel, rule.threshold, rule.above), (1, 21, 1));
        assert_eq!(rule.train, Score { correct: 5, total: 5 });
        assert_eq!(rule.test, Score { correct: 1, total: 3 });
    }

    #[test]
    fn without_images_or_without_a_class_there_is_a_rule_all_the_same() {
        let nothing = split(Vec::new(), Vec::new(), 4);
        assert_eq!(rules(&nothing, &nothing, 3).len(), 3);
        let lonely = split(vec![1, 2], vec![1, 1], 1);
        let rule = rules(&lonely, &lonely, 2)[0];
        assert_eq!((rule.above, rule.train.accuracy()), (1, 1.0));
    }

    proptest! {
        #[test]
        fn no_rule_beats_the_one_found(
            pixels in proptest::collection::vec(0u8..6, 24),
            labels in proptest::collection::vec(0u8..3, 8),
        ) {
            let train = split(pixels, labels, 3);
            for rule in rules(&train, &train, 3) {
                prop_assert_eq!(rule.train, rule.test, "scored on the same images");
                for pixel in 0..3 {
                    for threshold in 0..=255u8 {
                        for above in [rule.first, rule.second] {
                            let other = Rule { pixel, threshold, above, ..rule };
                            prop_assert!(score(&other, &train).correct <= rule.train.correct);
                        }
                    }
                }
            }
        }
    }
}
