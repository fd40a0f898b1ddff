//! PNG files as shades and opacities, whatever their colour type and depth.

use super::{PictureError, orientation};

/// The longest side that is read.
const MOST: u32 = 4096;
/// If a colour channel's range is at least this many times that of the brightness, the channel replaces the
/// brightness.
const MUCH_MORE: f64 = 2.0;

/// A decoded picture: one shade (0 black, 255 white) and one opacity (0 to 1) a pixel, row after row.
pub struct Decoded {
    pub rows: usize,
    pub columns: usize,
    pub shades: Vec<f64>,
    /// `None` where all of it is opaque.
    pub opacities: Option<Vec<f64>>,
    /// How colours became shades; `None` for a grey picture.
    pub colours: Option<Colours>,
    /// Whether a sample has two bytes.
    pub is_deep: bool,
    /// Whether the picture was stored in another orientation, by its Exif data.
    pub was_turned: bool,
}

/// How colours became shades: by their brightness (ITU-R BT.601), or by the one channel in which a coloured
/// ink differs far more from the ground. Yellow ink on white, for example, has no blue and almost the
/// brightness of white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    Brightness,
    Part(&'static str),
}

/// Decodes a PNG of any colour type.
pub fn decode(bytes: &[u8]) -> Result<Decoded, PictureError> {
    if let Some(other) = other_format(bytes) {
        return Err(PictureError::Format(other));
    }
    let wrong = |error: png::DecodingError| PictureError::Damaged(error.to_string());
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    // Palettes become colours, samples of less than a byte become bytes, a transparent colour becomes an
    // opacity.
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(wrong)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MOST || height > MOST {
        return Err(PictureError::Large { width, height, most: MOST });
    }
    let size = reader.output_buffer_size().ok_or(PictureError::Large { width, height, most: MOST })?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(wrong)?;
    let orientation = reader.info().exif_metadata.as_ref().map_or(1, |exif| orientation::read(exif));
    let data = &buffer[..frame.buffer_size()];
    let is_deep = frame.bit_depth == png::BitDepth::Sixteen;
    let channels = frame.color_type.samples();
    let width_of_sample = if is_deep { 2 } else { 1 };
    let sample = |pixel: &[u8], channel: usize| match is_deep {
        true => f64::from(u16::from_be_bytes([pixel[2 * channel], pixel[2 * channel + 1]])) / 257.0,
        false => f64::from(pixel[channel]),
    };
    let brightness =
        |pixel: &[u8]| 0.299 * sample(pixel, 0) + 0.587 * sample(pixel, 1) + 0.114 * sample(pixel, 2);
    let pixels = data.chunks_exact(channels * width_of_sample);
    let is_seen = |pixel: &&[u8]| channels != 4 || sample(pixel, 3) > 0.0;
    let range = |shade: &dyn Fn(&[u8]) -> f64| {
        let seen = pixels.clone().filter(is_seen).map(shade);
        seen.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let spread = |shade: &dyn Fn(&[u8]) -> f64| {
        let (low, high) = range(shade);
        high - low
    };
    let (colours, shades): (Option<Colours>, Vec<f64>) = if channels < 3 {
        (None, pixels.clone().map(|pixel| sample(pixel, 0)).collect())
    } else {
        let parts = [0, 1, 2].map(|channel| spread(&|pixel| sample(pixel, channel)));
        let widest = (1..3).fold(0, |best, part| if parts[part] > parts[best] { part } else { best });
        if parts[widest] > MUCH_MORE * spread(&brightness) {
            let part = Colours::Part(["red", "green", "blue"][widest]);
            (Some(part), pixels.clone().map(|pixel| sample(pixel, widest)).collect())
        } else {
            (Some(Colours::Brightness), pixels.clone().map(brightness).collect())
        }
    };
    let opacities: Option<Vec<f64>> =
        matches!(channels, 2 | 4).then(|| pixels.map(|pixel| sample(pixel, channels - 1) / 255.0).collect());
    let stored = [height as usize, width as usize];
    let upright = |pixels: Vec<f64>| match orientation {
        1 => pixels,
        _ => orientation::upright(&pixels, stored, orientation),
    };
    let [rows, columns] = orientation::size(stored, orientation);
    Ok(Decoded {
        rows,
        columns,
        shades: upright(shades),
        opacities: opacities.filter(|opacities| opacities.iter().any(|&opacity| opacity < 1.0)).map(upright),
        colours,
        is_deep,
        was_turned: orientation != 1,
    })
}

/// The name of another format that pictures come in.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0xff, 0xd8, 0xff, ..] => "JPEG",
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [b'B', b'M', ..] => "BMP",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "WebP",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "HEIC or AVIF",
        [b'P', b'1'..=b'6', b'\n' | b' ' | b'\r', ..] => "PNM",
        [b'<', ..] => "SVG, XML or HTML",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named() {
        for (bytes, name) in [(&b"GIF89a"[..], "GIF"), (b"\xff\xd8\xff\xe0", "JPEG"), (b"<svg>", "SVG")] {
            let Err(PictureError::Format(found)) = decode(bytes) else { panic!("{name} was read") };
            assert!(found.starts_with(name), "{found}");
        }
        assert!(matches!(decode(b"noise"), Err(PictureError::Damaged(_))));
    }
}
