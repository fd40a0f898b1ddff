//! Confusion matrix, and precision, recall and F1 of each class.

/// Confusion matrix: counts of test images by true class (row) and predicted class (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u32>,
}

/// Measures of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Precision: the share of images predicted as this class that belong to it; `None` without such
    /// predictions.
    pub precision: Option<f64>,
    /// Recall: the share of images of this class that were predicted as it; `None` without such images.
    pub recall: Option<f64>,
    /// F1, the harmonic mean of precision and recall; `None` when no image has or is predicted as the class.
    pub f1: Option<f64>,
}

impl Confusion {
    pub fn new(classes: usize) -> Confusion {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Adds the predictions for all test images. Both slices have the same length and hold classes below
    /// `classes`.
    pub fn add(&mut self, labels: &[u8], predictions: &[u8]) {
        for (&label, &prediction) in labels.iter().zip(predictions) {
            self.counts[usize::from(label) * self.classes + usize::from(prediction)] += 1;
        }
    }

    /// The number of images of `class` that were predicted as `predicted`.
    pub fn count(&self, class: usize, predicted: usize) -> u32 {
        self.counts[class * self.classes + predicted]
    }

    /// The matrix, row-major.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The number of images of `class`.
    pub fn support(&self, class: usize) -> usize {
        (0..self.classes).map(|predicted| self.count(class, predicted) as usize).sum()
    }

    /// The number of predictions of `class`.
    pub fn predicted(&self, class: usize) -> usize {
        (0..self.classes).map(|label| self.count(label, class) as usize).sum()
    }

    /// The number of correct predictions.
    pub fn right(&self) -> usize {
        (0..self.classes).map(|class| self.count(class, class) as usize).sum()
    }

    /// The pairs of different classes with their counts, the most frequent first, then in the order of
    /// classes.
    pub fn worst(&self) -> Vec<(usize, usize, u32)> {
        let mut pairs = Vec::new();
        for class in 0..self.classes {
            for predicted in (0..self.classes).filter(|&other| other != class) {
                let count = self.count(class, predicted);
                if count > 0 {
                    pairs.push((class, predicted, count));
                }
            }
        }
        pairs.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
        pairs
    }

    /// Measures for each class.
    pub fn measures(&self) -> Vec<Measures> {
        let of = |class: usize| {
            let right = self.count(class, class);
            let there = self.support(class);
            let predicted: usize = (0..self.classes).map(|other| self.count(other, class) as usize).sum();
            let share = |of: usize| (of > 0).then(|| f64::from(right) / of as f64);
            let both = there + predicted;
            Measures {
                precision: share(predicted),
                recall: share(there),
                f1: (both > 0).then(|| 2.0 * f64::from(right) / both as f64),
            }
        };
        (0..self.classes).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_follow_from_the_counts() {
        let mut confusion = Confusion::new(3);
        confusion.add(&[0, 0, 0, 1, 1], &[0, 0, 1, 1, 0]);
        assert_eq!(confusion.counts(), [2, 1, 0, 1, 1, 0, 0, 0, 0]);
        assert_eq!(confusion.worst(), [(0, 1, 1), (1, 0, 1)]);
        assert_eq!((confusion.support(0), confusion.support(2), confusion.right()), (3, 0, 3));
        let measures = confusion.measures();
        assert_eq!(measures[0].precision, Some(2.0 / 3.0));
        assert_eq!(measures[0].recall, Some(2.0 / 3.0));
        assert_eq!(measures[1], Measures { precision: Some(0.5), recall: Some(0.5), f1: Some(0.5) });
        assert_eq!(measures[2], Measures { precision: None, recall: None, f1: None });
    }
}
