//! Files made from valid ones by random changes: what a careless user, another program or an attacker might submit.

use serde_json::{Value, json};

/// Bytes that one change adds at the most: twice what a file may have.
const LONGEST: usize = 2_000_000;
const LONGEST_INDENTED: usize = 20_000;

/// A small generator of its own, so that a seed means the same everywhere.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e3779b97f4a7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        // xorshift64*: Marsaglia (2003), Vigna (2016).
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545f4914f6cdd1d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A file like `good`, with a few changes of its values and then perhaps of its bytes.
pub fn mutate(good: &Value, chance: &mut Chance) -> Vec<u8> {
    let mut value = good.clone();
    for _ in 0..chance.below(4) {
        change(&mut value, chance);
    }
    let mut text = value.to_string();
    // Not for long files: at a hundred levels of nesting most of the text would be indentation.
    if chance.below(2) == 0 && text.len() < LONGEST_INDENTED {
        text = format!("{value:#}");
    }
    let mut bytes = text.into_bytes();
    if chance.below(2) == 0 {
        for _ in 0..1 + chance.below(4) {
            garble(&mut bytes, chance);
        }
    }
    bytes
}

/// Replaces, removes, adds or duplicates a value at a random place.
fn change(value: &mut Value, chance: &mut Chance) {
    let deeper = chance.below(4) > 0;
    match value {
        Value::Object(map) if deeper && !map.is_empty() => {
            let place = chance.below(map.len());
            let Some(key) = map.keys().nth(place).cloned() else { return };
            match chance.below(12) {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert(nasty_text(chance), nasty(chance))),
                2 => {
                    let copy = map[&key].clone();
                    let other = map.keys().nth(chance.below(map.len())).cloned().unwrap_or_default();
                    map.insert(other, copy);
                }
                _ => {
                    if let Some(next) = map.get_mut(&key) {
                        change(next, chance);
                    }
                }
            }
        }
        Value::Array(list) if deeper && !list.is_empty() => {
            let place = chance.below(list.len());
            if chance.below(8) == 0 {
                let copy = list[place].clone();
                let times = chance.below(80);
                // Copies of copies would soon be more than a file may hold, and more than a test should.
                if copy.to_string().len() * times < LONGEST {
                    list.extend(vec![copy; times]);
                }
            } else {
                change(&mut list[place], chance);
            }
        }
        other => *other = nasty(chance),
    }
}

fn nasty(chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => json!(null),
        1 => json!(chance.below(2) == 0),
        2 => json!(chance.next()),
        3 => json!(-(chance.below(1000) as i64)),
        4 => json!(*chance.one_of(&[0.0, -0.0, 1.0, 0.5, 1e308, -1e308, 5e-324, 1e18, 60.0])),
        5 => json!([]),
        6 => json!({}),
        7 => {
            let mut deep = json!(1);
            for _ in 0..chance.below(150) {
                deep = if chance.below(2) == 0 { json!([deep]) } else { json!({"a": deep}) };
            }
            deep
        }
        8 => json!(vec![chance.below(9); chance.below(200)]),
        9 => json!("0123".repeat(chance.below(40))),
        _ => json!(nasty_text(chance)),
    }
}

fn nasty_text(chance: &mut Chance) -> String {
    let texts = [
        "",
        " ",
        "accuracy",
        "Accuracy",
        "ok",
        "reported",
        "SVC",
        "mnist",
        "tiny",
        "other",
        "..",
        "../..",
        "/etc/passwd",
        "a/b",
        "C:\\x",
        "con",
        "\u{0}",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{feff}",
        "é",
        "e\u{301}",
        "ß",
        "İ",
        "😀",
        "NaN",
        "1e999",
        "@n=5",
        "Ridge@n=100",
        "~",
        "%00",
        "%2e%2e",
        "<script>",
        "'",
        "\"",
        "\\",
        "\n",
        "https://",
        "javascript:",
    ];
    let text = chance.one_of(&texts).to_string();
    if chance.below(6) == 0 { text.repeat(1 + chance.below(3000)) } else { text }
}

/// Damages bytes.
fn garble(bytes: &mut Vec<u8>, chance: &mut Chance) {
    if bytes.is_empty() {
        return;
    }
    let (start, length) = (chance.below(bytes.len()), 1 + chance.below(40));
    let end = (start + length).min(bytes.len());
    match chance.below(6) {
        0 => bytes[start] ^= 1 << chance.below(8),
        1 => drop(bytes.drain(start..end)),
        2 => {
            let part = bytes[start..end].to_vec();
            let place = chance.below(bytes.len());
            bytes.splice(place..place, part);
        }
        3 => bytes.truncate(start),
        4 => {
            let tokens: [&[u8]; 12] = [
                b"{",
                b"}",
                b"[",
                b"]",
                b",",
                b":",
                b"\"",
                b"NaN",
                b"-Infinity",
                b"1e999",
                b"\\u0000",
                b"\xff",
            ];
            let token = chance.one_of(&tokens).to_vec();
            bytes.splice(start..start, token);
        }
        _ => bytes[start] = chance.next() as u8,
    }
}
