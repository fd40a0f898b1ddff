//! Canvases for charts and pictures by plotters: text, colours, PNG and SVG.
//!
//! Families differ in colour (Okabe and Ito's palette) and in shape, never in colour alone. Ink is
//! [`INK`] in every backend; in SVG it becomes `currentColor`, so that a page in dark colours can use it.

pub mod png;

use std::sync::OnceLock;

use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBColor, TextStyle, WHITE, register_font};

/// Lines and letters.
pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x23);

/// Okabe and Ito's colours that stand out on white and on black, with a grey.
pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x80, 0x80, 0x80),
];

/// The text alternative of a chart, for readers who cannot see it.
pub struct AltText {
    pub title: String,
    pub description: String,
}

/// Where marks stand in a picture: across, down, and the number of the line in the table.
pub type Marks = Vec<(i32, i32, usize)>;

/// A chart could not be drawn: a defect of this program or of plotters, never of a result.
pub type ChartError = String;

/// Text of a size in pixels, in ink, with the place of its anchor. The font is embedded for plotters to
/// measure with (and to draw with in pixels); viewers of SVG take their own sans-serif.
pub fn text(size: f64, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let bytes = include_bytes!("fonts/DejaVuSans-subset.ttf");
        // If this fails, drawing text fails with an error of its own.
        let _ = register_font("sans-serif", FontStyle::Normal, bytes);
    });
    TextStyle::from(("sans-serif", size).into_font()).color(&INK).pos(Pos::new(horizontal, vertical))
}

/// Draws a PNG of `size` pixels on white.
pub fn png<T>(
    size: (u32, u32),
    draw: impl FnOnce(&DrawingArea<BitMapBackend, Shift>) -> Result<T, ChartError>,
) -> Result<Vec<u8>, ChartError> {
    png::smallest(size.0 as usize, size.1 as usize, &pixels(size, draw)?.0)
}

/// Draws red, green and blue bytes on white; also gives what `draw` gave.
pub fn pixels<T>(
    size: (u32, u32),
    draw: impl FnOnce(&DrawingArea<BitMapBackend, Shift>) -> Result<T, ChartError>,
) -> Result<(Vec<u8>, T), ChartError> {
    let mut pixels = vec![0; size.0 as usize * size.1 as usize * 3];
    let drawn = {
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        area.fill(&WHITE).map_err(|error| error.to_string())?;
        let drawn = draw(&area)?;
        area.present().map_err(|error| error.to_string())?;
        drawn
    };
    Ok((pixels, drawn))
}

/// Draws an SVG of `size` pixels with its text alternative inside; also gives what `draw` gave.
pub fn svg<T>(
    size: (u32, u32),
    alt_text: &AltText,
    draw: impl FnOnce(&DrawingArea<SVGBackend, Shift>) -> Result<T, ChartError>,
) -> Result<(String, T), ChartError> {
    let mut text = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let drawn = draw(&area)?;
        area.present().map_err(|error| error.to_string())?;
        drop(area);
        drawn
    };
    let RGBColor(r, g, b) = INK;
    let text = text.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), "\"currentColor\"");
    let (head, body) = text.split_once('>').ok_or("plotters wrote no SVG")?;
    let head = head.replacen("<svg ", "<svg role=\"img\" ", 1);
    let (title, description) = (escape(&alt_text.title), escape(&alt_text.description));
    Ok((format!("{head}>\n<title>{title}</title>\n<desc>{description}</desc>{body}"), drawn))
}

/// Text for XML: markup escaped, what XML cannot hold replaced.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A name short enough for a label, without control characters.
pub fn label(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let short: String = visible.take(30).collect();
    if text.chars().count() > 30 { format!("{short}…") } else { short }
}
