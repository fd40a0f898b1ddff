//! Pictures from elsewhere, made into images of the size that a network takes: PNG in, grey bytes out.

/// The longest side that is read.
const MOST: u32 = 8192;

/// A grey picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub rows: usize,
    pub columns: usize,
    pub pixels: Vec<u8>,
    /// It had colours or transparency.
    converted: bool,
}

/// Reads a PNG of any colour type. Colours become their brightness (ITU-R BT.601), and what is transparent lies
/// on black. `Err` says why it cannot be read.
pub fn read(bytes: &[u8]) -> Result<Picture, String> {
    let wrong = |error: png::DecodingError| format!("no PNG that can be read: {error}");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(wrong)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MOST || height > MOST {
        return Err(format!("{width} x {height} pixels are too many: at most {MOST} a side"));
    }
    let mut buffer = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let frame = reader.next_frame(&mut buffer).map_err(wrong)?;
    let samples = frame.color_type.samples();
    let pixels = buffer[..frame.buffer_size()].chunks_exact(samples).map(|pixel| match *pixel {
        [grey] => grey,
        [grey, alpha] => over_black(f64::from(grey), alpha),
        [r, g, b] => over_black(brightness(r, g, b), 255),
        [r, g, b, alpha] => over_black(brightness(r, g, b), alpha),
        _ => 0,
    });
    let pixels = pixels.collect();
    Ok(Picture { rows: height as usize, columns: width as usize, pixels, converted: samples > 1 })
}

fn brightness(r: u8, g: u8, b: u8) -> f64 {
    0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
}

fn over_black(value: f64, alpha: u8) -> u8 {
    (value * f64::from(alpha) / 255.0).round() as u8
}

impl Picture {
    /// The picture in another size, and notices of what was done: each pixel is the mean of what it covers.
    pub fn fitted(&self, [rows, columns]: [usize; 2]) -> (Vec<u8>, Vec<String>) {
        let mut notices = Vec::new();
        if self.converted {
            notices.push("colours became their brightness".to_string());
        }
        let mean =
            self.pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / self.pixels.len().max(1) as f64;
        if mean > 127.0 {
            notices.push("is mostly bright: the data sets are bright on black".to_string());
        }
        if [self.rows, self.columns] == [rows, columns] {
            return (self.pixels.clone(), notices);
        }
        notices.push(format!("{} x {} pixels became {columns} x {rows}", self.columns, self.rows));
        let mut pixels = Vec::with_capacity(rows * columns);
        for y in 0..rows {
            for x in 0..columns {
                pixels.push(self.mean(cover(y, rows, self.rows), cover(x, columns, self.columns)));
            }
        }
        (pixels, notices)
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

/// What the place `index` of `count` covers of a length.
fn cover(index: usize, count: usize, length: usize) -> (f64, f64) {
    let each = length as f64 / count as f64;
    (index as f64 * each, (index + 1) as f64 * each)
}

/// The whole numbers that an interval overlaps, each with how much.
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
        let picture = read(&png(3, 2, png::ColorType::Grayscale, &[1, 2, 3, 4, 5, 6])).unwrap();
        assert_eq!(picture.fitted([2, 3]), (vec![1, 2, 3, 4, 5, 6], Vec::new()));
    }

    #[test]
    fn colours_and_other_sizes_are_converted_with_a_notice() {
        let picture = read(&png(2, 1, png::ColorType::Rgba, &[255, 255, 255, 255, 255, 0, 0, 0])).unwrap();
        assert_eq!(picture.pixels, [255, 0]);
        let (pixels, notices) = picture.fitted([2, 4]);
        assert_eq!(pixels, [255, 255, 0, 0, 255, 255, 0, 0]);
        assert_eq!(notices.len(), 3, "{notices:?}");
        let wide = read(&png(4, 2, png::ColorType::Grayscale, &[0, 100, 10, 20, 0, 100, 30, 40])).unwrap();
        assert_eq!(wide.fitted([1, 2]).0, [50, 25]);
        assert_eq!(wide.fitted([1, 1]).0, [38]);
    }

    #[test]
    fn what_is_no_png_is_refused() {
        assert!(read(b"GIF89a").unwrap_err().contains("no PNG"));
        assert!(read(&png(2, 2, png::ColorType::Grayscale, &[0; 4])[..40]).is_err());
    }
}
