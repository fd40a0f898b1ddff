//! Charts of the tables by plotters, drawn as SVG and as PNG.

pub mod axis;
pub mod dumbbell;
pub mod heat;
pub mod library;
pub mod library_times;
pub mod overview;
pub mod scaling;
pub mod scatter;
