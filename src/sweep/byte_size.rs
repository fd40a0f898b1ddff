//! Sizes as people write them on a command line: `500MB`, `2GiB`.

/// `500MB`, `2GiB`, or a plain number of bytes. `Err` says what would do.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(format!("{text:?} is not a size: write 500MB or 2GiB")),
    };
    match number.map(|number| number * unit as f64) {
        Some(bytes) if bytes >= 1.0 && bytes < u64::MAX as f64 => Ok(bytes as u64),
        _ => Err(format!("{text:?} is not a size: write 500MB or 2GiB")),
    }
}

/// The number in front, and the unit behind it.
fn split(text: &str) -> (Option<f64>, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (text[..end].parse().ok(), text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert_eq!(bytes("500MB"), Ok(500_000_000));
        assert_eq!(bytes("1.5 kib"), Ok(1536));
        for bad in ["", "GiB", "0", "-1", "1TB2", "99999999999999999999999GiB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
