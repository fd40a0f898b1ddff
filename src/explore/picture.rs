//! Pictures made of images: drawn by plotters where there are letters and lines, pixel by pixel where not.

use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use crate::dataset::{Dataset, Images};
use crate::drawing::{self, INK, PALETTE, label, text};
use crate::format::{cut, plain};

pub type Result<T> = std::result::Result<T, String>;
/// Size and bytes of a PNG.
pub type Png = ((u32, u32), Vec<u8>);
pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Images in a row of the sprite.
const ROW: usize = 30;
/// Room for the names of classes.
const NAMES: usize = 100;
/// From dark to light and from blue to yellow, so that lightness alone tells the order (viridis).
const SCALE: [(u8, u8, u8); 5] = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)];

/// RGB pixels that both plotters and plain loops write on.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A white one with what plotters draws on it.
    fn drawn(width: usize, height: usize, draw: impl FnOnce(&Area) -> Result<()>) -> Result<Canvas> {
        let pixels = drawing::pixels((width as u32, height as u32), |area| draw(area))?.0;
        Ok(Canvas { width, height, pixels })
    }

    /// A square of one colour.
    fn square(&mut self, left: usize, top: usize, side: usize, colour: [u8; 3]) {
        for y in top..(top + side).min(self.height) {
            for x in left..(left + side).min(self.width) {
                self.pixels[(y * self.width + x) * 3..][..3].copy_from_slice(&colour);
            }
        }
    }

    fn png(self) -> Result<Png> {
        let png = drawing::png::smallest(self.width, self.height, &self.pixels)?;
        Ok(((self.width as u32, self.height as u32), png))
    }
}

fn name(dataset: &Dataset, class: usize) -> String {
    cut(&plain(&dataset.class_names[class]), 13)
}

/// A pixel of an image.
pub fn value(images: &Images, image: usize, pixel: usize) -> u8 {
    images.pixels[image * images.rows * images.columns + pixel]
}

/// An inverted pixel: the images are light on black, the pictures dark on white.
fn ink(value: u8) -> [u8; 3] {
    [255 - value; 3]
}

pub fn class_counts(labels: &[u8], classes: usize) -> Vec<usize> {
    (0..classes).map(|class| labels.iter().filter(|&&label| usize::from(label) == class).count()).collect()
}

/// The first images of each class, three rows each.
pub fn sprite(dataset: &Dataset) -> Result<Png> {
    let images = &dataset.train.images;
    let (rows, columns) = (images.rows, images.columns);
    let band = rows * 3 + 6;
    let width = NAMES + ROW * columns;
    let mut canvas = Canvas::drawn(width, band * dataset.classes(), |area| {
        for class in 0..dataset.classes() {
            let at = (NAMES as i32 - 10, (class * band + band / 2) as i32);
            let style = text(14.0, HPos::Right, VPos::Center);
            area.draw(&Text::new(name(dataset, class), at, style)).map_err(|error| error.to_string())?;
        }
        Ok(())
    })?;
    for class in 0..dataset.classes() {
        let labels = dataset.train.labels.iter().enumerate();
        let own = labels.filter(|(_, label)| usize::from(**label) == class).map(|(image, _)| image);
        for (place, image) in own.take(3 * ROW).enumerate() {
            let (left, top) = (NAMES + place % ROW * columns, class * band + place / ROW * rows);
            for pixel in 0..rows * columns {
                let colour = ink(value(images, image, pixel));
                canvas.square(left + pixel % columns, top + pixel / columns, 1, colour);
            }
        }
    }
    canvas.png()
}

/// Bars of the number of training and test images, two for each class.
pub fn counts(dataset: &Dataset) -> Result<Png> {
    let sets = [("training", &dataset.train.labels, 0), ("test", &dataset.test.labels, 1)];
    let most = class_counts(&dataset.train.labels, dataset.classes()).into_iter().max().unwrap_or(1).max(1);
    let (width, line) = (640, 34);
    let room = (width - NAMES - 110) as f64;
    let height = 30 + line * dataset.classes();
    let draw = |area: &Area| -> std::result::Result<(), Box<dyn std::error::Error>> {
        let head = "images: training (above), test (below)";
        area.draw(&Text::new(head, (NAMES as i32, 6), text(14.0, HPos::Left, VPos::Top)))?;
        for class in 0..dataset.classes() {
            let top = (30 + class * line) as i32;
            let style = text(14.0, HPos::Right, VPos::Center);
            area.draw(&Text::new(name(dataset, class), (NAMES as i32 - 10, top + 14), style))?;
            for (_, labels, set) in sets {
                let count = class_counts(labels, dataset.classes())[class];
                let length = (count as f64 / most as f64 * room).round() as i32;
                let y = top + set * 14;
                let corners = [(NAMES as i32, y), (NAMES as i32 + length, y + 11)];
                let colour: RGBColor = PALETTE[set as usize];
                area.draw(&Rectangle::new(corners, colour.filled()))?;
                let at = (NAMES as i32 + length + 6, y + 6);
                let style = text(12.0, HPos::Left, VPos::Center);
                area.draw(&Text::new(count.to_string(), at, style))?;
            }
        }
        Ok(())
    };
    Canvas::drawn(width, height, |area| draw(area).map_err(|error| error.to_string()))?.png()
}

/// The mean image of each class, five in a row, each pixel a square of four by four.
pub fn means(dataset: &Dataset) -> Result<Png> {
    const SIDE: usize = 4;
    let images = &dataset.train.images;
    let d = images.rows * images.columns;
    let (wide, high) = (images.columns * SIDE + 16, images.rows * SIDE + 34);
    let lines = dataset.classes().div_ceil(5);
    let mut canvas = Canvas::drawn(wide * 5, high * lines, |area| {
        for class in 0..dataset.classes() {
            let at = ((class % 5 * wide + wide / 2) as i32, (class / 5 * high + 8) as i32);
            let style = text(15.0, HPos::Center, VPos::Top);
            area.draw(&Text::new(name(dataset, class), at, style)).map_err(|error| error.to_string())?;
        }
        Ok(())
    })?;
    let mut sums = vec![0u64; dataset.classes() * d];
    for (image, &label) in images.pixels.chunks_exact(d).zip(&dataset.train.labels) {
        for (sum, &pixel) in sums[usize::from(label) * d..][..d].iter_mut().zip(image) {
            *sum += u64::from(pixel);
        }
    }
    let counts = class_counts(&dataset.train.labels, dataset.classes());
    for (class, sums) in sums.chunks_exact(d).enumerate() {
        let (left, top) = (class % 5 * wide + 8, class / 5 * high + 28);
        for (pixel, sum) in sums.iter().enumerate() {
            let mean = (*sum as f64 / counts[class].max(1) as f64).round() as u8;
            let (x, y) = (left + pixel % images.columns * SIDE, top + pixel / images.columns * SIDE);
            canvas.square(x, y, SIDE, ink(mean));
        }
    }
    canvas.png()
}

/// Mean and standard deviation of each pixel, side by side, each with a colour bar.
pub fn pixels(images: &Images) -> Result<Png> {
    let d = images.rows * images.columns;
    let n = images.count.max(1) as f64;
    let (mut sums, mut squares) = (vec![0u64; d], vec![0u64; d]);
    for image in images.pixels.chunks_exact(d) {
        for (at, &pixel) in image.iter().enumerate() {
            sums[at] += u64::from(pixel);
            squares[at] += u64::from(pixel) * u64::from(pixel);
        }
    }
    let means: Vec<f64> = sums.iter().map(|&sum| sum as f64 / n).collect();
    let deviations: Vec<f64> = squares
        .iter()
        .zip(&means)
        .map(|(&square, mean)| (square as f64 / n - mean * mean).max(0.0).sqrt())
        .collect();
    maps(images, 9, &[("mean", &means), ("standard deviation", &deviations)], None)
}

/// The first image, each pixel a square, with a colour bar of its values.
pub fn large(images: &Images) -> Result<Png> {
    let values: Vec<f64> =
        (0..images.rows * images.columns).map(|pixel| f64::from(value(images, 0, pixel))).collect();
    maps(images, 18, &[("pixel value", &values)], Some(255.0))
}

/// Maps of values from 0 to `top` (or the largest value of each map), each with a colour bar.
fn maps(images: &Images, side: usize, maps: &[(&str, &[f64])], top: Option<f64>) -> Result<Png> {
    const HEAD: usize = 34;
    const BAR: usize = 80;
    let (wide, high) = (images.columns * side, images.rows * side);
    let step = wide + BAR + 16;
    let limit = |values: &[f64]| top.unwrap_or_else(|| values.iter().copied().fold(1.0, f64::max));
    let mut canvas = Canvas::drawn(step * maps.len() + 8, high + HEAD + 12, |area| {
        let draw = || -> std::result::Result<(), Box<dyn std::error::Error>> {
            for (index, (words, values)) in maps.iter().enumerate() {
                let left = (index * step + 8) as i32;
                area.draw(&Text::new(label(words), (left, 8), text(16.0, HPos::Left, VPos::Top)))?;
                for part in 0..=4 {
                    let y = (HEAD + high - high * part / 4) as i32;
                    let x = left + wide as i32 + 28;
                    area.draw(&PathElement::new(vec![(x, y), (x + 5, y)], INK))?;
                    let words = format!("{:.0}", limit(values) * part as f64 / 4.0);
                    area.draw(&Text::new(words, (x + 9, y), text(14.0, HPos::Left, VPos::Center)))?;
                }
            }
            Ok(())
        };
        draw().map_err(|error| error.to_string())
    })?;
    for (index, (_, values)) in maps.iter().enumerate() {
        let left = index * step + 8;
        for (pixel, &value) in values.iter().enumerate() {
            let (x, y) = (left + pixel % images.columns * side, HEAD + pixel / images.columns * side);
            canvas.square(x, y, side, colour(value / limit(values)));
        }
        for y in 0..high {
            for x in 0..16 {
                canvas.square(left + wide + 10 + x, HEAD + y, 1, colour(1.0 - y as f64 / high as f64));
            }
        }
    }
    canvas.png()
}

/// The colour at `share` (0 to 1) of the scale.
fn colour(share: f64) -> [u8; 3] {
    let place = share.clamp(0.0, 1.0) * (SCALE.len() - 1) as f64;
    let below = (place.floor() as usize).min(SCALE.len() - 2);
    let part = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    let ((r0, g0, b0), (r1, g1, b1)) = (SCALE[below], SCALE[below + 1]);
    [mix(r0, r1), mix(g0, g1), mix(b0, b1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_meet_the_ends_of_the_scale() {
        assert_eq!(colour(0.0), [68, 1, 84]);
        assert_eq!(colour(1.0), [253, 231, 37]);
        assert_eq!(colour(0.5), [33, 145, 140]);
        assert_eq!(class_counts(&[0, 2, 2], 3), [1, 0, 2]);
    }
}
