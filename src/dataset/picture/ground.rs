//! The ground of a picture, estimated from its border: one shade or, on photographs of paper, a shade that
//! changes linearly from side to side.

/// The least share of the border that has the shade of the ground, if the border shows the ground. No image
/// of the published data sets whose border is brighter than black reaches it.
const SHARE: f64 = 0.8;
pub const SAME_SHADE: f64 = 24.0;
/// If ink covers more of the border, such as a shirt that touches the edge, the ground is the range of the
/// picture's darkest or lightest shades that is the commonest on the border. This is right for each of the
/// 140,000 published images, as it is and inverted. The width of the range, of 256 shades:
const RANGE: f64 = 16.0;
/// The shortest side of a photograph. Smaller images, such as those of the data sets, have a ground of one
/// shade.
const PHOTOGRAPH: usize = 56;

/// Shades of the ground: `middle` at the centre, plus `down` and `across` at the last row and column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    pub middle: f64,
    /// Whether the picture's lightest shades are the commonest of its border.
    pub is_lightest: bool,
    /// Whether at most half of the border has the shade of the ground.
    pub is_in_doubt: bool,
    down: f64,
    across: f64,
}

/// Whether a picture is as large as a photograph or a drawing surface.
pub fn is_large(rows: usize, columns: usize) -> bool {
    rows.min(columns) >= PHOTOGRAPH
}

/// From -1 at the first of `count` places to 1 at the last.
fn from_middle(place: usize, count: usize) -> f64 {
    2.0 * place as f64 / (count - 1).max(1) as f64 - 1.0
}

impl Ground {
    /// The ground that most of the border shows.
    pub fn of(values: &[f64], rows: usize, columns: usize) -> Option<Ground> {
        // As wide as a pixel of an image of 28 x 28.
        let width = (rows.min(columns) / 28).max(1);
        let is_border = |at: &usize| {
            let (row, column) = (at / columns, at % columns);
            row.min(column).min(rows - 1 - row).min(columns - 1 - column) < width
        };
        let border: Vec<usize> = (0..values.len()).filter(is_border).collect();
        let mut shades: Vec<f64> = border.iter().map(|&at| values[at]).collect();
        shades.sort_by(f64::total_cmp);
        let end = commonest_end(&shades, values);
        let is_lightest = end.is_some_and(|end| end.is_lightest);
        let plain = Ground { middle: 0.0, is_lightest, is_in_doubt: false, down: 0.0, across: 0.0 };
        let slanted = || Ground { is_lightest, ..Ground::slanted(values, &border, rows, columns) };
        let shows = |ground: &Ground| {
            let is_alike = |at: &&usize| {
                (values[**at] - ground.at(**at / columns, **at % columns, rows, columns)).abs() <= SAME_SHADE
            };
            border.iter().filter(is_alike).count() as f64 >= SHARE * border.len() as f64
        };
        let median = Ground { middle: *shades.get(shades.len() / 2)?, ..plain };
        if shows(&median) {
            return Some(median);
        }
        let plane = is_large(rows, columns).then(slanted).filter(shows);
        let of_end = |end: End| Ground { middle: end.shade, is_in_doubt: end.share <= 0.5, ..plain };
        plane.or_else(|| end.map(of_end))
    }

    /// The plane nearest to the border by least squares. Over a whole border rows and columns are
    /// uncorrelated, so that each slope is fitted alone.
    fn slanted(values: &[f64], border: &[usize], rows: usize, columns: usize) -> Ground {
        let slope = |place: &dyn Fn(usize) -> f64| {
            let products: f64 = border.iter().map(|&at| place(at) * values[at]).sum();
            let squares: f64 = border.iter().map(|&at| place(at) * place(at)).sum();
            products / squares
        };
        Ground {
            middle: border.iter().map(|&at| values[at]).sum::<f64>() / border.len() as f64,
            is_lightest: false,
            is_in_doubt: false,
            down: slope(&|at| from_middle(at / columns, rows)),
            across: slope(&|at| from_middle(at % columns, columns)),
        }
    }

    /// The shade at a pixel.
    pub fn at(&self, row: usize, column: usize, rows: usize, columns: usize) -> f64 {
        self.middle + self.down * from_middle(row, rows) + self.across * from_middle(column, columns)
    }

    /// The ground of the inverted picture.
    pub fn turned(self) -> Ground {
        Ground { middle: 255.0 - self.middle, down: -self.down, across: -self.across, ..self }
    }
}

/// The darkest or the lightest shades of a picture.
#[derive(Clone, Copy)]
struct End {
    /// The commonest of them.
    shade: f64,
    is_lightest: bool,
    /// The share of the border in this range.
    share: f64,
}

/// The end of the picture's shades that is the commonest range of those of its border.
fn commonest_end(border: &[f64], picture: &[f64]) -> Option<End> {
    let (low, high) = picture.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let (first, last) = (low.round().max(0.0) as usize, high.round().min(255.0) as usize);
    let width = (RANGE / 256.0 * (high - low + 1.0)).round().max(1.0) as usize;
    let mut counts = [0usize; 256];
    border.iter().for_each(|shade| counts[shade.round().clamp(0.0, 255.0) as usize] += 1);
    let ranges = || counts[first..=last].windows(width).map(|range| range.iter().sum::<usize>());
    let most = ranges().max()?;
    let shade = |range: std::ops::Range<usize>| range.max_by_key(|&shade| counts[shade]);
    let (shade, is_lightest) = match (ranges().next()? == most, ranges().next_back()? == most) {
        (true, false) => (shade(first..first + width)?, false),
        (false, true) => (shade(last + 1 - width..last + 1)?, true),
        _ => return None,
    };
    Some(End { shade: shade as f64, is_lightest, share: most as f64 / border.len() as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(side: usize, shade: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        (0..side * side).map(|at| shade(at / side, at % side)).collect()
    }

    #[test]
    fn a_thing_at_the_edge_leaves_the_ground_at_an_end() {
        // Half of each row is the thing, in shades of its own.
        let thing = |ground: f64, shade: fn(usize) -> f64| {
            picture(28, |row, column| if column < 14 { shade(row * 28 + column) } else { ground })
        };
        let many = |at: usize| 60.0 + (at * 37 % 120) as f64;
        let found =
            |values: &[f64]| Ground::of(values, 28, 28).map(|ground| (ground.middle, ground.is_lightest));
        assert_eq!(found(&thing(255.0, many)), Some((255.0, true)));
        assert_eq!(found(&thing(0.0, many)), Some((0.0, false)));
        // The ends are those of the picture.
        assert_eq!(found(&thing(215.0, many)), Some((215.0, true)));
        // Neither end, or both.
        assert_eq!(found(&thing(120.0, |at| if at % 2 == 0 { 0.0 } else { 255.0 })), None);
        assert_eq!(found(&picture(28, |_, column| if column < 14 { 0.0 } else { 255.0 })), None);
    }

    #[test]
    fn paper_in_slanting_light_is_one_ground() {
        let light = |row: usize, column: usize| 220.0 - 0.3 * row as f64 - 0.5 * column as f64;
        let drawn = |row: usize, column: usize| (40..60).contains(&row) && (20..80).contains(&column);
        let shades = picture(100, |row, column| if drawn(row, column) { 30.0 } else { light(row, column) });
        let ground = Ground::of(&shades, 100, 100).unwrap();
        for (row, column) in [(0, 0), (99, 0), (50, 50), (99, 99)] {
            assert!((ground.at(row, column, 100, 100) - light(row, column)).abs() < 1e-9);
            let turned = ground.turned().at(row, column, 100, 100);
            assert!((turned - (255.0 - light(row, column))).abs() < 1e-9);
        }
        // An image of a data set is taken as it is.
        assert_eq!(Ground::of(&picture(28, |row, _| 8.0 * row as f64), 28, 28), None);
        let noise = picture(100, |row, column| ((row * 7919 + column * 104729) % 256) as f64);
        assert_eq!(Ground::of(&noise, 100, 100), None);
    }
}
