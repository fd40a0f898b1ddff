//! Colour and shape of each library, the same in every chart.

use plotters::style::RGBColor;

use crate::drawing::PALETTE;

/// What a mark looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub colour: RGBColor,
    /// One of five: circle, square, triangle, diamond, cross.
    pub shape: usize,
}

/// The libraries of the committed results. Neighbours in colour differ in shape.
const KNOWN: [(&str, RGBColor, usize); 11] = [
    ("native", PALETTE[0], 0),
    ("scikit-learn", PALETTE[1], 1),
    ("linfa", PALETTE[2], 2),
    ("smartcore", PALETTE[3], 3),
    ("scikit-learn-intelex", PALETTE[4], 1),
    ("libsvm-rs", PALETTE[5], 4),
    ("lightgbm", PALETTE[6], 2),
    ("xgboost", RGBColor(0x8a, 0x5a, 0x2b), 3),
    ("rafor", RGBColor(0x5b, 0x3f, 0x9e), 0),
    ("hessboost", RGBColor(0xb3, 0x1b, 0x4b), 4),
    ("forust", RGBColor(0x6b, 0x7a, 0x12), 1),
];

/// The style of the `number`th of some libraries; those not known take theirs by that number.
pub fn style(name: &str, number: usize) -> Style {
    match KNOWN.iter().find(|(known, ..)| *known == name) {
        Some(&(_, colour, shape)) => Style { colour, shape },
        None => by_number(number),
    }
}

/// Seven colours and five shapes give 35 pairs, and neighbours differ in both.
pub fn by_number(number: usize) -> Style {
    Style { colour: PALETTE[number % PALETTE.len()], shape: number % 5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_libraries_look_alike() {
        for (at, (one, ..)) in KNOWN.iter().enumerate() {
            for (other, ..) in &KNOWN[..at] {
                assert_ne!(style(one, 0).colour, style(other, 0).colour, "{one} and {other}");
            }
        }
        assert_eq!(style("mine", 9), by_number(9));
    }
}
