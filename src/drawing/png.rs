//! Pixels as PNG files.

/// A PNG of 8 bits a channel.
pub fn encode(width: usize, height: usize, colour: png::ColorType, pixels: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    // Neighbouring pixels of drawings and of these small images predict each other badly.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(pixels).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A PNG of red, green and blue bytes in the smallest form that keeps them all: grey or as they are.
pub fn smallest(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, String> {
    if pixels.chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]) {
        let grey: Vec<u8> = pixels.iter().step_by(3).copied().collect();
        return encode(width, height, png::ColorType::Grayscale, &grey);
    }
    encode(width, height, png::ColorType::Rgb, pixels)
}
