//! The project itself: dependencies, documents, the published grid, unsafe code, and statistics checked against SciPy.

mod dependencies;
mod documents;
mod golden_stats;
mod import_circles;
mod published_grid;
mod release;
mod rust_engines;
mod unsafe_code;
