//! Which way up a picture is: cameras store it as the sensor saw it, and say in its Exif data how to turn it.
//! Source: Exif 2.3, tag 0x0112.

/// The orientation that Exif data say, 1 (upright) to 8; 1 where they say none.
pub fn read(exif: &[u8]) -> u8 {
    find(exif).filter(|orientation| (1..=8).contains(orientation)).unwrap_or(1)
}

fn find(exif: &[u8]) -> Option<u8> {
    let big_endian = match exif.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let number = |at: usize, width: usize| {
        let bytes = exif.get(at..at.checked_add(width)?)?;
        let digit = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if big_endian { bytes.iter().fold(0, digit) } else { bytes.iter().rev().fold(0, digit) })
    };
    let table = number(4, 4)?;
    let entries = number(table, 2)?;
    let places = (0..entries).map_while(|entry| table.checked_add(2 + 12 * entry));
    // Tag, type, count, value.
    let place =
        places.take_while(|&at| number(at, 12).is_some()).find(|&at| number(at, 2) == Some(0x0112))?;
    u8::try_from(number(place + 8, 2)?).ok()
}

/// Pixels of a picture of `rows` x `columns`, turned upright.
pub fn upright<T: Copy>(pixels: &[T], [rows, columns]: [usize; 2], orientation: u8) -> Vec<T> {
    let [new_rows, new_columns] = size([rows, columns], orientation);
    let stored = |row: usize, column: usize| {
        let (bottom, right) = (rows - 1, columns - 1);
        let (row, column) = match orientation {
            2 => (row, right - column),
            3 => (bottom - row, right - column),
            4 => (bottom - row, column),
            5 => (column, row),
            6 => (bottom - column, row),
            7 => (bottom - column, right - row),
            8 => (column, right - row),
            _ => (row, column),
        };
        pixels[row * columns + column]
    };
    (0..new_rows)
        .flat_map(|row| (0..new_columns).map(move |column| (row, column)))
        .map(|(r, c)| stored(r, c))
        .collect()
}

/// Rows and columns once it is upright.
pub fn size([rows, columns]: [usize; 2], orientation: u8) -> [usize; 2] {
    if orientation >= 5 { [columns, rows] } else { [rows, columns] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(big_endian: bool, orientation: u16) -> Vec<u8> {
        let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut bytes = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        bytes.extend(long(8));
        bytes.extend(short(2));
        for (tag, value) in [(0x0100, 9), (0x0112, orientation)] {
            bytes.extend([short(tag), short(3)].concat());
            bytes.extend(long(1));
            bytes.extend([short(value), short(0)].concat());
        }
        bytes
    }

    #[test]
    fn the_tag_is_found_in_either_byte_order() {
        for big_endian in [false, true] {
            assert_eq!(read(&exif(big_endian, 6)), 6);
            assert_eq!(read(&exif(big_endian, 9)), 1);
            let whole = exif(big_endian, 8);
            for end in 0..whole.len() {
                assert_eq!(read(&whole[..end]), 1, "{end}");
            }
        }
        assert_eq!(read(b"II*\0\xff\xff\xff\xff"), 1);
        assert_eq!(read(b"nothing of the kind"), 1);
    }

    /// Each orientation undoes how a camera held so stores the picture: as Pillow's `exif_transpose`.
    #[test]
    fn every_orientation_is_turned_upright() {
        // Stored as 1 2 3 over 4 5 6.
        for (orientation, upright_is) in [
            (1, vec![1, 2, 3, 4, 5, 6]),
            (2, vec![3, 2, 1, 6, 5, 4]),
            (3, vec![6, 5, 4, 3, 2, 1]),
            (4, vec![4, 5, 6, 1, 2, 3]),
            (5, vec![1, 4, 2, 5, 3, 6]),
            (6, vec![4, 1, 5, 2, 6, 3]),
            (7, vec![6, 3, 5, 2, 4, 1]),
            (8, vec![3, 6, 2, 5, 1, 4]),
        ] {
            assert_eq!(upright(&[1, 2, 3, 4, 5, 6], [2, 3], orientation), upright_is, "{orientation}");
        }
        assert_eq!((size([2, 3], 4), size([2, 3], 5)), ([2, 3], [3, 2]));
    }
}
