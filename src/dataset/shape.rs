//! The sizes of a data set: all that an engine needs to say whether it can run a configuration.

/// How many images there are, of which size, in how many classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Training images.
    pub train_size: usize,
    pub test_size: usize,
    /// Pixels of an image.
    pub features: usize,
    /// Rows and columns of an image, whose product is `features`.
    pub image: [usize; 2],
    pub classes: usize,
}

impl Shape {
    /// The same data with the training set cut to `subset` images; `None` keeps all of them.
    pub fn with_subset(self, subset: Option<usize>) -> Shape {
        Shape { train_size: subset.unwrap_or(self.train_size), ..self }
    }
}
