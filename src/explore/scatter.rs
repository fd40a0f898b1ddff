//! Thousands of images as dots in a plane, coloured by class, with the names of the classes written among
//! them.

use plotters::element::{Circle, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, WHITE};

use super::picture::{Area, Png, Result};
use crate::drawing::{self, PALETTE, text};
use crate::format::{cut, plain};

pub struct Scatter<'a> {
    pub title: String,
    pub names: &'a [String],
    pub labels: &'a [u8],
    pub places: Vec<[f64; 2]>,
}

const SIDE: usize = 640;
const TOP: usize = 36;
const EDGE: f64 = 14.0;

/// Three colours more, for ten classes; class names in the picture tell them apart without colour.
const MORE: [RGBColor; 3] =
    [RGBColor(0xb8, 0xa4, 0x00), RGBColor(0x33, 0x22, 0x88), RGBColor(0x66, 0x11, 0x00)];

fn colour(class: usize) -> RGBColor {
    let all = PALETTE.len() + MORE.len();
    PALETTE.get(class % all).copied().unwrap_or_else(|| MORE[class % all - PALETTE.len()])
}

impl Scatter<'_> {
    pub fn draw(&self) -> Result<Png> {
        let draw = |area: &Area| self.draw_on(area).map_err(|error| error.to_string());
        let (pixels, ()) = drawing::pixels((SIDE as u32, (SIDE + TOP) as u32), draw)?;
        Ok(((SIDE as u32, (SIDE + TOP) as u32), drawing::png::smallest(SIDE, SIDE + TOP, &pixels)?))
    }

    fn draw_on(&self, area: &Area) -> std::result::Result<(), Box<dyn std::error::Error>> {
        area.draw(&Text::new(cut(&plain(&self.title), 60), (8, 8), text(18.0, HPos::Left, VPos::Top)))?;
        let ends = [0, 1].map(|axis| {
            let values = self.places.iter().map(|place| place[axis]);
            let low = values.clone().fold(f64::INFINITY, f64::min);
            (low, values.fold(f64::NEG_INFINITY, f64::max))
        });
        let room = SIDE as f64 - 2.0 * EDGE;
        let at = |place: [f64; 2]| {
            let part = |axis: usize| {
                let (low, high) = ends[axis];
                (place[axis] - low) / (high - low).max(1e-12)
            };
            let (x, y) = (EDGE + part(0) * room, TOP as f64 + EDGE + (1.0 - part(1)) * room);
            (x.round() as i32, y.round() as i32)
        };
        for (&place, &class) in self.places.iter().zip(self.labels) {
            area.draw(&Circle::new(at(place), 2, colour(usize::from(class)).mix(0.55).filled()))?;
        }
        let mut written: Vec<(i32, i32, i32)> = Vec::new();
        for (class, name) in self.names.iter().enumerate() {
            let own = self.places.iter().zip(self.labels).filter(|(_, label)| usize::from(**label) == class);
            let own: Vec<[f64; 2]> = own.map(|(place, _)| *place).collect();
            if own.is_empty() {
                continue;
            }
            let name = cut(&plain(name), 13);
            let (x, mut y) = at(median(&own));
            let half = (name.chars().count() as i32 * 9 + 8) / 2;
            // Moves the name below names that it would cover.
            while let Some(other) =
                written.iter().find(|other| (other.0 - x).abs() < other.2 + half && (other.1 - y).abs() < 21)
            {
                y = other.1 + 21;
            }
            written.push((x, y, half));
            let corners = [(x - half, y - 10), (x + half, y + 10)];
            area.draw(&Rectangle::new(corners, WHITE.mix(0.85).filled()))?;
            area.draw(&Rectangle::new(corners, colour(class)))?;
            area.draw(&Text::new(name, (x, y), text(15.0, HPos::Center, VPos::Center)))?;
        }
        Ok(())
    }
}

/// The median along each axis.
fn median(places: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|axis| {
        let mut values: Vec<f64> = places.iter().map(|place| place[axis]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// Accuracy of the nearest neighbour in the plane, leave-one-out: the share of places whose nearest other
/// place has the same label. Quadratic in the number of places.
pub fn nearest_share(places: &[[f64; 2]], labels: &[u8]) -> f64 {
    use rayon::prelude::*;
    let right = |i: usize| {
        let apart = |j: usize| (places[i][0] - places[j][0]).powi(2) + (places[i][1] - places[j][1]).powi(2);
        let others = (0..places.len()).filter(|&j| j != i);
        let nearest = others.map(|j| (apart(j), j)).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.is_some_and(|(_, j)| labels[i] == labels[j])
    };
    let count = (0..places.len()).into_par_iter().filter(|&i| right(i)).count();
    count as f64 / places.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_ones_own_class_are_counted() {
        let places = [[0.0, 0.0], [0.0, 1.0], [9.0, 9.0], [9.0, 8.0], [9.0, 8.5]];
        assert_eq!(nearest_share(&places, &[0, 0, 1, 1, 1]), 1.0);
        assert_eq!(nearest_share(&places, &[0, 0, 1, 2, 1]), 0.8);
        assert_eq!(median(&places), [9.0, 8.0]);
    }
}
