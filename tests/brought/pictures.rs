//! Drawings for `predict`, as drawing programs, browsers and scripts save them.

use crate::bed::Bed;

const SIDE: usize = 28;

/// A 1: 255 where there is ink.
pub fn ink() -> Vec<u8> {
    let is_ink = |at: usize| (4..24).contains(&(at / SIDE)) && [13, 14].contains(&(at % SIDE));
    (0..SIDE * SIDE).map(|at| if is_ink(at) { 255 } else { 0 }).collect()
}

fn png(color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    encode(color, depth, data, None)
}

fn encode(
    color: png::ColorType,
    depth: png::BitDepth,
    data: &[u8],
    palette: Option<(&[u8], &[u8])>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some((colours, opacities)) = palette {
        encoder.set_palette(colours.to_vec());
        encoder.set_trns(opacities.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

/// The pixels inside a margin of one shade, `width` pixels wide on all sides.
fn framed(width: usize, shade: u8, pixels: &[u8]) -> Vec<u8> {
    let side = SIDE + 2 * width;
    let inside = |place: usize| (width..width + SIDE).contains(&place);
    let pixel = |at: usize| match (at / side, at % side) {
        (row, column) if inside(row) && inside(column) => pixels[(row - width) * SIDE + column - width],
        _ => shade,
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = (0..side * side).map(pixel).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

/// Black with a white square in the middle.
fn framed_zero() -> Vec<u8> {
    let inside = |place: usize| (8..SIDE - 8).contains(&place);
    (0..SIDE * SIDE).map(|at| if inside(at / SIDE) && inside(at % SIDE) { 255 } else { 0 }).collect()
}

/// The drawing as the first column of the table in docs/INPUT.md says it.
pub fn sample(kind: &str) -> Vec<u8> {
    use png::BitDepth::{Eight, Sixteen};
    use png::ColorType::{Grayscale, Indexed, Rgb, Rgba};
    let ink = ink();
    let each =
        |pixel: &dyn Fn(u8) -> Vec<u8>| ink.iter().flat_map(|&value| pixel(value)).collect::<Vec<u8>>();
    let index = each(&|a| vec![u8::from(a > 0)]);
    match kind {
        "white on black" => png(Grayscale, Eight, &ink),
        "black on transparent" => png(Rgba, Eight, &each(&|a| vec![0, 0, 0, a])),
        "white on transparent" => png(Rgba, Eight, &each(&|a| vec![255, 255, 255, a])),
        "black on white" => png(Rgb, Eight, &each(&|a| vec![255 - a; 3])),
        "yellow on white" => png(Rgb, Eight, &each(&|a| vec![255, 255, 255 - a])),
        "white on grey" => png(Grayscale, Eight, &each(&|a| vec![a.max(90)])),
        "16 bits" => png(Grayscale, Sixteen, &each(&|a| vec![a, a])),
        "palette" => encode(Indexed, Eight, &index, Some((&[255, 255, 255, 0, 0, 0], &[255, 255]))),
        "white on black in a white margin" => framed(3, 255, &ink),
        "black on white in a black frame" => framed(2, 0, &each(&|a| vec![255 - a])),
        "light around dark around light" => framed(6, 255, &framed_zero()),
        "one shade" => png(Grayscale, Eight, &[200; SIDE * SIDE]),
        "0 and 1 in bytes" => png(Grayscale, Eight, &index),
        "JPEG" => b"\xff\xd8\xff\xe0".to_vec(),
        other => panic!("no picture {other:?}"),
    }
}

/// A data set and a network that has learnt it.
fn bed() -> Bed {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    let layers = "[{ type = 'flatten' }, { type = 'dense', units = 'classes', activation = 'softmax' }]";
    let optimizer = "{ type = 'adam', learning_rate = 1e-2 }";
    bed.put(
        "grid.toml",
        format!("[model.small]\nlayers = {layers}\noptimizer = {optimizer}\nepochs = 20\nbatch = 16\n"),
    );
    let train = ["train", "small", "--grid", "grid.toml", "-d", "eight", "--save", "m.safetensors"];
    bed.run(&train).code(0);
    bed
}

/// The answer of `predict` to a picture, without its name in front.
fn answer(bed: &Bed, name: &str, more: &[&str]) -> String {
    let run = bed.run(&[&["predict", "--model", "m.safetensors", name][..], more].concat()).code(0);
    run.stdout.split_once(": ").unwrap().1.to_string()
}

#[test]
fn one_drawing_has_one_answer() {
    use png::BitDepth::{Eight, One, Sixteen};
    use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    let bed = bed();
    let ink = ink();
    let each =
        |pixel: &dyn Fn(u8) -> Vec<u8>| ink.iter().flat_map(|&value| pixel(value)).collect::<Vec<u8>>();
    // Each row of pixels is four bytes; the highest bit of a byte is its leftmost pixel.
    let bits = ink.chunks(SIDE).flat_map(|row| {
        let bit = |(at, &value): (usize, &u8)| if value > 0 { 0x80 >> at } else { 0 };
        row.chunks(8).map(move |part| part.iter().enumerate().map(bit).sum::<u8>()).collect::<Vec<u8>>()
    });
    let index = each(&|a| vec![u8::from(a > 0)]);
    for (name, file) in [
        ("white-on-black", png(Grayscale, Eight, &ink)),
        ("black-on-transparent", png(Rgba, Eight, &each(&|a| vec![0, 0, 0, a]))),
        ("grey-alpha", png(GrayscaleAlpha, Eight, &each(&|a| vec![0, a]))),
        ("white-on-transparent", png(Rgba, Eight, &each(&|a| vec![255, 255, 255, a]))),
        ("red-on-transparent", png(Rgba, Eight, &each(&|a| vec![200, 0, 0, a]))),
        ("black-on-white", png(Grayscale, Eight, &each(&|a| vec![255 - a]))),
        ("black-on-white-rgb", png(Rgb, Eight, &each(&|a| vec![255 - a; 3]))),
        ("black-on-white-opaque", png(Rgba, Eight, &each(&|a| vec![255 - a, 255 - a, 255 - a, 255]))),
        ("16-bit", png(Grayscale, Sixteen, &each(&|a| vec![a, a]))),
        ("16-bit-transparent", png(GrayscaleAlpha, Sixteen, &each(&|a| vec![0, 0, a, a]))),
        ("one-bit", png(Grayscale, One, &bits.collect::<Vec<u8>>())),
        ("palette", encode(Indexed, Eight, &index, Some((&[255, 255, 255, 0, 0, 0], &[255, 255])))),
        ("palette-transparent", encode(Indexed, Eight, &index, Some((&[9, 9, 9, 9, 9, 9], &[0, 255])))),
        ("white-on-grey", png(Grayscale, Eight, &each(&|a| vec![if a > 0 { 255 } else { 90 }]))),
        ("black-on-cream", png(Rgb, Eight, &each(&|a| if a > 0 { vec![0; 3] } else { vec![250, 245, 220] }))),
    ] {
        bed.put(&format!("{name}.png"), file);
    }
    let wanted = answer(&bed, "white-on-black.png", &[]);
    for file in std::fs::read_dir(bed.path()).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        if name.ends_with(".png") {
            assert_eq!(answer(&bed, &name, &[]), wanted, "{name}");
        }
    }
    let turned = bed.run(&["predict", "--model", "m.safetensors", "black-on-white.png"]).code(0);
    turned.says("dark on light, so it was inverted (--ink light leaves it)");
    assert_eq!(answer(&bed, "black-on-white.png", &["--ink", "dark"]), wanted);
    assert_ne!(answer(&bed, "black-on-white.png", &["--ink", "light"]), wanted);
}

/// The ink has almost the same brightness as the background.
#[test]
fn coloured_ink_is_seen() {
    use png::BitDepth::Eight;
    let bed = bed();
    let ink = ink();
    bed.put("wanted.png", png(png::ColorType::Grayscale, Eight, &ink));
    let wanted = answer(&bed, "wanted.png", &[]);
    for (name, ground, colour) in [
        ("yellow-on-white", [255, 255, 255], [255, 255, 0]),
        ("orange-on-white", [255, 255, 255], [255, 165, 0]),
        ("cyan-on-white", [255, 255, 255], [0, 255, 255]),
        ("blue-on-black", [0, 0, 0], [0, 0, 255]),
        ("red-on-black", [0, 0, 0], [255, 0, 0]),
    ] {
        let pixels: Vec<u8> = ink.iter().flat_map(|&value| if value > 0 { colour } else { ground }).collect();
        let file = format!("{name}.png");
        bed.put(&file, png(png::ColorType::Rgb, Eight, &pixels));
        let run = bed.run(&["predict", "--model", "m.safetensors", &file]).code(0);
        run.says("which shows the ink best");
        assert_eq!(answer(&bed, &file, &[]), wanted, "{name}");
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let bed = bed();
    let made = std::process::Command::new("mkfifo").arg(bed.path().join("pipe.png")).status().unwrap();
    assert!(made.success());
    bed.put("folder.png/x", "");
    for name in ["pipe.png", "/dev/zero", "folder.png", "gone.png"] {
        let run = bed.run(&["predict", "--model", "m.safetensors", name]).code(2).one_line();
        run.says(&format!("cannot read {name}: name a PNG file"));
        let model = bed.run(&["predict", "--model", name, "0"]).code(2).one_line();
        model.says(&format!("cannot read {name}: name a file that `train --save` wrote"));
    }
}

#[test]
fn pictures_of_one_shade_and_other_formats_are_named() {
    use png::BitDepth::{Eight, Sixteen};
    use png::ColorType::{Grayscale, Rgba};
    let bed = bed();
    let ink = ink();
    for (name, file, told) in [
        (
            "blank.png",
            png(Grayscale, Eight, &[0; SIDE * SIDE]),
            "(almost) of one shade, all pixels are 0 of 255",
        ),
        ("white.png", png(Grayscale, Eight, &[255; SIDE * SIDE]), "all pixels are 255 of 255"),
        ("clear.png", png(Rgba, Eight, &[0; 4 * SIDE * SIDE]), "(almost) of one shade"),
        (
            "16-bit-values-to-255.png",
            png(Grayscale, Sixteen, &ink.iter().flat_map(|&a| [0, a]).collect::<Vec<u8>>()),
            "pixels of 0 to 255 of 65535; if its values are bytes, multiply them by 257",
        ),
        (
            "ones-and-zeros.png",
            png(Grayscale, Eight, &ink.iter().map(|&a| u8::from(a > 0)).collect::<Vec<u8>>()),
            "pixels of 0 to 1 of 255; if its values are 0 and 1, multiply them by 255",
        ),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "is JPEG, and PNG is read: convert it"),
        ("drawing.webp", b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "is WebP, and PNG is read"),
        ("moving.gif", b"GIF89a".to_vec(), "is GIF, and PNG is read"),
        ("noise.png", b"noise".to_vec(), "not a readable PNG"),
    ] {
        bed.put(name, file);
        let run = bed.run(&["predict", "--model", "m.safetensors", name]).code(2).one_line();
        run.says(&format!("{name}: ")).says(told);
    }
}

/// A drawing surface of ten times the size, in shades of grey, with a bar in the third of eight rows: class 2. `paint`
/// takes ink (0 or 1), row and column.
fn large(paint: impl Fn(f64, usize, usize) -> f64) -> Vec<u8> {
    let side = 10 * SIDE;
    let shade = |at: usize| {
        let (row, column) = (at / side, at % side);
        let is_ink = (72..102).contains(&row) && (20..260).contains(&column);
        paint(f64::from(u8::from(is_ink)), row, column).clamp(0.0, 255.0) as u8
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = (0..side * side).map(shade).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

#[test]
fn photographs_and_scans_of_paper_have_the_answer_of_the_drawing() {
    let bed = bed();
    let noise = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 13) as f64 - 6.0;
    let lamp = |row: usize, column: usize| 215.0 - 0.15 * column as f64 - 0.1 * row as f64;
    let lines = |row: usize, every: usize| if row % every < 2 { 205.0 } else { 255.0 };
    bed.put("plain.png", large(|ink, _, _| 255.0 * ink));
    let class = |name: &str| answer(&bed, name, &[]).split_once("  [").unwrap().0.to_string();
    let wanted = class("plain.png");
    assert!(wanted.starts_with("class 2"), "{wanted}");
    let mix = |ground: f64, dark: f64, ink: f64| ground * (1.0 - ink) + dark * ink;
    for (name, file) in [
        ("scan.png", large(|ink, _, _| 255.0 - 255.0 * ink)),
        ("grey-scan.png", large(|ink, row, column| mix(230.0, 20.0, ink) + noise(row, column))),
        ("lamp.png", large(|ink, row, column| mix(lamp(row, column), 40.0, ink) + noise(row, column))),
        ("window.png", large(|ink, row, column| mix(lamp(column, row), 60.0, ink))),
        ("pencil.png", large(|ink, _, _| mix(250.0, 150.0, ink))),
        ("lined.png", large(|ink, row, _| mix(lines(row, 35), 30.0, ink))),
        ("squared.png", large(|ink, row, column| mix(lines(row, 20).min(lines(column, 20)), 30.0, ink))),
        ("chalk.png", large(|ink, row, column| mix(60.0, 240.0, ink) + noise(row, column))),
        ("board-in-slanting-light.png", large(|ink, row, _| mix(20.0 + 0.3 * row as f64, 250.0, ink))),
    ] {
        bed.put(name, file);
        assert_eq!(class(name), wanted, "{name}");
    }
    let lamp = bed.run(&["predict", "--model", "m.safetensors", "lamp.png"]).code(0);
    lamp.says("dark on light, so it was inverted");
}

/// The distance of a pixel of a large drawing from the nearest border.
fn depth(row: usize, column: usize) -> usize {
    row.min(column).min(10 * SIDE - 1 - row).min(10 * SIDE - 1 - column)
}

#[test]
fn margins_frames_and_bars_are_no_ground() {
    let bed = bed();
    let class = |name: &str, more: &[&str]| {
        let answer = answer(&bed, name, more);
        answer.split_once("  [").unwrap().0.to_string()
    };
    let (white, black) = (|ink: f64| 255.0 * ink, |ink: f64| 255.0 - 255.0 * ink);
    let noise = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 13) as f64;
    for (name, file) in [
        ("plot-in-a-margin", large(|ink, r, c| if depth(r, c) < 12 { 255.0 } else { white(ink) })),
        ("plot-in-grey", large(|ink, r, c| if depth(r, c) < 12 { 200.0 + noise(r, c) } else { white(ink) })),
        ("paper-on-a-dark-desk", large(|ink, r, c| if depth(r, c) < 12 { 30.0 } else { black(ink) })),
        ("frame-of-a-pixel", large(|ink, r, c| if depth(r, c) < 1 { 0.0 } else { black(ink) })),
        (
            "frame-in-a-margin",
            large(|ink, r, c| if (5..8).contains(&depth(r, c)) { 0.0 } else { black(ink) }),
        ),
        ("white-frame", large(|ink, r, c| if (5..8).contains(&depth(r, c)) { 255.0 } else { white(ink) })),
        ("bars-above-and-below", large(|ink, r, _| if !(15..265).contains(&r) { 0.0 } else { black(ink) })),
        ("bars-at-the-sides", large(|ink, _, c| if !(12..268).contains(&c) { 0.0 } else { black(ink) })),
        ("dark-edge-of-a-scan", large(|ink, _, c| if c > 264 { 15.0 } else { black(ink) - noise(0, c) })),
        ("two-dark-edges", large(|ink, r, c| if c > 268 || r < 6 { 15.0 } else { black(ink) })),
        ("light-edge", large(|ink, _, c| if c > 268 { 240.0 } else { white(ink) })),
        (
            "round-corners",
            large(|ink, r, c| match depth(r, c) {
                0..12 => 255.0,
                _ if r.min(279 - r) + c.min(279 - c) < 34 => 255.0,
                _ => white(ink),
            }),
        ),
    ] {
        let name = format!("{name}.png");
        bed.put(&name, file);
        assert!(class(&name, &[]).starts_with("class 2"), "{name}: {}", class(&name, &[]));
        let told = bed.run(&["predict", "--model", "m.safetensors", &name]).code(0);
        told.says("read inside its margin or frame: ");
    }
    for (name, ink) in [("plot-in-a-margin.png", "light"), ("paper-on-a-dark-desk.png", "dark")] {
        assert!(class(name, &["--ink", ink]).starts_with("class 2"), "{name}");
    }
    // A 0 drawn with straight lines also looks like a dark frame around a light area.
    let zero = large(|_, r, c| if (60..100).contains(&depth(r, c)) { 0.0 } else { 255.0 });
    bed.put("zero.png", zero);
    let asked = bed.run(&["predict", "--model", "m.safetensors", "zero.png"]).code(2).one_line();
    asked.says("zero.png: may be dark ink around a light place").says("use --ink dark or --ink light");
    assert_ne!(answer(&bed, "zero.png", &["--ink", "dark"]), answer(&bed, "zero.png", &["--ink", "light"]));
}

/// Small pictures too, such as cuts from a screenshot.
#[test]
fn a_border_of_one_pixel_does_not_turn_a_small_picture() {
    let bed = bed();
    let ink = ink();
    let at_border = |at: usize| [at / SIDE, at % SIDE].iter().any(|place| [0, SIDE - 1].contains(place));
    let bordered = |border: u8, pixel: &dyn Fn(u8) -> u8| {
        let pixels: Vec<u8> = ink
            .iter()
            .enumerate()
            .map(|(at, &value)| if at_border(at) { border } else { pixel(value) })
            .collect();
        png(png::ColorType::Grayscale, png::BitDepth::Eight, &pixels)
    };
    bed.put("plain.png", bordered(0, &|value| value));
    let class = |name: &str| answer(&bed, name, &[]).split_once("  [").unwrap().0.to_string();
    let wanted = class("plain.png");
    for (name, file) in [
        ("white-around-black.png", bordered(255, &|value| value)),
        ("black-around-white.png", bordered(0, &|value| 255 - value)),
        ("grey-around-white.png", bordered(128, &|value| 255 - value)),
    ] {
        bed.put(name, file);
        assert_eq!(class(name), wanted, "{name}");
    }
}

#[test]
fn what_may_deceive_is_told() {
    let bed = bed();
    let says = |name: &str, file: Vec<u8>, told: &str| {
        bed.put(name, file);
        bed.run(&["predict", "--model", "m.safetensors", name]).code(0).says(told);
    };
    // First a sheet of paper that lies diagonally on a dark table, then a photograph with several shades at its border.
    let is_sheet = |row: usize, column: usize| row.abs_diff(140) + column.abs_diff(140) < 139;
    let aslant = large(|ink, r, c| if is_sheet(r, c) { 255.0 - 255.0 * ink } else { 30.0 });
    says("aslant.png", aslant, "if the ink is dark, use --ink dark");
    let mixed = large(|ink, r, c| if (r / 20 + c / 20) % 2 == 0 { 120.0 } else { 255.0 * ink });
    says("mixed.png", mixed, "its border has several shades");
    let far = large(
        |_, row, column| {
            if (100..130).contains(&row) && (100..110).contains(&column) { 0.0 } else { 255.0 }
        },
    );
    says("far-away.png", far, "the drawing fills 10 x 30 of 280 x 280 pixels: crop the picture");
}

#[test]
fn the_orientation_of_a_camera_is_followed() {
    let bed = bed();
    let exif = |orientation: u8| {
        [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation, 0, 0]].concat()
    };
    let ink: Vec<u8> =
        (0..SIDE * SIDE).map(|at| if at / SIDE == 5 && at % SIDE > 3 { 255 } else { 0 }).collect();
    // The sensor saw the picture turned to the left: its first row is the upright picture's last column.
    let turned: Vec<u8> = (0..SIDE * SIDE).map(|at| ink[at % SIDE * SIDE + (SIDE - 1 - at / SIDE)]).collect();
    let stored = |pixels: &[u8], orientation: u8| {
        let mut info = png::Info::with_size(SIDE as u32, SIDE as u32);
        (info.color_type, info.bit_depth) = (png::ColorType::Grayscale, png::BitDepth::Eight);
        info.exif_metadata = Some(exif(orientation).into());
        let mut bytes = Vec::new();
        let encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    };
    bed.put("upright.png", png(png::ColorType::Grayscale, png::BitDepth::Eight, &ink));
    bed.put("said-upright.png", stored(&ink, 1));
    bed.put("held-sideways.png", stored(&turned, 6));
    let wanted = answer(&bed, "upright.png", &[]);
    assert_eq!(answer(&bed, "said-upright.png", &[]), wanted);
    assert_eq!(answer(&bed, "held-sideways.png", &[]), wanted);
    let run = bed.run(&["predict", "--model", "m.safetensors", "held-sideways.png"]).code(0);
    run.says("turned upright, as its Exif data say");
}
