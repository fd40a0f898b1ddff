//! Binned rows as lists of the bins other than the first, the layout that gradient histograms are built from.
//! The first bin holds most pixels of most images, and is neither stored nor counted.

use super::bins::Bins;
use crate::linalg::huge_pages;
use crate::linalg::prefetch::prefetch;

/// Features in a block; their cells of one bin are neighbours.
pub(super) const LANES: usize = 8;

/// Maximum number of cells in a part: the second-level cache should hold them, and 16 bits number them.
const PART_CELLS: usize = 1 << 15;

/// How many rows ahead the lists are prefetched.
const PREFETCH_AHEAD: usize = 6;

/// Eight features with similar numbers of bins. The cell of bin b (from 1) of lane k is `first_cell + (b - 1)
/// * 8 + k`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The feature of each lane; `None` pads the last block.
    pub features: [Option<u16>; LANES],
    /// The first cell of the block.
    pub first_cell: usize,
    pub cells: usize,
}

/// The lists of the features of some blocks: for every row, the cells that it is counted in.
struct Part {
    cells: usize,
    /// Where the entries of each row begin, and the end.
    starts: Vec<usize>,
    /// Cells, counted from the part's first.
    entries: Vec<u16>,
}

/// The binned training rows.
pub struct BinnedRows {
    n: usize,
    d: usize,
    pub(super) blocks: Vec<Block>,
    parts: Vec<Part>,
    cells: usize,
}

impl BinnedRows {
    /// Lists `rows` of `pixels` (of `d` bytes each), from which the bins were made. O(rows d) time; two bytes
    /// for each pixel whose bin is not the first.
    pub fn new(pixels: &[u8], d: usize, rows: &[u32], bins: &Bins) -> BinnedRows {
        let n = rows.len();
        // Features with similar numbers of bins share a block, to keep the padding small. Constant features
        // are in no block.
        let mut order: Vec<usize> = (0..d).filter(|&feature| bins.bin_count(feature) > 1).collect();
        order.sort_by_key(|&feature| bins.bin_count(feature));
        let mut first_cell = 0;
        let blocks: Vec<Block> = order
            .chunks(LANES)
            .map(|features| {
                let cells = LANES * (bins.bin_count(features[features.len() - 1]) - 1);
                let lanes = std::array::from_fn(|lane| features.get(lane).map(|&feature| feature as u16));
                first_cell += cells;
                Block { features: lanes, first_cell: first_cell - cells, cells }
            })
            .collect();
        let mut parts = Vec::new();
        let mut rest = blocks.as_slice();
        while let Some(first) = rest.first() {
            let end = first.first_cell + PART_CELLS;
            let count = rest.partition_point(|block| block.first_cell + block.cells <= end);
            let (blocks, others) = rest.split_at(count);
            parts.push(Part::new(pixels, d, rows, bins, blocks));
            rest = others;
        }
        BinnedRows { n, d, blocks, parts, cells: first_cell }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of features.
    pub fn d(&self) -> usize {
        self.d
    }

    /// Number of cells of a histogram.
    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// Every part with its cells.
    pub(super) fn parts<'a, C>(&'a self, mut cells: &'a mut [C]) -> Vec<(&'a mut [C], PartRows<'a>)> {
        self.parts
            .iter()
            .map(|part| {
                let (own, others) = std::mem::take(&mut cells).split_at_mut(part.cells);
                cells = others;
                (own, PartRows(part))
            })
            .collect()
    }
}

impl Part {
    /// The lists of `rows` for the features of `blocks`.
    fn new(pixels: &[u8], d: usize, rows: &[u32], bins: &Bins, blocks: &[Block]) -> Part {
        let first_cell = blocks[0].first_cell;
        let cells = blocks.iter().map(|block| block.cells).sum();
        // The features in pixel order, each with the cell of its bin 1.
        let mut features: Vec<(usize, u16)> = Vec::new();
        for block in blocks {
            for (lane, feature) in block.features.iter().enumerate() {
                features
                    .extend(feature.map(|feature| {
                        (usize::from(feature), (block.first_cell - first_cell + lane) as u16)
                    }));
            }
        }
        features.sort_unstable();
        let mut starts = Vec::with_capacity(rows.len() + 1);
        let mut list = vec![0u16; features.len()];
        let total = features.iter().map(|&(feature, _)| bins.rows_beyond_first(feature)).sum();
        let mut entries = huge_pages::with_capacity(total);
        for &row in rows {
            starts.push(entries.len());
            let pixels = &pixels[row as usize * d..][..d];
            let mut count = 0;
            for &(feature, cell) in &features {
                let bin = u16::from(bins.bin(feature, pixels[feature]));
                // Every bin is written and the first is overwritten: a branch would often be mispredicted.
                list[count] = cell.wrapping_add(bin.wrapping_sub(1).wrapping_mul(LANES as u16));
                count += usize::from(bin > 0);
            }
            entries.extend_from_slice(&list[..count]);
        }
        starts.push(entries.len());
        Part { cells, starts, entries }
    }
}

/// The lists of one part. All entries are below the number of cells of the part.
#[derive(Clone, Copy)]
pub(super) struct PartRows<'a>(&'a Part);

impl<'a> PartRows<'a> {
    /// The number of cells of the part.
    pub(super) fn cells(self) -> usize {
        self.0.cells
    }

    /// The cells that a row is counted in.
    #[inline(always)]
    pub(super) fn cells_of(self, row: u32) -> &'a [u16] {
        let row = row as usize;
        &self.0.entries[self.0.starts[row]..self.0.starts[row + 1]]
    }

    /// Prefetches the list of a row that follows `rows[at]`.
    #[inline(always)]
    pub(super) fn prefetch_ahead(self, rows: &[u32], at: usize) {
        if let Some(&row) = rows.get(at + PREFETCH_AHEAD) {
            let list = self.cells_of(row);
            for line in list.chunks(32) {
                prefetch(line);
            }
        }
    }
}
