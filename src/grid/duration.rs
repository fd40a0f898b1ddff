//! Durations such as `30s`, `5m`, `1.5h`, or a number of seconds.

use std::time::Duration;

/// Parses a duration greater than zero. The error shows the expected form.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let unit = match unit {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong(text)),
    };
    let seconds = number.trim().parse::<f64>().map_err(|_| wrong(text))? * unit;
    match Duration::try_from_secs_f64(seconds) {
        // A longer limit could overflow when it is added to a clock.
        Ok(duration) if !duration.is_zero() && duration <= MOST => Ok(duration),
        _ => Err(wrong(text)),
    }
}

const MOST: Duration = Duration::from_secs(366 * 24 * 3600);

fn wrong(text: &str) -> String {
    format!("{text:?}: expected a duration between 1ms and a year, such as 30s, 5m or 1.5h")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_duration(" 90 "), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "s", "-1s", "0", "nan", "inf", "1e99h", "1d", "1h30m"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
