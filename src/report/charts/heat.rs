//! A heat map of pairs: the lower triangle of a square of classes, each cell with its share in percent.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, TextStyle};

use crate::drawing::{ChartError, text};
use crate::format;

/// What to draw.
pub struct Heat {
    pub title: String,
    /// The classes, along both sides.
    pub names: Vec<String>,
    /// Row, column and share (0.5 to 1).
    pub cells: Vec<(usize, usize, f64)>,
}

const WIDTH: u32 = 640;
const TOP: i32 = 44;
/// Room for the names of rows and of columns.
const NAMES: i32 = 96;

/// Light to dark through blue, the same for every eye; the lightness alone tells the order.
const SCALE: [(f64, RGBColor); 5] = [
    (0.5, RGBColor(0xff, 0xf7, 0xe1)),
    (0.8, RGBColor(0xd9, 0xe6, 0xcf)),
    (0.9, RGBColor(0x8f, 0xc3, 0xcc)),
    (0.96, RGBColor(0x2f, 0x83, 0xb5)),
    (1.0, RGBColor(0x0b, 0x2f, 0x6b)),
];

impl Heat {
    /// Width and height of the picture.
    pub fn size(&self) -> (u32, u32) {
        let rows = self.names.len().saturating_sub(1) as i32;
        (WIDTH, (TOP + self.side() * rows + NAMES) as u32)
    }

    /// The side of a cell.
    fn side(&self) -> i32 {
        ((WIDTH as i32 - NAMES - 12) / self.names.len().saturating_sub(1).max(1) as i32).clamp(4, 60)
    }

    /// Draws on any backend.
    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        self.draw_on(area).map_err(|error| error.to_string())
    }

    fn draw_on<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let side = self.side();
        let last = self.names.len().saturating_sub(1);
        let title = text(19.0, HPos::Center, VPos::Center);
        area.draw(&Text::new(label_of(&self.title, 70), (WIDTH as i32 / 2, TOP / 2), title))?;
        // The first class needs no row and the last no column.
        for (index, name) in self.names.iter().enumerate() {
            let name = label_of(name, 14);
            if index > 0 {
                let at = (NAMES - 8, TOP + (index as i32 - 1) * side + side / 2);
                area.draw(&Text::new(name.clone(), at, text(14.0, HPos::Right, VPos::Center)))?;
            }
            if index < last {
                let at = (NAMES + index as i32 * side + side / 2, TOP + last as i32 * side + 8);
                let style = turned(text(14.0, HPos::Left, VPos::Center));
                area.draw(&Text::new(name, at, style))?;
            }
        }
        for &(row, column, share) in &self.cells {
            let (x, y) = (NAMES + column as i32 * side, TOP + (row as i32 - 1) * side);
            let corners = [(x + 1, y + 1), (x + side - 1, y + side - 1)];
            area.draw(&Rectangle::new(corners, colour(share).filled()))?;
            if side >= 30 {
                let ink = if share > 0.93 { RGBColor(255, 255, 255) } else { RGBColor(0x10, 0x10, 0x10) };
                let style = text(15.0, HPos::Center, VPos::Center).color(&ink);
                let percent = format!("{:.1}", share * 100.0);
                area.draw(&Text::new(percent, (x + side / 2, y + side / 2), style))?;
            }
        }
        Ok(())
    }
}

/// Text that runs downwards.
fn turned(style: TextStyle<'static>) -> TextStyle<'static> {
    style.transform(FontTransform::Rotate90)
}

fn label_of(name: &str, length: usize) -> String {
    format::cut(&format::plain(name), length)
}

/// The colour of a share, between the steps of the scale.
fn colour(share: f64) -> RGBColor {
    let share = share.clamp(SCALE[0].0, SCALE[SCALE.len() - 1].0);
    let above = SCALE.iter().position(|&(step, _)| step >= share).unwrap_or(SCALE.len() - 1).max(1);
    let ((low, from), (high, to)) = (SCALE[above - 1], SCALE[above]);
    let part = (share - low) / (high - low);
    let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_meet_the_ends_of_the_scale() {
        assert_eq!(colour(0.5), SCALE[0].1);
        assert_eq!(colour(0.0), SCALE[0].1);
        assert_eq!(colour(1.0), SCALE[4].1);
        assert_eq!(colour(0.9), SCALE[2].1);
    }
}
