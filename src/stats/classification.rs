//! scikit-learn's `classification_report`: the measures of each class with their averages, and its layout.

use super::confusion::{Confusion, Measures};

/// Precision, recall and F1 of each class, with averages.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    pub classes: Vec<Scores>,
    pub accuracy: f64,
    /// Averages over the classes that occur among labels or predictions: unweighted (`macro`), and weighted by support.
    pub macro_average: Scores,
    pub weighted_average: Scores,
}

/// Measures of one class, or averages of them. A division by zero gives 0, as in scikit-learn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Support: the number of images of the class.
    pub support: usize,
    /// Predictions of the class.
    pub predicted: usize,
}

impl Scores {
    /// Whether the class is among the labels or the predictions. scikit-learn's report leaves out what is not.
    pub fn occurs(&self) -> bool {
        self.support + self.predicted > 0
    }
}

impl Classification {
    /// Measures from the counts of one or several repeats.
    pub fn of(confusion: &Confusion) -> Classification {
        let score = |(class, measures): (usize, Measures)| Scores {
            precision: measures.precision.unwrap_or(0.0),
            recall: measures.recall.unwrap_or(0.0),
            f1: measures.f1.unwrap_or(0.0),
            support: confusion.support(class),
            predicted: confusion.predicted(class),
        };
        let scores: Vec<Scores> = confusion.measures().into_iter().enumerate().map(score).collect();
        let support: usize = scores.iter().map(|scores| scores.support).sum();
        let average = |weight: &dyn Fn(&Scores) -> f64| {
            let total: f64 = scores.iter().map(weight).sum::<f64>().max(f64::MIN_POSITIVE);
            let mean = |of: &dyn Fn(&Scores) -> f64| {
                scores.iter().map(|one| of(one) * weight(one)).sum::<f64>() / total
            };
            Scores {
                precision: mean(&|s| s.precision),
                recall: mean(&|s| s.recall),
                f1: mean(&|s| s.f1),
                support,
                predicted: support,
            }
        };
        Classification {
            accuracy: if support == 0 { 0.0 } else { confusion.right() as f64 / support as f64 },
            macro_average: average(&|scores| if scores.occurs() { 1.0 } else { 0.0 }),
            weighted_average: average(&|scores| scores.support as f64),
            classes: scores,
        }
    }

    /// The text that scikit-learn's `classification_report(..., digits)` prints.
    pub fn to_text(&self, names: &[String], digits: usize) -> String {
        const LAST: &str = "weighted avg";
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = longest.max(LAST.len()).max(digits);
        let mut text = format!("{:>width$} ", "");
        for head in ["precision", "recall", "f1-score", "support"] {
            text += &format!(" {head:>9}");
        }
        text += "\n\n";
        let line = |name: &str, scores: &Scores| {
            let Scores { precision, recall, f1, support, .. } = scores;
            format!(
                "{name:>width$}  {precision:>9.digits$} {recall:>9.digits$} {f1:>9.digits$} {support:>9}\n"
            )
        };
        for (name, scores) in names.iter().zip(&self.classes).filter(|(_, scores)| scores.occurs()) {
            text += &line(name, scores);
        }
        let (accuracy, support) = (self.accuracy, self.macro_average.support);
        text +=
            &format!("\n{:>width$}  {:>9} {:>9} {accuracy:>9.digits$} {support:>9}\n", "accuracy", "", "");
        text += &line("macro avg", &self.macro_average);
        text + &line(LAST, &self.weighted_average)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(predictions: &[u8], labels: &[u8], classes: usize) -> Classification {
        let mut confusion = Confusion::new(classes);
        confusion.add(labels, predictions);
        Classification::of(&confusion)
    }

    /// The first example of scikit-learn's documentation of `classification_report`.
    #[test]
    fn the_layout_is_scikit_learns() {
        let report = report(&[0, 0, 2, 2, 1], &[0, 1, 2, 2, 2], 3);
        let names: Vec<String> = ["class 0", "class 1", "class 2"].map(str::to_string).to_vec();
        let expected = "              precision    recall  f1-score   support

     class 0       0.50      1.00      0.67         1
     class 1       0.00      0.00      0.00         1
     class 2       1.00      0.67      0.80         3

    accuracy                           0.60         5
   macro avg       0.50      0.56      0.49         5
weighted avg       0.70      0.60      0.61         5
";
        assert_eq!(report.to_text(&names, 2), expected);
    }

    /// scikit-learn 1.9: `classification_report([0, 0, 2, 2], [0, 2, 2, 2])` and with labels 1 to 3 of four classes.
    #[test]
    fn a_class_that_never_occurs_is_left_out() {
        let absent = report(&[0, 2, 2, 2], &[0, 0, 2, 2], 3);
        assert!((absent.macro_average.precision - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert!((absent.macro_average.recall - 0.75).abs() < 1e-12);
        assert!((absent.macro_average.f1 - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12);
        let names: Vec<String> = ["zero", "one", "two"].map(str::to_string).to_vec();
        let text = absent.to_text(&names, 2);
        assert!(!text.contains(" one ") && text.contains(" zero ") && text.contains(" two "), "{text}");
        // Labels from 1: class 0 is in no file.
        let from_one = report(&[1, 2, 3, 3], &[1, 2, 3, 2], 4);
        assert!((from_one.macro_average.recall - (1.0 + 0.5 + 1.0) / 3.0).abs() < 1e-12);
        // Predicted and never right: it counts, with 0.
        let predicted = report(&[0, 1], &[0, 0], 3);
        assert!((predicted.macro_average.precision - 0.5).abs() < 1e-12);
        assert!((predicted.weighted_average.recall - 0.5).abs() < 1e-12);
    }

    #[test]
    fn nothing_at_all_is_zero() {
        let report = report(&[], &[], 2);
        assert_eq!((report.accuracy, report.macro_average.f1, report.classes[1].recall), (0.0, 0.0, 0.0));
    }
}
