//! Filters of the command line: by classifier, engine, data set and id.
//!
//! `-c`, `-e` and `-d` select by name. `-f REGEX` and `-x REGEX` include and exclude by id; both are
//! repeatable, and the last match wins. A configuration that matches no pattern is selected if the first
//! pattern is an exclusion, and not if it is an inclusion. Patterns are searched in the id and in the id with
//! all defaults, so that `kernel=rbf` also finds `SVC,C=10`.

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};
use regex::bytes::{Regex, RegexBuilder};

use super::{Configuration, Grid, GridError, Planned, schema};
use crate::nearest::{did_you_mean, list};

/// The filters of a command; flatten it into the command's arguments.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// In the order of the command line.
    patterns: Vec<Pattern>,
    classifiers: Vec<String>,
    engines: Vec<String>,
    datasets: Vec<String>,
}

#[derive(Clone, Debug)]
struct Pattern {
    regex: Regex,
    includes: bool,
}

impl Filters {
    /// The engines named on the command line.
    pub fn engines(&self) -> &[String] {
        &self.engines
    }

    /// Whether a configuration of an engine is selected.
    pub fn matches(&self, configuration: &Configuration, engine: &str) -> bool {
        let named = |names: &[String], name: &str| names.is_empty() || is_one_of(names, name);
        named(&self.classifiers, &configuration.classifier)
            && named(&self.engines, engine)
            && self.matches_patterns(configuration)
    }

    /// Whether a data set is selected.
    pub fn matches_dataset(&self, dataset: &str) -> bool {
        self.datasets.is_empty() || is_one_of(&self.datasets, dataset)
    }

    fn matches_patterns(&self, configuration: &Configuration) -> bool {
        let Some(first) = self.patterns.first() else { return true };
        let ids = [configuration.id(), configuration.long_id()];
        let last = self.patterns.iter().rfind(|p| ids.iter().any(|id| p.regex.is_match(id.as_bytes())));
        last.map_or(!first.includes, |pattern| pattern.includes)
    }

    /// Whether data sets are selected by name.
    pub fn names_datasets(&self) -> bool {
        !self.datasets.is_empty()
    }

    /// The selected data sets, in the order of `available`. An unknown name is an error.
    pub fn select_datasets(&self, available: &[String]) -> Result<Vec<String>, GridError> {
        check_names("data set", &self.datasets, available)?;
        Ok(available.iter().filter(|name| self.matches_dataset(name)).cloned().collect())
    }

    /// Keeps the selected items. An empty selection is an error with the nearest name.
    pub fn select<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> (&Configuration, &str),
    ) -> Result<Vec<T>, GridError> {
        let (selected, rest): (Vec<T>, Vec<T>) = items.into_iter().partition(|item| {
            let (configuration, engine) = key(item);
            self.matches(configuration, engine)
        });
        if selected.is_empty() {
            return Err(self.nothing_left(rest.iter().map(key).collect()));
        }
        Ok(selected)
    }

    /// Plans the selected configurations of `grids`. An engine that the command line names and no grid has
    /// runs every configuration. A row of two grids is planned once.
    pub fn plan(&self, grids: &[Grid], known_engines: &[String]) -> Result<Vec<Planned>, GridError> {
        check_names("engine", &self.engines, known_engines)?;
        let classifiers: Vec<String> = schema::CLASSIFIERS.iter().map(|c| c.name.to_string()).collect();
        check_names("classifier", &self.classifiers, &classifiers)?;
        let own: Vec<Planned> = grids.iter().flat_map(|grid| grid.expand(&[])).collect();
        let foreign: Vec<String> = known_engines
            .iter()
            .filter(|engine| {
                is_one_of(&self.engines, engine) && !own.iter().any(|row| row.engine == **engine)
            })
            .cloned()
            .collect();
        let mut plan = own;
        if !foreign.is_empty() {
            plan.extend(grids.iter().flat_map(|grid| grid.expand(&foreign)));
        }
        let mut seen = std::collections::HashSet::new();
        plan.retain(|row| seen.insert((row.engine.clone(), row.configuration.id(), row.train_size)));
        self.select(plan, |row| (&row.configuration, &row.engine))
    }

    fn nothing_left(&self, among: Vec<(&Configuration, &str)>) -> GridError {
        if among.is_empty() {
            return GridError::new("the grids have no configurations");
        }
        let ids: Vec<String> = among.iter().map(|(configuration, _)| configuration.long_id()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        // The first inclusion without a match is the most likely mistake.
        let wrong = self.patterns.iter().find(|pattern| {
            pattern.includes
                && !among.iter().any(|(c, _)| {
                    [c.id(), c.long_id()].iter().any(|id| pattern.regex.is_match(id.as_bytes()))
                })
        });
        if let Some(pattern) = wrong {
            let text = pattern.regex.as_str();
            let parts: Vec<&str> =
                ids.iter().flat_map(|id| id.split(',')).chain(ids.iter().copied()).collect();
            return GridError::new(format!(
                "the filters select nothing: no id matches {text:?}{}",
                did_you_mean(text, &parts)
            ));
        }
        let mut engines: Vec<&str> = among.iter().map(|(_, engine)| *engine).collect();
        engines.sort_unstable();
        engines.dedup();
        let mut classifiers: Vec<&str> = among.iter().map(|(c, _)| c.classifier.as_str()).collect();
        classifiers.sort_unstable();
        classifiers.dedup();
        GridError::new(format!(
            "the filters select none of {} configurations (engines: {}; classifiers: {})",
            among.len(),
            list(&engines),
            list(&classifiers)
        ))
    }
}

fn is_one_of(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn check_names(what: &str, names: &[String], valid: &[String]) -> Result<(), GridError> {
    match names.iter().find(|name| !is_one_of(valid, name)) {
        None => Ok(()),
        Some(name) => {
            let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
            let hint = did_you_mean(name, &valid);
            let others = if what == "engine" { "; for engines of your own: --engines FILE" } else { "" };
            Err(GridError::new(format!("unknown {what} {name:?}{hint} (known: {}{others})", list(&valid))))
        }
    }
}

/// (id, short flag, value name, help) of each filter.
const ARGUMENTS: [(&str, char, &str, &str); 5] = [
    ("filter", 'f', "REGEX", "Only configurations whose id matches; repeatable, the last match wins"),
    ("exclude", 'x', "REGEX", "Not configurations whose id matches; repeatable, the last match wins"),
    ("classifier", 'c', "NAME", "Only this classifier; repeatable"),
    ("engine", 'e', "NAME", "Only this engine; repeatable"),
    ("dataset", 'd', "NAME", "Only this data set; repeatable"),
];

impl clap::Args for Filters {
    fn augment_args(command: Command) -> Command {
        ARGUMENTS.into_iter().fold(
            command.next_help_heading("Filters"),
            |command, (id, short, value, help)| {
                let argument =
                    Arg::new(id).long(id).short(short).value_name(value).help(help).action(ArgAction::Append);
                // A comma separates names, but is part of an id.
                command.arg(if value == "NAME" { argument.value_delimiter(',') } else { argument })
            },
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Filters {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Filters, clap::Error> {
        let mut patterns = Vec::new();
        for (id, includes) in [("filter", true), ("exclude", false)] {
            let texts = matches.get_many::<String>(id).unwrap_or_default();
            for (text, index) in texts.zip(matches.indices_of(id).unwrap_or_default()) {
                // Ids are ASCII, and the regex crate is built without its Unicode tables.
                let regex = RegexBuilder::new(text).unicode(false).build().map_err(|error| {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    clap::Error::raw(
                        ErrorKind::ValueValidation,
                        format!("--{id} {text:?}: invalid regular expression: {reason}\n"),
                    )
                })?;
                patterns.push((index, Pattern { regex, includes }));
            }
        }
        patterns.sort_by_key(|(index, _)| *index);
        let names = |id| matches.get_many::<String>(id).unwrap_or_default().cloned().collect();
        Ok(Filters {
            patterns: patterns.into_iter().map(|(_, pattern)| pattern).collect(),
            classifiers: names("classifier"),
            engines: names("engine"),
            datasets: names("dataset"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    fn filters(arguments: &[&str]) -> Filters {
        let command = Filters::augment_args(Command::new("test").no_binary_name(true));
        Filters::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
    }

    fn grid() -> Grid {
        let text = "
            engines = ['native', 'linfa']
            [[family]]
            classifier = 'SVC'
            parameters = { C = [1, 10], kernel = ['rbf', 'linear'] }
            [[family]]
            classifier = 'GaussianNB'
        ";
        super::super::toml::parse("test", text).unwrap()
    }

    fn plan(arguments: &[&str]) -> Result<Vec<String>, String> {
        let engines = ["native".into(), "linfa".into(), "smartcore".into()];
        match filters(arguments).plan(&[grid()], &engines) {
            Ok(plan) => Ok(plan.iter().map(|p| format!("{} {}", p.engine, p.configuration.id())).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_last_match_wins() {
        let native = ["-e", "native"];
        let ids = |more: &[&str]| plan(&[&native, more].concat()).unwrap().join(" ").replace("native ", "");
        assert_eq!(ids(&[]), "SVC SVC,kernel=linear SVC,C=10 SVC,C=10,kernel=linear GaussianNB");
        assert_eq!(ids(&["-f", "SVC"]), "SVC SVC,kernel=linear SVC,C=10 SVC,C=10,kernel=linear");
        assert_eq!(ids(&["-f", "SVC", "-x", "linear"]), "SVC SVC,C=10");
        assert_eq!(
            ids(&["-x", "linear", "-f", "SVC"]),
            "SVC SVC,kernel=linear SVC,C=10 SVC,C=10,kernel=linear GaussianNB"
        );
        assert_eq!(ids(&["-x", "SVC"]), "GaussianNB");
        assert_eq!(ids(&["-x", "SVC", "-f", r"C=\d\d"]), "SVC,C=10 SVC,C=10,kernel=linear GaussianNB");
        assert_eq!(ids(&["-f", "kernel=rbf"]), "SVC SVC,C=10");
        assert_eq!(ids(&["-c", "gaussiannb"]), "GaussianNB");
        assert_eq!(ids(&["-c", "GaussianNB,SVC", "-f", "^SVC$"]), "SVC");
    }

    #[test]
    fn an_engine_outside_the_grid_runs_all_of_it() {
        assert_eq!(plan(&["-e", "linfa", "-f", "GaussianNB"]).unwrap(), ["linfa GaussianNB"]);
        assert_eq!(plan(&["-e", "smartcore"]).unwrap().len(), 5);
        assert_eq!(plan(&["-e", "smartcore,native"]).unwrap().len(), 10);
    }

    #[test]
    fn mistakes_name_the_nearest() {
        assert_eq!(
            plan(&["-f", "kernel=rfb"]).unwrap_err(),
            "the filters select nothing: no id matches \"kernel=rfb\": did you mean kernel=rbf?"
        );
        assert_eq!(
            plan(&["-c", "SVM"]).unwrap_err().split(" (").next().unwrap(),
            "unknown classifier \"SVM\": did you mean SVC?"
        );
        assert_eq!(
            plan(&["-e", "lifna"]).unwrap_err(),
            "unknown engine \"lifna\": did you mean linfa? (known: native, linfa or smartcore; for engines of your own: --engines FILE)"
        );
        assert!(plan(&["-c", "Perceptron"]).unwrap_err().contains("classifiers: GaussianNB or SVC"));
        assert!(plan(&["-x", "."]).unwrap_err().starts_with("the filters select none of 10"));
        let available = ["mnist".to_string(), "fashion-mnist".to_string()];
        let error = filters(&["-d", "fashion"]).select_datasets(&available).unwrap_err().to_string();
        assert!(error.contains("did you mean fashion-mnist?"), "{error}");
        assert_eq!(filters(&["-d", "mnist"]).select_datasets(&available).unwrap(), ["mnist"]);
    }

    #[test]
    fn a_bad_regex_is_a_usage_error() {
        let command = Filters::augment_args(Command::new("test").no_binary_name(true));
        let matches = command.try_get_matches_from(["-f", "("]).unwrap();
        let error = Filters::from_arg_matches(&matches).unwrap_err().to_string();
        assert_eq!(error, "error: --filter \"(\": invalid regular expression: unclosed group\n");
    }
}
