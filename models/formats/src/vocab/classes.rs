//! Classes of characters, as the patterns of pre-tokenizers name them.

/// The classes of Unicode 16.0.0, made by `unicode/make_classes.py`: lines like `L 0041..005A`.
const RANGES: &str = include_str!("../../unicode/classes.txt");
/// Code points of a byte of the table.
const A_BYTE: usize = 4;

/// The table of classes that the operator reads: two bits a code point, 1 for letters, 2 for numbers, 3 for whitespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// The table.
    pub bytes: Vec<u8>,
    /// Code points that it covers: those past it are in no class.
    pub code_points: u32,
}

impl Classes {
    /// Those of Unicode 16.0.0.
    pub fn unicode() -> Self {
        let ranges: Vec<(u8, usize, usize)> = RANGES.lines().skip(1).map(range).collect();
        let last = ranges.iter().map(|(_, _, last)| *last).max().unwrap_or(0);
        let mut bytes = vec![0; last / A_BYTE + 1];
        for (class, first, last) in ranges {
            for code in first..=last {
                bytes[code / A_BYTE] |= class << (2 * (code % A_BYTE));
            }
        }
        Classes {
            code_points: (bytes.len() * A_BYTE) as u32,
            bytes,
        }
    }
}

/// Class, first and last code point of a line.
fn range(line: &str) -> (u8, usize, usize) {
    let code = |digits| usize::from_str_radix(digits, 16).ok();
    let parsed = line.split_once(' ').and_then(|(class, codes)| {
        let (first, last) = codes.split_once("..")?;
        let class = 1 + "LNS".find(class)? as u8;
        Some((class, code(first)?, code(last)?))
    });
    parsed.unwrap_or_else(|| panic!("the committed classes have the line {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_standard_library_does() {
        let classes = Classes::unicode();
        let class = |code: u32| match classes.bytes.get(code as usize / A_BYTE) {
            Some(byte) => byte >> (2 * (code % 4)) & 3,
            None => 0,
        };
        for letter in ['\u{9}', ' ', '\u{a0}', '\u{3000}', '\u{2028}', '\u{85}'] {
            assert_eq!(class(letter.into()), 3, "{letter:?}");
        }
        for code in 0..0x11_0000 {
            let Some(letter) = char::from_u32(code) else {
                assert_eq!(class(code), 0, "surrogate {code:x}");
                continue;
            };
            assert_eq!(class(code) == 3, letter.is_whitespace(), "{letter:?}");
            // The library's alphabetic and numeric characters are letters and numbers and some others.
            assert!(class(code) != 1 || letter.is_alphabetic(), "{letter:?}");
            assert!(class(code) != 2 || letter.is_numeric(), "{letter:?}");
            let plain = letter.is_ascii_alphabetic() || letter.is_ascii_digit();
            assert!(!plain || matches!(class(code), 1 | 2), "{letter:?}");
        }
    }
}
