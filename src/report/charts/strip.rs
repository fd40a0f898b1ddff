//! Families as distributions: one line a family, one mark a configuration, a box from quartile to quartile.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::scatter::{Point, label_long, mark};
use crate::drawing::{ChartError, INK, Marks, label, text};

/// What to draw.
pub struct Strip {
    pub title: String,
    pub x: Axis,
    /// Names of the families, which the points number by `family`; the order of colours and shapes.
    pub families: Vec<String>,
    /// The families from top to bottom.
    pub order: Vec<usize>,
    /// `x` is the value; `y` is not used.
    pub points: Vec<Point>,
}

const WIDTH: u32 = 640;
const LEFT: i32 = 190;
const RIGHT: i32 = 24;
const TOP: i32 = 40;
const LINE: i32 = 34;
const BOTTOM: i32 = 58;
/// Between the middles of two labels of the axis.
const LABEL_ROOM: i32 = 32;

impl Strip {
    /// Width and height of the picture.
    pub fn size(&self) -> (u32, u32) {
        (WIDTH, (TOP + LINE * self.order.len() as i32 + BOTTOM) as u32)
    }

    /// Draws on any backend; gives where the marks stand.
    pub fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<Marks, ChartError> {
        self.draw_on(area).map_err(|error| error.to_string())
    }

    fn across(&self, coordinate: f64) -> i32 {
        let (low, high) = self.x.range;
        LEFT + ((coordinate - low) / (high - low) * f64::from(WIDTH as i32 - LEFT - RIGHT)).round() as i32
    }

    fn draw_on<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<Marks, DrawingAreaErrorKind<DB::ErrorType>> {
        let bottom = TOP + LINE * self.order.len() as i32;
        area.draw(&Text::new(label_long(&self.title), (8, 10), text(19.0, HPos::Left, VPos::Top)))?;
        let mut last = i32::MIN;
        for &tick in &self.x.ticks {
            let x = self.across(tick);
            area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], INK.mix(0.15)))?;
            // Where lines stand close, not all of their values have room.
            if x.saturating_sub(last) >= LABEL_ROOM {
                let style = text(15.0, HPos::Center, VPos::Top);
                area.draw(&Text::new(self.x.kind.text(tick), (x, bottom + 8), style))?;
                last = x;
            }
        }
        area.draw(&PathElement::new(vec![(LEFT, bottom), (WIDTH as i32 - RIGHT, bottom)], INK.mix(0.6)))?;
        let middle = (LEFT + WIDTH as i32 - RIGHT) / 2;
        let style = text(16.0, HPos::Center, VPos::Top);
        area.draw(&Text::new(self.x.title.clone(), (middle, bottom + 30), style))?;
        let mut marks = Vec::new();
        for (place, &family) in self.order.iter().enumerate() {
            let y = TOP + LINE * place as i32 + LINE / 2;
            let style = text(14.0, HPos::Right, VPos::Center);
            area.draw(&Text::new(label(&self.families[family]), (LEFT - 10, y), style))?;
            let mut own: Vec<&Point> = self.points.iter().filter(|point| point.family == family).collect();
            own.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.line.cmp(&b.line)));
            let values: Vec<f64> = own.iter().map(|point| self.x.kind.coordinate(point.x)).collect();
            if values.len() > 2 {
                let [first, median, third] =
                    [0.25, 0.5, 0.75].map(|share| self.across(quantile(&values, share)));
                let corners = [(first, y - 11), (third, y + 11)];
                area.draw(&Rectangle::new(corners, INK.mix(0.1).filled()))?;
                area.draw(&Rectangle::new(corners, INK.mix(0.4)))?;
                let style = INK.mix(0.8).stroke_width(2);
                area.draw(&PathElement::new(vec![(median, y - 11), (median, y + 11)], style))?;
            }
            for (index, (point, value)) in own.iter().zip(&values).enumerate() {
                // Three heights in turn, so that neighbours can be told apart.
                let at = (self.across(*value), y + [0, -6, 6][index % 3]);
                mark(area, at, family)?;
                marks.push((at.0, at.1, point.line));
            }
        }
        Ok(marks)
    }
}

/// The value below which a share of the sorted values lies, between two of them in proportion.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.25), 1.5);
        assert_eq!(quantile(&[7.0], 0.75), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
