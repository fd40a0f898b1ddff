//! Reads the parameters of one configuration, spelled as in scikit-learn. An unknown name or value is an
//! error that suggests the nearest known one. Every built-in engine reads its parameters through this module.

use serde_json::Value;

use crate::grid::Parameters;
use crate::nearest::nearest;

/// The parameters of one configuration; the family knows all their names.
pub struct ParamReader<'a>(&'a Parameters);

impl<'a> ParamReader<'a> {
    /// `Err` for a parameter that is not among `known`.
    pub fn new(parameters: &'a Parameters, known: &[&str]) -> Result<ParamReader<'a>, String> {
        match parameters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(format!(
                "unknown parameter {name:?}: known are {}{}",
                known.join(", "),
                suggestion(name, known)
            )),
            None => Ok(ParamReader(parameters)),
        }
    }

    /// The value as it stands; `None` where the parameter is absent or null.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A finite number, or `default` where the parameter is absent.
    pub fn number(&self, name: &str, default: f64) -> Result<f64, String> {
        let Some(value) = self.value(name) else { return Ok(default) };
        value.as_f64().ok_or_else(|| format!("{name}={value}: expected a number"))
    }

    /// A number greater than zero.
    pub fn positive(&self, name: &str, default: f64) -> Result<f64, String> {
        let number = self.number(name, default)?;
        if number > 0.0 { Ok(number) } else { Err(format!("{name}={number}: must be greater than 0")) }
    }

    /// A whole number of at least `least`; 10.0 counts as 10.
    pub fn integer(&self, name: &str, default: usize, least: usize) -> Result<usize, String> {
        let Some(value) = self.value(name) else { return Ok(default) };
        whole(value)
            .filter(|&number| number >= least)
            .ok_or_else(|| format!("{name}={value}: expected a whole number of at least {least}"))
    }

    pub fn boolean(&self, name: &str, default: bool) -> Result<bool, String> {
        let Some(value) = self.value(name) else { return Ok(default) };
        value.as_bool().ok_or_else(|| format!("{name}={value}: expected true or false"))
    }

    /// One of `options`, compared as strings, or `default` where the parameter is absent.
    pub fn choice<'o>(&self, name: &str, default: &'o str, options: &[&'o str]) -> Result<&'o str, String> {
        let Some(value) = self.value(name) else { return Ok(default) };
        let text = value.as_str().ok_or_else(|| format!("{name}={value}: expected {}", one_of(options)))?;
        options.iter().copied().find(|option| *option == text).ok_or_else(|| {
            format!("{name}={text:?}: expected {}{}", one_of(options), suggestion(text, options))
        })
    }

    /// A list of numbers; `None` where the parameter is absent or null.
    pub fn numbers(&self, name: &str) -> Result<Option<Vec<f64>>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let list = value.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        list.map(Some).ok_or_else(|| format!("{name}={value}: expected a list of numbers"))
    }

    /// `priors`: one number for each class, or the word `uniform`; `None` where absent.
    pub fn priors(&self, classes: usize) -> Result<Option<Vec<f64>>, String> {
        if self.value("priors").and_then(Value::as_str) == Some("uniform") {
            return Ok(Some(vec![1.0 / classes.max(1) as f64; classes]));
        }
        match self.numbers("priors")? {
            Some(priors) if priors.len() != classes => {
                Err(format!("priors={priors:?}: one number for each of {classes} classes is needed"))
            }
            Some(priors) if priors.iter().any(|&p| p.is_nan() || p < 0.0) => {
                Err(format!("priors={priors:?}: must not be negative"))
            }
            priors => Ok(priors),
        }
    }

    /// A list of whole numbers of at least `least`; `None` where the parameter is absent or null.
    pub fn integers(&self, name: &str, least: usize) -> Result<Option<Vec<usize>>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let list: Option<Vec<usize>> =
            value.as_array().and_then(|list| list.iter().map(|v| whole(v).filter(|&n| n >= least)).collect());
        list.map(Some)
            .ok_or_else(|| format!("{name}={value}: expected a list of whole numbers of at least {least}"))
    }
}

fn whole(value: &Value) -> Option<usize> {
    let number = value.as_f64()?;
    (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as usize)
}

fn one_of(options: &[&str]) -> String {
    options.iter().map(|option| format!("{option:?}")).collect::<Vec<_>>().join(" or ")
}

/// "; did you mean ...?" with the option nearest to `text`, or empty if none is near.
fn suggestion(text: &str, options: &[&str]) -> String {
    nearest(text, options).map_or(String::new(), |option| format!("; did you mean {option:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(json: &str) -> Parameters {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_known() {
        let parameters = parameters(r#"{"n_neighbours": 3}"#);
        let error = ParamReader::new(&parameters, &["n_neighbors", "p"]).err().unwrap();
        assert!(error.contains(r#"did you mean "n_neighbors"?"#), "{error}");
    }

    #[test]
    fn an_unknown_value_is_refused_with_the_nearest_known() {
        let parameters = parameters(r#"{"kernel": "rfb", "C": 10}"#);
        let reader = ParamReader::new(&parameters, &["kernel", "C"]).unwrap();
        let error = reader.choice("kernel", "rbf", &["rbf", "poly"]).unwrap_err();
        assert!(error.contains(r#"did you mean "rbf"?"#), "{error}");
        assert!(reader.choice("C", "rbf", &["rbf", "poly"]).is_err());
    }

    #[test]
    fn numbers_are_checked_and_absent_ones_take_their_default() {
        let parameters = parameters(r#"{"C": -1, "k": 3.0, "half": 0.5, "sizes": [100, 10], "none": null}"#);
        let reader = ParamReader::new(&parameters, &["C", "k", "half", "sizes", "none", "absent"]).unwrap();
        assert!(reader.positive("C", 1.0).is_err());
        assert_eq!(reader.integer("k", 1, 1), Ok(3));
        assert!(reader.integer("half", 1, 0).is_err());
        assert!(reader.integer("k", 1, 4).is_err());
        assert_eq!(reader.integers("sizes", 1), Ok(Some(vec![100, 10])));
        assert!(reader.integers("sizes", 11).is_err());
        assert_eq!(reader.number("none", 2.0), Ok(2.0));
        assert_eq!(reader.number("absent", 2.0), Ok(2.0));
    }
}
