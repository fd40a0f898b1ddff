//! The published files of MNIST and Fashion-MNIST, by the digest of their content. Both data sets have the
//! same file names and shapes, so people load one where they meant the other.

/// A published file.
pub struct KnownFile {
    /// The name of the data set's folder.
    pub dataset: &'static str,
    /// The name of the file without `.gz`.
    pub file: &'static str,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: &'static str,
}

/// The published file with this content.
pub fn by_digest(sha256: &str) -> Option<&'static KnownFile> {
    KNOWN.iter().find(|known| known.sha256 == sha256)
}

/// The published file of this name.
pub fn by_name(dataset: &str, file: &str) -> Option<&'static KnownFile> {
    KNOWN.iter().find(|known| known.dataset == dataset && known.file == file)
}

const fn known(dataset: &'static str, file: &'static str, sha256: &'static str) -> KnownFile {
    KnownFile { dataset, file, sha256 }
}

const KNOWN: [KnownFile; 8] = [
    known(
        "mnist",
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    known(
        "mnist",
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    known(
        "mnist",
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    known(
        "mnist",
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    known(
        "fashion-mnist",
        "train-images-idx3-ubyte",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    known(
        "fashion-mnist",
        "train-labels-idx1-ubyte",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    known(
        "fashion-mnist",
        "t10k-images-idx3-ubyte",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    known(
        "fashion-mnist",
        "t10k-labels-idx1-ubyte",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
];
