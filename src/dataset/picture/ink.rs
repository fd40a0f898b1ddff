//! Extracts the drawing of a picture, bright on black like the data sets: ink is what differs from the
//! ground.

use clap::ValueEnum;

use super::decode::{Colours, Decoded};
use super::frame::{self, Area};
use super::ground::{Ground, is_large};
use super::{Picture, PictureError};

/// Whether ink is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Ink {
    /// Told by the border of each picture
    #[default]
    Auto,
    /// Dark ink on a light ground: pictures are inverted
    Dark,
    /// Light ink on a dark ground: pictures stay as they are
    Light,
}

/// The least difference between the darkest and the brightest pixel of a drawing. Every image of MNIST and
/// Fashion-MNIST has 254 or 255.
const LEAST_RANGE: f64 = 32.0;
/// The lightest ground that counts as black: light ink on it stays as it is, byte for byte.
const BLACK: f64 = 16.0;
/// The largest share of ink in a large rectangle around it; with more, the rectangle may be a sheet of paper
/// that lies aslant.
const MOST_INK: f64 = 0.4;

/// The drawing with one byte a pixel, 0 where nothing is drawn.
pub fn extract(picture: &Decoded, ink: Ink) -> Result<Picture, PictureError> {
    let mut notices = Vec::new();
    if picture.was_turned {
        notices.push("turned upright, as its Exif data say".to_string());
    }
    let (mut values, is_opacity) = match &picture.opacities {
        None => (picture.shades.clone(), false),
        Some(opacities) if has_one_shade(&picture.shades, opacities) => {
            notices.push("transparent ground: ink is what is opaque".to_string());
            (opacities.iter().map(|opacity| 255.0 * opacity).collect(), true)
        }
        Some(opacities) => {
            let ground = opposite(&picture.shades, opacities);
            let shade = if ground > 0.0 { "white" } else { "black" };
            notices.push(format!("transparent ground became {shade}"));
            let over = |(shade, opacity): (&f64, &f64)| shade * opacity + ground * (1.0 - opacity);
            (picture.shades.iter().zip(opacities).map(over).collect(), false)
        }
    };
    if let Some(colours) = picture.colours.filter(|_| !is_opacity) {
        notices.push(match colours {
            Colours::Brightness => "colours became their brightness".to_string(),
            Colours::Part(part) => format!("colours became their {part}, which shows the ink best"),
        });
    }
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    if high - low < LEAST_RANGE {
        return Err(one_shade(picture, low, high));
    }
    let mut size = [picture.rows, picture.columns];
    // An opacity has no dark or light ground: it is 0 where nothing is drawn.
    if !is_opacity {
        if let Some(area) = sheet(&values, size, ink)? {
            values = area.cut(&values, picture.columns);
            size = [area.rows(), area.columns()];
            notices.push(format!(
                "read inside its margin or frame: {} x {} of {} x {} pixels",
                size[1], size[0], picture.columns, picture.rows
            ));
        }
        to_bright_on_black(&mut values, size, ink, &mut notices);
    }
    let pixels = values.iter().map(|value| value.round() as u8).collect();
    Ok(Picture { rows: size[0], columns: size[1], pixels, notices })
}

/// The area of the drawing's sheet; `None` if that is the whole picture.
fn sheet(values: &[f64], [rows, columns]: [usize; 2], ink: Ink) -> Result<Option<Area>, PictureError> {
    let sheets = frame::sheets(values, rows, columns);
    let chosen = match ink {
        Ink::Auto if sheets.len() > 1 && sheets.last().is_some_and(|sheet| sheet.may_be_stroke) => {
            return Err(PictureError::TwoReadings);
        }
        Ink::Auto => sheets.last(),
        Ink::Dark => sheets.iter().rfind(|sheet| sheet.has_dark_ink),
        Ink::Light => sheets.iter().rfind(|sheet| !sheet.has_dark_ink),
    };
    Ok(chosen.map(|sheet| sheet.area).filter(|area| [area.rows(), area.columns()] != [rows, columns]))
}

fn to_bright_on_black(values: &mut [f64], [rows, columns]: [usize; 2], ink: Ink, notices: &mut Vec<String>) {
    let ground = Ground::of(values, rows, columns);
    let is_dark_on_light = match ink {
        Ink::Dark => true,
        Ink::Light => false,
        Ink::Auto => ground.is_some_and(|ground| {
            let is_lighter = || ground.is_lightest || ground.middle > centre(values, rows, columns);
            ground.middle > 127.0 && is_lighter()
        }),
    };
    if is_dark_on_light {
        values.iter_mut().for_each(|value| *value = 255.0 - *value);
        if ink == Ink::Auto {
            notices.push("dark on light, so it was inverted (--ink light leaves it)".to_string());
        }
    }
    let ground = ground.map(|ground| if is_dark_on_light { ground.turned() } else { ground });
    // With `--ink light` the ground stays as it is.
    let least = if is_dark_on_light { 0.0 } else { BLACK };
    let is_shade = |ground: &Ground| ground.middle > least && ground.middle < 255.0 - BLACK;
    if let Some(ground) = ground.filter(|ground| ink != Ink::Light && is_shade(ground)) {
        for (at, value) in values.iter_mut().enumerate() {
            let shade = ground.at(at / columns, at % columns, rows, columns).clamp(0.0, 255.0 - BLACK);
            *value = ((*value - shade).max(0.0) * 255.0 / (255.0 - shade)).min(255.0);
        }
        if ground.middle > BLACK {
            notices.push(format!("the ground, {:.0} of 255, became black", ground.middle));
        }
    }
    if ink == Ink::Auto {
        let why = if is_large(rows, columns) && is_mostly_light(values, rows, columns) {
            Some("a large part of it is light; light pixels are taken as ink")
        } else {
            let is_in_doubt = ground.is_none_or(|ground| ground.is_in_doubt && is_large(rows, columns));
            is_in_doubt.then_some("its border has several shades; light pixels are taken as ink")
        };
        notices.extend(why.map(|why| format!("{why}: if the ink is dark, use --ink dark")));
    }
}

/// Whether what is opaque has (almost) one shade: a drawing, whose shape is in its opacity.
fn has_one_shade(shades: &[f64], opacities: &[f64]) -> bool {
    let opaque =
        shades.iter().zip(opacities).filter(|(_, opacity)| **opacity >= 0.5).map(|(shade, _)| *shade);
    let (low, high) =
        opaque.fold((f64::MAX, f64::MIN), |(low, high), shade| (low.min(shade), high.max(shade)));
    high - low < LEAST_RANGE
}

/// White behind mostly dark things, black behind mostly bright ones.
fn opposite(shades: &[f64], opacities: &[f64]) -> f64 {
    let total: f64 = opacities.iter().sum();
    let mean = shades.iter().zip(opacities).map(|(shade, opacity)| shade * opacity).sum::<f64>() / total;
    if mean < 127.5 { 255.0 } else { 0.0 }
}

/// Whether what is light fills a rectangle of at least a third of the rows and columns.
fn is_mostly_light(values: &[f64], rows: usize, columns: usize) -> bool {
    let light = || (0..values.len()).filter(|&at| values[at] >= 128.0);
    let extent =
        |place: &dyn Fn(usize) -> usize| Some(light().map(place).max()? + 1 - light().map(place).min()?);
    let (Some(height), Some(width)) = (extent(&|at| at / columns), extent(&|at| at % columns)) else {
        return false;
    };
    3 * height >= rows && 3 * width >= columns && light().count() as f64 > MOST_INK * (height * width) as f64
}

/// The mean shade of the middle half of the rows and columns.
fn centre(values: &[f64], rows: usize, columns: usize) -> f64 {
    let middle = |size: usize| size / 4..(size - size / 4);
    let all = middle(rows).flat_map(|row| middle(columns).map(move |column| row * columns + column));
    let (sum, count) = all.fold((0.0, 0usize), |(sum, count), at| (sum + values[at], count + 1));
    sum / count.max(1) as f64
}

fn one_shade(picture: &Decoded, low: f64, high: f64) -> PictureError {
    let (scale, most) = if picture.is_deep { (257.0, 65535) } else { (1.0, 255) };
    let (low, high) = ((low * scale).round() as u32, (high * scale).round() as u32);
    let advice = match (high > low, picture.is_deep) {
        (true, true) if high <= 255 => "; if its values are bytes, multiply them by 257",
        (true, false) if high == 1 => "; if its values are 0 and 1, multiply them by 255",
        _ => "",
    };
    PictureError::OneShade { low, high, most, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 1: the two middle columns of ten, rows 2 to 7.
    fn drawing(ground: f64, ink: f64) -> Decoded {
        let shades = (0..100)
            .map(|at| if (4..6).contains(&(at % 10)) && (20..80).contains(&at) { ink } else { ground });
        Decoded {
            rows: 10,
            columns: 10,
            shades: shades.collect(),
            opacities: None,
            colours: None,
            is_deep: false,
            was_turned: false,
        }
    }

    fn pixels(picture: &Decoded) -> Vec<u8> {
        extract(picture, Ink::Auto).unwrap().pixels
    }

    #[test]
    fn one_drawing_is_one_image() {
        let wanted = pixels(&drawing(0.0, 255.0));
        assert_eq!(wanted.iter().filter(|&&value| value == 255).count(), 12);
        // Ink on paper, off-white paper, a grey board.
        for (ground, ink) in [(255.0, 0.0), (240.0, 0.0), (100.0, 255.0), (180.0, 0.0)] {
            assert_eq!(pixels(&drawing(ground, ink)), wanted, "{ink} on {ground}");
        }
        for ink in [0.0, 90.0, 255.0] {
            let opacities = drawing(0.0, 1.0).shades;
            let transparent = Decoded { opacities: Some(opacities), ..drawing(ink, ink) };
            assert_eq!(pixels(&transparent), wanted, "{ink} on transparent ground");
        }
    }

    /// A shirt that touches the edge covers up to four fifths of the border.
    #[test]
    fn no_published_test_image_is_turned_the_wrong_way() {
        for name in ["mnist", "fashion-mnist"] {
            let images = crate::dataset::load(name).unwrap().test.images;
            let (mut exact, mut turned_back) = (0, 0);
            for image in images.pixels.chunks_exact(28 * 28) {
                let picture = |shade: fn(u8) -> u8| Decoded {
                    rows: 28,
                    columns: 28,
                    shades: image.iter().map(|&value| f64::from(shade(value))).collect(),
                    ..drawing(0.0, 0.0)
                };
                let as_it_is = extract(&picture(|value| value), Ink::Auto).unwrap();
                exact += usize::from(as_it_is.pixels == image && as_it_is.notices.is_empty());
                let dark = extract(&picture(|value| 255 - value), Ink::Auto).unwrap();
                let nearly = |(a, b): (&u8, &u8)| a.abs_diff(*b) < 4;
                let is_told = dark.notices[0].contains("so it was inverted");
                turned_back += usize::from(is_told && dark.pixels.iter().zip(image).all(nearly));
            }
            assert_eq!((exact, turned_back), (10_000, 10_000), "{name}");
        }
    }

    #[test]
    fn the_option_decides() {
        let light = drawing(255.0, 0.0);
        let kept = extract(&light, Ink::Light).unwrap();
        assert_eq!((kept.pixels[0], kept.notices.len()), (255, 0));
        let turned = extract(&drawing(0.0, 255.0), Ink::Dark).unwrap();
        assert_eq!((turned.pixels[0], turned.notices.len()), (255, 0));
        let notice = &extract(&light, Ink::Auto).unwrap().notices[0];
        assert!(notice.contains("inverted") && notice.contains("--ink light"), "{notice}");
    }

    #[test]
    fn a_thing_of_many_shades_on_a_transparent_ground_keeps_them() {
        let opacities: Vec<f64> = drawing(0.0, 1.0).shades;
        let mut shirt = drawing(0.0, 200.0);
        shirt.shades[44] = 120.0;
        shirt.opacities = Some(opacities);
        let values = pixels(&shirt);
        assert_eq!((values[0], values[45], values[44]), (0, 200, 120));
    }

    #[test]
    fn one_shade_is_refused_by_its_values() {
        let says = |picture: &Decoded| extract(picture, Ink::Auto).unwrap_err().to_string();
        let blank = says(&drawing(0.0, 0.0));
        assert!(blank.contains("all pixels are 0 of 255"), "{blank}");
        let ones = says(&drawing(0.0, 1.0));
        assert!(ones.contains("0 to 1 of 255") && ones.contains("multiply them by 255"), "{ones}");
        let deep = says(&Decoded { is_deep: true, ..drawing(0.0, 255.0 / 257.0) });
        assert!(deep.contains("0 to 255 of 65535") && deep.contains("by 257"), "{deep}");
        let faint = says(&drawing(200.0, 210.0));
        assert!(faint.contains("200 to 210 of 255"), "{faint}");
    }
}
