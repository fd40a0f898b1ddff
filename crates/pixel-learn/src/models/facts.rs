//! Facts about a fitted model by name: what iterative methods needed and how far they got, the sizes of trees,
//! support vectors.

use std::ops::Index;

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A count.
    Integer(u64),
    /// A measured value. NaN where there was nothing to measure.
    Number(f64),
    /// A name or a rule, in words.
    Text(String),
    /// One fact a class, an epoch or a tree.
    List(Vec<Fact>),
}

impl Fact {
    /// The value of a count or a number; `None` of a text or a list.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Fact::Integer(count) => Some(*count as f64),
            Fact::Number(number) => Some(*number),
            Fact::Text(_) | Fact::List(_) => None,
        }
    }
}

impl From<usize> for Fact {
    fn from(count: usize) -> Fact {
        Fact::Integer(count as u64)
    }
}

impl From<f64> for Fact {
    fn from(number: f64) -> Fact {
        Fact::Number(number)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Fact {
        Fact::Text(text.to_string())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Fact {
        Fact::Text(text)
    }
}

impl<T: Into<Fact>> FromIterator<T> for Fact {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Fact {
        Fact::List(items.into_iter().map(Into::into).collect())
    }
}

/// Facts in the order in which the model states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(Vec<(&'static str, Fact)>);

impl Facts {
    /// No facts.
    pub fn new() -> Facts {
        Facts::default()
    }

    /// Adds a fact, or replaces the one of this name.
    pub fn insert(&mut self, name: &'static str, fact: impl Into<Fact>) {
        let fact = fact.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, value)) => *value = fact,
            None => self.0.push((name, fact)),
        }
    }

    /// The fact of this name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
    }

    /// All facts with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Fact)> {
        self.0.iter().map(|(name, fact)| (*name, fact))
    }
}

impl<const N: usize> From<[(&'static str, Fact); N]> for Facts {
    fn from(facts: [(&'static str, Fact); N]) -> Facts {
        Facts(facts.into())
    }
}

/// Panics when there is no fact of this name.
impl Index<&str> for Facts {
    type Output = Fact;

    fn index(&self, name: &str) -> &Fact {
        self.get(name).unwrap_or_else(|| panic!("the model states no {name}"))
    }
}
