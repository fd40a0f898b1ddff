//! "Did you mean": the valid name nearest to one that is not.

/// `: did you mean NAME?`, or nothing where no candidate is near (upper and lower case count as the same).
pub fn did_you_mean(text: &str, candidates: &[&str]) -> String {
    match nearest(text, candidates) {
        Some(name) => format!(": did you mean {name}?"),
        None => String::new(),
    }
}

/// The candidate most like `text`, if any is like it at all.
pub fn nearest<'a>(text: &str, candidates: &[&'a str]) -> Option<&'a str> {
    // A longer text is no typing error, and the distance costs its length times that of each name.
    const LONGEST: usize = 100;
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_lowercase();
    candidates
        .iter()
        .map(|&candidate| {
            let lower = candidate.to_lowercase();
            // A prefix of a name counts as close to it, however short.
            let similarity = if lower == text {
                2.0
            } else if !text.is_empty() && lower.starts_with(&text) {
                1.0
            } else {
                strsim::normalized_damerau_levenshtein(&text, &lower)
            };
            (similarity, candidate)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= 0.4)
        .map(|(_, candidate)| candidate)
}

/// `a, b or c`.
pub fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_beginnings() {
        let names = ["mnist", "fashion-mnist"];
        assert_eq!(nearest("fashion", &names), Some("fashion-mnist"));
        assert_eq!(nearest("MNSIT", &names), Some("mnist"));
        assert_eq!(nearest("zzzz", &names), None);
        assert_eq!(nearest("Good", &["good", "good2"]), Some("good"));
        assert_eq!(did_you_mean("", &[]), "");
        assert_eq!(list(&["a", "b", "c"]), "a, b or c");
    }
}
