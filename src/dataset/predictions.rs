//! Predicted classes: a byte an image in memory, a base-36 character an image in files and messages.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::MAX_CLASSES;

/// One class an image, in the order of the images. Every class is below [`MAX_CLASSES`], so each has a
/// character.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Predictions(Vec<u8>);

/// Why a text or a list is not valid predictions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictionsError {
    #[error("character {found:?} at position {position} is not a class; expected 0-9 or a-z")]
    Character { position: usize, found: char },
    #[error("class {class} at position {position} does not exist; expected 0 to {}", .classes.saturating_sub(1))]
    Class { position: usize, class: u8, classes: usize },
    #[error("found {found} predictions; expected {expected}, one for each test image")]
    Count { found: usize, expected: usize },
}

impl Predictions {
    /// Whether there is one prediction for each of `count` images, and each class is one of `classes`.
    pub fn check(&self, count: usize, classes: usize) -> Result<(), PredictionsError> {
        if self.len() != count {
            return Err(PredictionsError::Count { found: self.len(), expected: count });
        }
        check_classes(self, classes)
    }
}

fn check_classes(predictions: &[u8], classes: usize) -> Result<(), PredictionsError> {
    match predictions.iter().position(|&class| usize::from(class) >= classes) {
        Some(position) => Err(PredictionsError::Class { position, class: predictions[position], classes }),
        None => Ok(()),
    }
}

impl TryFrom<Vec<u8>> for Predictions {
    type Error = PredictionsError;

    fn try_from(classes: Vec<u8>) -> Result<Predictions, PredictionsError> {
        check_classes(&classes, MAX_CLASSES)?;
        Ok(Predictions(classes))
    }
}

impl From<Predictions> for Vec<u8> {
    fn from(predictions: Predictions) -> Vec<u8> {
        predictions.0
    }
}

impl Deref for Predictions {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Predictions {
    type Err = PredictionsError;

    fn from_str(text: &str) -> Result<Predictions, PredictionsError> {
        const NONE: u8 = u8::MAX;
        let class = |byte| match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => NONE,
        };
        let classes: Vec<u8> = text.bytes().map(class).collect();
        // All characters before the first invalid one have a single byte, so that its byte position is its
        // character position.
        let wrong = classes.iter().position(|&class| class == NONE);
        match wrong.and_then(|position| Some((position, text[position..].chars().next()?))) {
            Some((position, found)) => Err(PredictionsError::Character { position, found }),
            None => Ok(Predictions(classes)),
        }
    }
}

impl fmt::Display for Predictions {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let digit = |&class: &u8| char::from(if class < 10 { b'0' + class } else { b'a' + class - 10 });
        formatter.write_str(&self.0.iter().map(digit).collect::<String>())
    }
}

impl Serialize for Predictions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Predictions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Predictions, D::Error> {
        parsed(deserializer)?.map_err(de::Error::custom)
    }
}

/// Reads a text of predictions. The outer error is that of the format; the inner one says why the text is
/// invalid.
pub fn parsed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<Predictions, PredictionsError>, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = Result<Predictions, PredictionsError>;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            formatter.write_str("predictions, one character an image")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.parse())
        }
    }

    deserializer.deserialize_str(Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_one_character() {
        let all = Predictions::try_from((0..36).collect::<Vec<u8>>()).unwrap();
        assert_eq!(all.to_string(), "0123456789abcdefghijklmnopqrstuvwxyz");
        assert_eq!(all.to_string().parse(), Ok(all.clone()));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Predictions>(&text).unwrap(), all);
    }

    #[test]
    fn errors_name_the_position_and_what_was_expected() {
        let error = |text: &str| text.parse::<Predictions>().unwrap_err().to_string();
        assert_eq!(error("01A"), "character 'A' at position 2 is not a class; expected 0-9 or a-z");
        assert_eq!(error("0é1"), "character 'é' at position 1 is not a class; expected 0-9 or a-z");
        let error = Predictions::try_from(vec![1, 36]).unwrap_err().to_string();
        assert_eq!(error, "class 36 at position 1 does not exist; expected 0 to 35");
        let three: Predictions = "012".parse().unwrap();
        assert_eq!(three.check(3, 3), Ok(()));
        assert_eq!(three.check(3, 2), Err(PredictionsError::Class { position: 2, class: 2, classes: 2 }));
        assert_eq!(
            three.check(4, 3).unwrap_err().to_string(),
            "found 3 predictions; expected 4, one for each test image"
        );
        assert!(serde_json::from_str::<Predictions>("\"0-\"").unwrap_err().to_string().contains("'-'"));
    }
}
