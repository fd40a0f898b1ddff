//! Which class was taken for which, and what follows from it for each class.

/// Counts of test images by class (row) and predicted class (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u32>,
}

/// How well one class is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Of the images predicted as this class, the share that are of it; `None` when none was so predicted.
    pub precision: Option<f64>,
    /// Of the images of this class, the share that were predicted as it; `None` when there are none.
    pub recall: Option<f64>,
    /// The harmonic mean of both, `2 right / (predicted + there)`; `None` when the class occurs in neither.
    pub f1: Option<f64>,
}

impl Confusion {
    pub fn new(classes: usize) -> Confusion {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Adds one pass over the test images. Both slices are of one length, with classes below `classes`.
    pub fn add(&mut self, labels: &[u8], predictions: &[u8]) {
        for (&label, &prediction) in labels.iter().zip(predictions) {
            self.counts[usize::from(label) * self.classes + usize::from(prediction)] += 1;
        }
    }

    /// How many images of `class` were predicted as `predicted`.
    pub fn count(&self, class: usize, predicted: usize) -> u32 {
        self.counts[class * self.classes + predicted]
    }

    /// Row by row.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// How many images of `class` there are.
    pub fn support(&self, class: usize) -> usize {
        (0..self.classes).map(|predicted| self.count(class, predicted) as usize).sum()
    }

    /// How many images were predicted as what they are.
    pub fn right(&self) -> usize {
        (0..self.classes).map(|class| self.count(class, class) as usize).sum()
    }

    /// The pairs of different classes with their counts, the most frequent first, then in the order of classes.
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

    /// One entry a class.
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
