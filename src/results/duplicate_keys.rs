//! Duplicate keys of JSON objects, which JSON leaves to its readers to refuse.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::plain_text::pointer_part;

/// Duplicate keys that are reported at most, so that a file of nothing else cannot fill the memory.
const MOST: usize = 20;

/// The places (JSON pointers) of duplicate keys. `Err` for invalid JSON. Nesting is bounded by serde_json's own
/// limit.
pub fn find(bytes: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut places = Vec::new();
    Walk { place: String::new(), found: &mut places }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(places)
}

/// Walks a value, remembering where it is.
struct Walk<'a> {
    place: String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let place = format!("{}/{}", self.place, pointer_part(&key));
            if !seen.insert(key) && self.found.len() < MOST {
                self.found.push(place.clone());
            }
            map.next_value_seed(Walk { place, found: &mut *self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let mut index = 0usize;
        let place = |index| format!("{}/{index}", self.place);
        while sequence.next_element_seed(Walk { place: place(index), found: &mut *self.found })?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
