//! Finds the sheet that a drawing is on, inside margins, frames, bars and dark edges of a scan.
//!
//! Peels off rows and columns of one shade from outside to inside. Every rectangle whose four sides have one
//! shade may be the sheet: a page with its drawing, or a plot in a white margin. The innermost one that holds
//! a drawing is taken.

use super::ground::SAME_SHADE;

/// The least share of one shade in a row or column of a margin; corners may be round.
const SHARE: f64 = 0.9;
/// The least difference of shade between a margin and the sheet inside.
const CONTRAST: f64 = 64.0;
/// A region that fills this share of its bounding rectangle may be the hole of a drawn 0, whose stroke was
/// taken for the sheet. The hole has at least [`LEAST_HOLE`] of the sheet's rows and columns, and the widest
/// side of the stroke is at most [`MOST_UNEVEN`] times the narrowest.
const FILLED: f64 = 0.75;
const LEAST_HOLE: f64 = 0.25;
const MOST_UNEVEN: f64 = 3.0;
/// The least share of a sheet that a drawing covers.
const LEAST_FILLED: f64 = 0.002;
/// The least share of the picture's height and width that a sheet has.
const LEAST_SIDE: f64 = 0.3;
/// The most margins and frames inside each other; more are a pattern.
const MOST_LAYERS: usize = 8;

/// Rows `top..bottom` and columns `left..right` of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub top: usize,
    pub bottom: usize,
    pub left: usize,
    pub right: usize,
}

impl Area {
    pub fn rows(&self) -> usize {
        self.bottom - self.top
    }

    pub fn columns(&self) -> usize {
        self.right - self.left
    }

    fn size(&self) -> usize {
        self.rows() * self.columns()
    }

    fn is_empty(&self) -> bool {
        self.top >= self.bottom || self.left >= self.right
    }

    /// The values of the area, row after row.
    pub fn cut(&self, values: &[f64], columns: usize) -> Vec<f64> {
        (self.top..self.bottom)
            .flat_map(|row| &values[row * columns + self.left..row * columns + self.right])
            .copied()
            .collect()
    }
}

/// A rectangle with one shade along its four sides, which may be the sheet of a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sheet {
    pub area: Area,
    pub shade: f64,
    /// Whether most of the drawing is darker than the sheet.
    pub has_dark_ink: bool,
    /// Whether the drawing may be the hole of a drawn 0, and the sheet its stroke.
    pub may_be_stroke: bool,
}

/// Every rectangle that may be the sheet, from outside to inside. The first may be the whole picture.
pub fn sheets(values: &[f64], rows: usize, columns: usize) -> Vec<Sheet> {
    let picture = Pixels { values, columns };
    let whole = Area { top: 0, bottom: rows, left: 0, right: columns };
    let is_large_enough = |area: &Area| {
        area.rows() as f64 >= LEAST_SIDE * rows as f64 && area.columns() as f64 >= LEAST_SIDE * columns as f64
    };
    let mut found: Vec<Sheet> = Vec::new();
    let mut area = whole;
    for _ in 0..MOST_LAYERS {
        if area.is_empty() || !is_large_enough(&area) {
            break;
        }
        let shades = picture.shades_of_sides(&area);
        match picture.shade_of_all_sides(&shades) {
            Some(shade) => {
                found.extend(picture.sheet(area, shade));
                area = picture.peeled(area, shade);
            }
            // Bars on some sides: the rectangle inside must have one shade on all four sides.
            None => {
                let inner = |shade: &f64| picture.peeled(area, *shade);
                let is_sheet = |(shade, inner): &(f64, Area)| {
                    !inner.is_empty()
                        && *inner != area
                        && is_large_enough(inner)
                        && picture
                            .shade_of_all_sides(&picture.shades_of_sides(inner))
                            .is_some_and(|own| (own - shade).abs() >= CONTRAST)
                };
                let mut inside: Vec<(f64, Area)> = Vec::new();
                for shade in shades.iter().flatten() {
                    let one = (*shade, inner(shade));
                    if is_sheet(&one) && inside.iter().all(|(_, other)| *other != one.1) {
                        inside.push(one);
                    }
                }
                match inside[..] {
                    [(_, only)] => area = only,
                    _ => break,
                }
            }
        }
    }
    found
}

struct Pixels<'a> {
    values: &'a [f64],
    columns: usize,
}

impl Pixels<'_> {
    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    fn row(&self, area: &Area, row: usize) -> impl Iterator<Item = f64> {
        (area.left..area.right).map(move |column| self.at(row, column))
    }

    fn column(&self, area: &Area, column: usize) -> impl Iterator<Item = f64> {
        (area.top..area.bottom).map(move |row| self.at(row, column))
    }

    /// The shades of the top, bottom, left and right line; `None` for a line of several shades.
    fn shades_of_sides(&self, area: &Area) -> [Option<f64>; 4] {
        [
            one_shade(self.row(area, area.top)),
            one_shade(self.row(area, area.bottom - 1)),
            one_shade(self.column(area, area.left)),
            one_shade(self.column(area, area.right - 1)),
        ]
    }

    fn shade_of_all_sides(&self, shades: &[Option<f64>; 4]) -> Option<f64> {
        let first = shades[0]?;
        shades
            .iter()
            .all(|shade| shade.is_some_and(|shade| (shade - first).abs() <= SAME_SHADE))
            .then_some(first)
    }

    /// The area without the outer lines of this shade.
    fn peeled(&self, mut area: Area, shade: f64) -> Area {
        loop {
            let before = area;
            while !area.is_empty() && is_of(self.row(&area, area.top), shade) {
                area.top += 1;
            }
            while !area.is_empty() && is_of(self.row(&area, area.bottom - 1), shade) {
                area.bottom -= 1;
            }
            while !area.is_empty() && is_of(self.column(&area, area.left), shade) {
                area.left += 1;
            }
            while !area.is_empty() && is_of(self.column(&area, area.right - 1), shade) {
                area.right -= 1;
            }
            if area == before {
                return area;
            }
        }
    }

    /// The sheet of this area and shade; `None` where nothing is drawn on it.
    fn sheet(&self, area: Area, shade: f64) -> Option<Sheet> {
        let (mut drawn, mut dark) = (0usize, 0usize);
        // The rectangle around the drawing.
        let mut around = Area { top: area.bottom, bottom: area.top, left: area.right, right: area.left };
        for row in area.top..area.bottom {
            for column in area.left..area.right {
                let contrast = self.at(row, column) - shade;
                if contrast.abs() >= CONTRAST {
                    drawn += 1;
                    dark += usize::from(contrast < 0.0);
                    around.top = around.top.min(row);
                    around.bottom = around.bottom.max(row + 1);
                    around.left = around.left.min(column);
                    around.right = around.right.max(column + 1);
                }
            }
        }
        if around.is_empty() || (drawn as f64) < LEAST_FILLED * area.size() as f64 {
            return None;
        }
        let widths = [
            around.top - area.top,
            area.bottom - around.bottom,
            around.left - area.left,
            area.right - around.right,
        ];
        let (least, most) = (widths.iter().min().copied()?, widths.iter().max().copied()?);
        let is_as_large = |hole: usize, all: usize| hole as f64 >= LEAST_HOLE * all as f64;
        let may_be_stroke = drawn as f64 > FILLED * around.size() as f64
            && is_as_large(around.rows(), area.rows())
            && is_as_large(around.columns(), area.columns())
            && most as f64 <= MOST_UNEVEN * least as f64;
        Some(Sheet { area, shade, has_dark_ink: 2 * dark > drawn, may_be_stroke })
    }
}

/// The median of a line, if most of the line has that shade.
fn one_shade(line: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = line.collect();
    values.sort_by(f64::total_cmp);
    let median = *values.get(values.len() / 2)?;
    is_of(values.into_iter(), median).then_some(median)
}

fn is_of(line: impl Iterator<Item = f64>, shade: f64) -> bool {
    let (mut count, mut same) = (0usize, 0usize);
    for value in line {
        count += 1;
        same += usize::from((value - shade).abs() <= SAME_SHADE);
    }
    same as f64 >= SHARE * count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 40;

    fn picture(shade: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        (0..SIDE * SIDE).map(|at| shade(at / SIDE, at % SIDE)).collect()
    }

    /// A 7, in a picture of 40 x 40.
    fn is_ink(row: usize, column: usize) -> bool {
        (13..16).contains(&row) && (14..26).contains(&column)
            || (16..28).contains(&row) && column + row / 2 == 31
    }

    /// How far a place is from the border.
    fn depth(row: usize, column: usize) -> usize {
        row.min(column).min(SIDE - 1 - row).min(SIDE - 1 - column)
    }

    #[test]
    fn the_innermost_sheet_is_that_of_the_drawing() {
        let on =
            |ground: f64, ink: f64, row: usize, column: usize| if is_ink(row, column) { ink } else { ground };
        let size = |of: &dyn Fn(usize, usize) -> f64| {
            let found = sheets(&picture(of), SIDE, SIDE);
            let last = found.last().unwrap();
            assert!(!last.may_be_stroke, "{found:?}");
            (last.area.rows(), last.area.columns(), last.shade)
        };
        assert_eq!(size(&|r, c| on(255.0, 0.0, r, c)), (40, 40, 255.0));
        assert_eq!(size(&|r, c| on(0.0, 255.0, r, c)), (40, 40, 0.0));
        // A plot in a margin, paper in a frame of one pixel, the same in a margin.
        assert_eq!(size(&|r, c| if depth(r, c) < 5 { 255.0 } else { on(0.0, 255.0, r, c) }), (30, 30, 0.0));
        assert_eq!(size(&|r, c| if depth(r, c) < 1 { 0.0 } else { on(255.0, 0.0, r, c) }), (38, 38, 255.0));
        assert_eq!(size(&|r, c| if depth(r, c) == 4 { 0.0 } else { on(255.0, 0.0, r, c) }), (30, 30, 255.0));
        // Bars above and below, one dark edge of a scan, two of them.
        assert_eq!(
            size(&|r, c| if !(8..=31).contains(&r) { 0.0 } else { on(255.0, 0.0, r, c) }),
            (24, 40, 255.0)
        );
        assert_eq!(size(&|r, c| if c > 36 { 20.0 } else { on(240.0, 0.0, r, c) }), (40, 37, 240.0));
        assert_eq!(size(&|r, c| if c > 36 || r < 2 { 20.0 } else { on(240.0, 0.0, r, c) }), (38, 37, 240.0));
    }

    #[test]
    fn a_stroke_around_a_hole_is_in_doubt_and_a_bar_is_none() {
        let zero = |row: usize, column: usize| match depth(row, column) {
            0..8 => 255.0,
            8..14 => 0.0,
            _ => 255.0,
        };
        let found = sheets(&picture(zero), SIDE, SIDE);
        assert_eq!(found.iter().map(|sheet| sheet.may_be_stroke).collect::<Vec<_>>(), [false, true]);
        assert_eq!(found.iter().map(|sheet| sheet.has_dark_ink).collect::<Vec<_>>(), [true, false]);
        let one = |row: usize, column: usize| {
            if (5..35).contains(&row) && (18..22).contains(&column) { 0.0 } else { 255.0 }
        };
        let found = sheets(&picture(one), SIDE, SIDE);
        assert_eq!((found.len(), found[0].area.rows()), (1, SIDE));
        let plot =
            |row: usize, column: usize| if depth(row, column) < 3 { 255.0 } else { 255.0 - one(row, column) };
        assert!(!sheets(&picture(plot), SIDE, SIDE).last().unwrap().may_be_stroke);
        assert!(sheets(&picture(|row, _| (row * 6) as f64), SIDE, SIDE).is_empty());
    }
}
