//! The steps by name, with their parameters.

/// One step before the model, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The pixels as they are, 0 to 255.
    Raw,
    /// Pixels divided by 255.
    Unit,
    /// Zero mean and unit variance for each feature of the training rows: scikit-learn's `StandardScaler`.
    Standard,
    /// 1 where a pixel is above the threshold, else 0: scikit-learn's `Binarizer`.
    Binarize {
        /// The largest pixel that becomes 0.
        threshold: u8,
    },
    /// Deskewing: images are shifted to their centre of mass and sheared upright.
    Deskew,
    /// Principal components of the training rows: scikit-learn's `PCA`.
    Pca {
        /// The number of components, at most the features and the training rows.
        n_components: usize,
        /// Whether components are divided by their standard deviation.
        whiten: bool,
    },
    /// Histograms of oriented gradients: scikit-image's `hog` with `block_norm="L2-Hys"`.
    Hog {
        /// Bins of a histogram, over 180 degrees.
        orientations: usize,
        /// Rows and columns of pixels in a cell.
        pixels_per_cell: usize,
        /// Rows and columns of cells in a block.
        cells_per_block: usize,
    },
    /// An approximation of the RBF kernel from random training rows: scikit-learn's `Nystroem`, up to a rotation.
    Nystroem {
        /// The number of rows, at most the training rows, and of features.
        n_components: usize,
        /// The kernel is exp(-gamma |x - y|^2); `None` is 1 / number of features, as in scikit-learn.
        gamma: Option<f64>,
    },
    /// Random Fourier features of the RBF kernel: scikit-learn's `RBFSampler`.
    RbfSampler {
        /// The number of features.
        n_components: usize,
        /// The kernel is exp(-gamma |x - y|^2); `None` is 1, as in scikit-learn.
        gamma: Option<f64>,
    },
    /// Two levels of random pixel differences of images, square roots of them as bytes.
    PixelDifferences {
        /// The number of features, a multiple of the pixels of an image after both levels (25 for 28 x 28).
        n_features: usize,
    },
    /// Similarities of image patches to k-means centroids of patches, pooled over 3 x 3 regions (Coates, Lee
    /// and Ng 2011).
    KmeansPatches {
        /// The number of centroids; there are nine features for each.
        n_clusters: usize,
    },
}

impl Step {
    /// The name in grids and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Step::Raw => "raw",
            Step::Unit => "unit",
            Step::Standard => "standard",
            Step::Binarize { .. } => "binarize",
            Step::Deskew => "deskew",
            Step::Pca { .. } => "pca",
            Step::Hog { .. } => "hog",
            Step::Nystroem { .. } => "nystroem",
            Step::RbfSampler { .. } => "rbf_sampler",
            Step::PixelDifferences { .. } => "pixel_differences",
            Step::KmeansPatches { .. } => "kmeans_patches",
        }
    }
}
