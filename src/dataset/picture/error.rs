//! Errors of pictures, each in one line.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("is {0}, and PNG is read: convert it, such as by `magick picture.jpg picture.png`")]
    Format(&'static str),
    #[error("not a readable PNG: {0}: save it again as PNG")]
    Damaged(String),
    #[error("{width} x {height} pixels are too many: at most {most} a side; make it smaller")]
    Large { width: u32, height: u32, most: u32 },
    #[error("is (almost) of one shade, {}{advice}: nothing can be seen on it", range(*.low, *.high, *.most))]
    OneShade { low: u32, high: u32, most: u32, advice: &'static str },
    #[error(
        "may be dark ink around a light place, or light ink on a dark one: use --ink dark or --ink light"
    )]
    TwoReadings,
}

fn range(low: u32, high: u32, most: u32) -> String {
    if low == high {
        format!("all pixels are {low} of {most}")
    } else {
        format!("pixels of {low} to {high} of {most}")
    }
}
