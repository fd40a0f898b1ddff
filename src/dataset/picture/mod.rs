//! Turns pictures into images of the size that a network takes: PNG in, grey bytes out, bright on black.
//! [`decode`] reads the file, `frame` finds the sheet inside margins, [`ink`] separates the drawing from
//! its ground, [`Picture::fitted`] changes the size.

pub mod decode;
pub mod error;
mod frame;
mod ground;
pub mod ink;
pub mod orientation;

pub use error::PictureError;
pub use ink::Ink;

/// A grey picture, bright on black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub rows: usize,
    pub columns: usize,
    pub pixels: Vec<u8>,
    /// Notices of what was done to the picture.
    notices: Vec<String>,
}

/// Reads a PNG of any colour type and depth.
pub fn read(bytes: &[u8], ink: Ink) -> Result<Picture, PictureError> {
    ink::extract(&decode::decode(bytes)?, ink)
}

impl Picture {
    /// The picture in another size, and notices of what was done. Each pixel is the mean of the area that it
    /// covers.
    pub fn fitted(&self, [rows, columns]: [usize; 2]) -> (Vec<u8>, Vec<String>) {
        let mut notices = self.notices.clone();
        if [self.rows, self.columns] == [rows, columns] {
            return (self.pixels.clone(), notices);
        }
        notices.push(format!("{} x {} pixels became {columns} x {rows}", self.columns, self.rows));
        notices.extend(self.smallness());
        let mut pixels = Vec::with_capacity(rows * columns);
        for y in 0..rows {
            for x in 0..columns {
                pixels.push(self.mean(cover(y, rows, self.rows), cover(x, columns, self.columns)));
            }
        }
        (pixels, notices)
    }

    /// A notice where the drawing is much smaller than the picture: digits of MNIST fill 20 of 28 rows.
    fn smallness(&self) -> Option<String> {
        let is_ink = |&at: &usize| self.pixels[at] >= 128;
        let ink = || (0..self.pixels.len()).filter(is_ink);
        let extent = |place: &dyn Fn(usize) -> usize| {
            let most = ink().map(place).max()?;
            Some(most + 1 - ink().map(place).min()?)
        };
        let (height, width) = (extent(&|at| at / self.columns)?, extent(&|at| at % self.columns)?);
        let is_small = 9 * self.rows > 20 * height && 9 * self.columns > 20 * width;
        is_small.then(|| {
            let (rows, columns) = (self.rows, self.columns);
            format!("the drawing fills {width} x {height} of {columns} x {rows} pixels: crop the picture for a better result")
        })
    }

    /// The mean over an area, with parts of pixels at its edges.
    fn mean(&self, vertical: (f64, f64), horizontal: (f64, f64)) -> u8 {
        let (mut sum, mut area) = (0.0, 0.0);
        for (y, height) in overlaps(vertical) {
            for (x, width) in overlaps(horizontal) {
                let (y, x) = (y.min(self.rows - 1), x.min(self.columns - 1));
                sum += f64::from(self.pixels[y * self.columns + x]) * height * width;
                area += height * width;
            }
        }
        (sum / area).round() as u8
    }
}

/// The interval of a length that part `index` of `count` equal parts covers.
fn cover(index: usize, count: usize, length: usize) -> (f64, f64) {
    let each = length as f64 / count as f64;
    (index as f64 * each, (index + 1) as f64 * each)
}

/// The unit intervals that an interval overlaps, by their starts, each with the length of the overlap.
fn overlaps((from, to): (f64, f64)) -> impl Iterator<Item = (usize, f64)> {
    (from.floor() as usize..to.ceil() as usize).filter_map(move |place| {
        let overlap = to.min(place as f64 + 1.0) - from.max(place as f64);
        (overlap > 1e-9).then_some((place, overlap))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: png::ColorType, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn a_grey_picture_of_the_right_size_stays_as_it_is() {
        let picture = read(&png(3, 2, png::ColorType::Grayscale, &[1, 2, 3, 4, 5, 60]), Ink::Auto).unwrap();
        assert_eq!(picture.fitted([2, 3]), (vec![1, 2, 3, 4, 5, 60], Vec::new()));
    }

    #[test]
    fn colours_and_other_sizes_are_converted_with_a_notice() {
        let rgb = png(2, 1, png::ColorType::Rgb, &[255, 255, 255, 0, 0, 0]);
        let picture = read(&rgb, Ink::Light).unwrap();
        assert_eq!(picture.pixels, [255, 0]);
        let (pixels, notices) = picture.fitted([2, 4]);
        assert_eq!(pixels, [255, 255, 0, 0, 255, 255, 0, 0]);
        assert_eq!(notices.len(), 2, "{notices:?}");
        let grey = png(4, 2, png::ColorType::Grayscale, &[0, 100, 10, 20, 0, 100, 30, 40]);
        let wide = read(&grey, Ink::Light).unwrap();
        assert_eq!(wide.fitted([1, 2]).0, [50, 25]);
        assert_eq!(wide.fitted([1, 1]).0, [38]);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        assert!(read(&png(2, 2, png::ColorType::Grayscale, &[0; 4])[..40], Ink::Auto).is_err());
    }
}
