//! Text in the encodings that programs write: UTF-8 with or without a byte-order mark, UTF-16, and
//! Windows-1252 as spreadsheets save CSV by default.

use super::refusal::Refusal;

/// The text of a file. Digits and separators are the same in all encodings read here; only names can differ.
pub fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        let what = "text in UTF-32".to_string();
        return Err(Refusal::OtherFile { what, advice: "save it in UTF-8".into() });
    }
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, u16::from_be_bytes);
    }
    // Without a mark: text of digits in UTF-16 has a zero in every second byte.
    if bytes.len() >= 4 && bytes.len().is_multiple_of(2) {
        let zeros = |first: usize| bytes.iter().skip(first).step_by(2).all(|&byte| byte == 0);
        if zeros(1) {
            return utf16(bytes, u16::from_le_bytes);
        }
        if zeros(0) {
            return utf16(bytes, u16::from_be_bytes);
        }
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        // The bytes of Windows-1252 as Latin-1: the few that differ are in names only.
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    plain(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refusal> {
    if !bytes.len().is_multiple_of(2) {
        return Err(Refusal::Binary);
    }
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    plain(text.map_err(|_| Refusal::Binary)?)
}

/// Refuses control characters, except those that separate cells and lines.
fn plain(text: String) -> Result<String, Refusal> {
    let is_text = |c: char| !c.is_ascii_control() || "\t\n\r\u{c}".contains(c);
    if text.chars().all(is_text) { Ok(text) } else { Err(Refusal::Binary) }
}
