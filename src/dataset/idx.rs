//! Reads IDX files of unsigned bytes, gzipped or raw: two zero bytes, the type (8: u8), the number of
//! dimensions, each dimension as a big-endian u32, then the bytes in row-major order
//! (<http://yann.lecun.com/exdb/mnist/>). Whether a file is gzipped is told by its content, not its name.
//!
//! No header is trusted: memory grows with the bytes that are really there, never with the size that the
//! header states.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use super::DatasetError;
use crate::hex::hex;

/// More content than this is refused: a gzip file of a few megabytes can claim any size.
const MAX_BYTES: usize = 4 << 30;

const DOWNLOAD: &str = "download or copy it again";
const OTHER_FILE: &str = "put the right IDX file in its place";

/// An IDX file: its dimensions, its bytes (as many as the product of the dimensions), and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    pub dimensions: Vec<usize>,
    pub bytes: Vec<u8>,
    /// SHA-256 of the content (header and bytes, unzipped), in hexadecimal.
    pub sha256: String,
}

/// Reads a file of `rank` dimensions: 3 for images, 1 for labels.
pub fn read(path: &Path, rank: usize) -> Result<Idx, DatasetError> {
    parse(open(path)?, rank).map_err(|problem| problem.of(path))
}

/// The dimensions alone, without reading the rest of the file.
pub fn read_dimensions(path: &Path, rank: usize) -> Result<Vec<usize>, DatasetError> {
    let header = || -> Result<Header, Problem> {
        let mut reader = open_content(open(path).map_err(Problem::Error)?)?;
        read_header(&mut reader, rank)
    };
    header().map(|header| header.dimensions).map_err(|problem| problem.of(path))
}

fn open(path: &Path) -> Result<BufReader<File>, DatasetError> {
    let unreadable = |error: io::Error| {
        DatasetError::new(
            path,
            format!("cannot be read: {error}"),
            "check that it is there and that you may read it",
        )
    };
    // Opening a named pipe would wait for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(DatasetError::new(path, "is not a file", OTHER_FILE));
    }
    File::open(path).map(BufReader::new).map_err(unreadable)
}

/// A problem of a file whose path is not known yet.
#[derive(Debug)]
enum Problem {
    Message(String, &'static str),
    Error(DatasetError),
}

impl Problem {
    fn new(problem: impl Into<String>, advice: &'static str) -> Problem {
        Problem::Message(problem.into(), advice)
    }

    fn of(self, path: &Path) -> DatasetError {
        match self {
            Problem::Message(problem, advice) => DatasetError::new(path, problem, advice),
            Problem::Error(error) => error,
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        match error.kind() {
            ErrorKind::UnexpectedEof => {
                Problem::new("the gzip data end early, the file is truncated", DOWNLOAD)
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                Problem::new(format!("the gzip data are damaged ({error})"), DOWNLOAD)
            }
            ErrorKind::Other => Problem::new(error.to_string(), DOWNLOAD),
            _ => Problem::new(format!("cannot be read: {error}"), "check that you may read it"),
        }
    }
}

/// The content of a file, unpacked if it begins like gzip. As gunzip does, reads member after member, and
/// allows zeros after the last.
pub(crate) enum Content<R> {
    Raw(R),
    /// `None` only while one member gives way to the next.
    Gzip(Option<Box<GzDecoder<R>>>),
}

impl<R: BufRead> Read for Content<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let decoder = match self {
            Content::Raw(reader) => return reader.read(buffer),
            Content::Gzip(decoder) => decoder,
        };
        while let Some(member) = decoder {
            let length = member.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            match member.get_mut().fill_buf()?.first() {
                None => return Ok(0),
                Some(0x1f) => {
                    *decoder = decoder.take().map(|member| Box::new(GzDecoder::new(member.into_inner())))
                }
                Some(0) => return skip_zeros(member.get_mut()),
                Some(_) => return Err(trailing()),
            }
        }
        Ok(0)
    }
}

/// Nothing but zeros may fill the rest of a file, as tapes and some copies leave them.
fn skip_zeros(reader: &mut impl BufRead) -> io::Result<usize> {
    loop {
        let rest = reader.fill_buf()?;
        if rest.iter().any(|&byte| byte != 0) {
            return Err(trailing());
        }
        match rest.len() {
            0 => return Ok(0),
            length => reader.consume(length),
        }
    }
}

fn trailing() -> io::Error {
    io::Error::other("there are more bytes after the end of the gzip data")
}

/// Opens the content of a file.
pub(crate) fn open_content<R: BufRead>(mut reader: R) -> io::Result<Content<R>> {
    let zipped = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if zipped { Content::Gzip(Some(Box::new(GzDecoder::new(reader)))) } else { Content::Raw(reader) })
}

struct Header {
    /// As it stands in the file.
    bytes: Vec<u8>,
    dimensions: Vec<usize>,
    /// The product of the dimensions.
    length: usize,
}

/// The dimensions, if these bytes are a file of `rank` dimensions; `Err` says in one line what is wrong.
pub fn check(bytes: &[u8], rank: usize) -> Result<Vec<usize>, String> {
    let parsed = parse(bytes, rank).map_err(|problem| problem.of(Path::new("file")).to_string())?;
    Ok(parsed.dimensions)
}

fn parse<R: BufRead>(reader: R, rank: usize) -> Result<Idx, Problem> {
    let mut content = open_content(reader)?;
    let header = read_header(&mut content, rank)?;
    let mut bytes = Vec::with_capacity(header.length.min(1 << 20));
    // One byte more than the header states: it shows surplus data, and makes gzip check its sum and what
    // follows.
    (&mut content).take(header.length as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() != header.length {
        let held = if bytes.len() > header.length { "more".to_string() } else { bytes.len().to_string() };
        let stated = header.dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
        return Err(Problem::new(
            format!("the header states {stated} = {} bytes of data, found {held}", header.length),
            DOWNLOAD,
        ));
    }
    let digest = Sha256::new().chain_update(&header.bytes).chain_update(&bytes).finalize();
    Ok(Idx { dimensions: header.dimensions, bytes, sha256: hex(digest) })
}

fn read_header(content: &mut impl Read, rank: usize) -> Result<Header, Problem> {
    let mut magic = Vec::new();
    content.take(4).read_to_end(&mut magic)?;
    if magic.is_empty() {
        return Err(Problem::new("the file is empty", DOWNLOAD));
    }
    if magic == *b"vers" {
        return Err(Problem::new(
            "a git-lfs pointer, not the file itself",
            "`git lfs pull` fetches the file",
        ));
    }
    if !magic.starts_with(&[0, 0]) {
        let what = match magic.as_slice() {
            [b'<', ..] => "a web page",
            [b'P', b'K', ..] => "a zip archive",
            [0xfd, b'7', ..] => "an xz file",
            [b'B', b'Z', b'h', ..] => "a bzip2 file",
            [0x93, b'N', b'U', b'M', ..] => "a NumPy array",
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => "zlib data without the header of gzip",
            [1..=3, 8, 0, 0] => "a header in the other byte order",
            [0x1f, 0x8b, ..] => "gzipped twice",
            _ => "another kind of file",
        };
        let start: Vec<String> = magic.iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(Problem::new(
            format!("not an IDX file: begins with {} instead of 00 00, {what}", start.join(" ")),
            OTHER_FILE,
        ));
    }
    let [_, _, kind, found] = magic[..] else { return Err(short_header()) };
    if kind != 8 {
        let name = match kind {
            0x09 => "signed bytes",
            0x0b => "16-bit integers",
            0x0c => "32-bit integers",
            0x0d => "32-bit floats",
            0x0e => "64-bit floats",
            _ => "of no known type",
        };
        return Err(Problem::new(
            format!("its elements are {name} (type {kind:#04x}), and only unsigned bytes (0x08) are read"),
            "convert it to unsigned bytes",
        ));
    }
    if usize::from(found) != rank {
        let (is, expected) = if rank == 1 { ("images", "labels") } else { ("labels", "images") };
        let guess =
            if usize::from(found) == 4 - rank { format!(" (a file of {is}?)") } else { String::new() };
        return Err(Problem::new(
            format!("it has {found} dimensions{guess} where {expected} have {rank}"),
            OTHER_FILE,
        ));
    }
    let mut raw = Vec::new();
    content.take(4 * rank as u64).read_to_end(&mut raw)?;
    if raw.len() != 4 * rank {
        return Err(short_header());
    }
    let dimensions: Vec<usize> = raw
        .chunks_exact(4)
        .map(|bytes| bytes.iter().fold(0usize, |value, &byte| value << 8 | usize::from(byte)))
        .collect();
    let written = dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    if dimensions.contains(&0) {
        return Err(Problem::new(format!("the header says {written}, which holds nothing"), OTHER_FILE));
    }
    let length = |dimensions: &[usize]| {
        let product = dimensions.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        product.filter(|&length| length <= MAX_BYTES)
    };
    let Some(length) = length(&dimensions) else {
        let swapped: Vec<usize> = raw
            .chunks_exact(4)
            .map(|bytes| bytes.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte)))
            .collect();
        if length(&swapped).is_some() {
            let sizes = swapped.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
            let problem = format!("its sizes, {sizes}, stand in the other byte order");
            return Err(Problem::new(problem, "write them with the highest byte first"));
        }
        return Err(Problem::new(format!("the header says {written}, which is more than 4 GiB"), OTHER_FILE));
    };
    Ok(Header { bytes: [magic, raw].concat(), dimensions, length })
}

fn short_header() -> Problem {
    Problem::new("the file ends within its header", DOWNLOAD)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn idx(dimensions: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut file = vec![0, 0, 8, dimensions.len() as u8];
        dimensions.iter().for_each(|size| file.extend(size.to_be_bytes()));
        file.extend(bytes);
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn problem(file: &[u8], rank: usize) -> String {
        parse(file, rank).unwrap_err().of(Path::new("f")).to_string()
    }

    #[test]
    fn gzip_is_read_as_gunzip_reads_it() {
        let (head, tail) = (idx(&[4], &[1, 2]), [3, 4]);
        let members = [gzip(&head), gzip(&tail)].concat();
        assert_eq!(parse(&members[..], 1).unwrap().bytes, [1, 2, 3, 4]);
        let with_empty = [gzip(&head), gzip(&[]), gzip(&tail), gzip(&[])].concat();
        assert_eq!(parse(&with_empty[..], 1).unwrap().bytes, [1, 2, 3, 4]);
        let padded = [&members[..], &[0; 700]].concat();
        // A reader of two bytes at a time sees the same.
        let slow = BufReader::with_capacity(2, &padded[..]);
        assert_eq!(parse(slow, 1).unwrap().bytes, [1, 2, 3, 4]);
        for rest in [&b"more"[..], &[0, 0, 1], &[0, 0x1f, 0x8b]] {
            let file = [&members[..], rest].concat();
            assert!(problem(&file, 1).contains("more bytes after the end of the gzip data"), "{rest:?}");
        }
        assert!(problem(&[&members[..], &[0x1f, 0x8b, 8]].concat(), 1).contains("end early"));
    }

    #[test]
    fn pointers_of_git_lfs_are_called_so() {
        let told = problem(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 3);
        assert!(told.contains("a git-lfs pointer") && told.contains("git lfs pull"), "{told}");
    }

    #[test]
    fn damaged_gzip_is_told_apart() {
        let good = gzip(&idx(&[2, 2, 3], &[7; 12]));
        assert!(parse(&good[..], 3).is_ok());
        assert!(problem(&good[..good.len() - 1], 3).contains("truncated"));
        assert!(problem(&good[..12], 3).contains("truncated"));
        assert!(problem(&[&good[..], b"x"].concat(), 3).contains("after the end of the gzip data"));
        assert!(problem(&[&good[..], &good].concat(), 3).contains("found more"));
        let mut bad_sum = good.clone();
        let at = good.len() - 8;
        bad_sum[at] ^= 1;
        assert!(problem(&bad_sum, 3).contains("damaged"));
        assert!(problem(&gzip(&good), 3).contains("gzipped twice"));
    }

    #[test]
    fn headers_are_not_believed() {
        let most = u32::MAX;
        assert!(problem(&idx(&[most, most, most], &[]), 3).contains("more than 4 GiB"));
        assert!(problem(&idx(&[1 << 30, 1 << 31, 0x7f00_007f], &[]), 3).contains("more than 4 GiB"));
        let little = idx(&[200u32.swap_bytes(), 8u32.swap_bytes(), 8u32.swap_bytes()], &[7; 12800]);
        assert!(problem(&little, 3).contains("its sizes, 200 x 8 x 8, stand in the other byte order"));
        assert!(problem(&[3, 8, 0, 0, 2, 0, 0, 0], 3).contains("a header in the other byte order"));
        assert!(problem(&[0x78, 0x9c, 1, 2], 3).contains("zlib data"));
        assert!(problem(&idx(&[most], &[1]), 1).contains("4294967295 bytes of data, found 1:"));
        assert!(problem(&idx(&[1, 2, 0], &[]), 3).contains("holds nothing"));
        assert!(problem(&idx(&[3], &[1, 2]), 1).contains("3 = 3 bytes of data, found 2:"));
        assert!(problem(&idx(&[3], &[1; 4]), 1).contains("found more:"));
        assert!(
            problem(&idx(&[3], &[1; 3]), 3).contains("1 dimensions (a file of labels?) where images have 3")
        );
        assert!(problem(&[0, 0, 13, 1], 1).contains("32-bit floats (type 0x0d)"));
        assert!(problem(&[0, 0, 8], 1).contains("ends within its header"));
        assert!(problem(&[0, 0, 8, 1, 0], 1).contains("ends within its header"));
        assert!(problem(b"<!DOCTYPE html>", 1).contains("a web page"));
        assert!(problem(b"", 1).contains("empty"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read((rows, columns) in (1u32..40, 1u32..40), count in 1u32..4, zipped: bool, seed: u8) {
            let bytes: Vec<u8> = (0..count * rows * columns).map(|i| (i as u8).wrapping_mul(seed)).collect();
            let plain = idx(&[count, rows, columns], &bytes);
            let read = parse(&if zipped { gzip(&plain) } else { plain.clone() }[..], 3).unwrap();
            prop_assert_eq!(read.dimensions, [count as usize, rows as usize, columns as usize]);
            prop_assert_eq!(read.bytes, bytes);
            prop_assert_eq!(read.sha256, hex(Sha256::digest(&plain)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, rank in 0usize..5) {
            let _ = parse(&bytes[..], rank);
            let _ = parse(&gzip(&bytes)[..], rank);
        }

        #[test]
        fn any_header_is_read_or_refused(dimensions in prop::collection::vec(any::<u32>(), 0..5), data: Vec<u8>, rank in 0usize..5) {
            let _ = parse(&idx(&dimensions, &data)[..], rank);
        }

        #[test]
        fn any_damage_to_a_gzip_file_is_noticed(at in 0usize..60, bit in 0u8..8) {
            let content = idx(&[5, 3, 2], &(0..30).collect::<Vec<u8>>());
            let mut file = gzip(&content);
            let at = at % file.len();
            file[at] ^= 1 << bit;
            // What gzip's sum does not cover (its header, bits between its parts) may go unnoticed.
            if let Ok(read) = parse(&file[..], 3) {
                prop_assert_eq!(read.bytes, (0..30).collect::<Vec<u8>>());
            }
        }
    }
}
