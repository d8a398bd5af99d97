//! What BERT's normalizer makes of each character.

/// Which of its two changes the normalizer makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Letters become lower case.
    pub lowercase: bool,
    /// Accents go.
    pub strip_accents: bool,
}

impl Form {
    /// What it makes of code points, made by `unicode/make_bert.py`: lines like `I 0021..002F` or `M 00C0..00C0 0061`.
    const fn ranges(self) -> &'static str {
        match (self.strip_accents, self.lowercase) {
            (true, true) => include_str!("../../unicode/bert.txt"),
            (false, true) => include_str!("../../unicode/bert-lower.txt"),
            (true, false) => include_str!("../../unicode/bert-strip.txt"),
            (false, false) => include_str!("../../unicode/bert-cased.txt"),
        }
    }
}

/// Classes of the operator, as `docs/spec/numerics.md` numbers them; 5 is a mapping, 6 the first of the marks.
const CLASSES: &str = " SIDB";
const MAPPED: u8 = 5;
const MARKS: u8 = 6;
/// Code points of a byte of the table.
const A_BYTE: usize = 2;
/// Code points of Unicode.
const CODE_POINTS: usize = 0x11_0000;

/// Hangul syllables and the letters that they are made of: first syllable, first letters of the three places, letters of the last two.
const SYLLABLES: std::ops::Range<u32> = 0xAC00..0xD7A4;
const LEADS: u32 = 0x1100;
const VOWELS: u32 = 0x1161;
const TRAILS: u32 = 0x11A7;
const VOWEL_COUNT: u32 = 21;
const TRAIL_COUNT: u32 = 28;

/// The tables that the operator reads: four bits a code point, and what those of class 5 become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normal {
    /// The classes.
    pub classes: Vec<u8>,
    /// Code points that they cover.
    pub code_points: u32,
    /// Code point and up to three others that it becomes, 0 for none, by rising code point.
    pub mappings: Vec<[u32; 4]>,
}

impl Normal {
    /// BERT's normalizer.
    pub fn bert(form: Form) -> Self {
        let mut normal = Normal {
            classes: vec![0; CODE_POINTS / A_BYTE],
            code_points: CODE_POINTS as u32,
            mappings: Vec::new(),
        };
        for line in form.ranges().lines().skip(1) {
            let added = normal.line(line);
            added.unwrap_or_else(|| panic!("the committed table has the line {line:?}"));
        }
        if form.strip_accents {
            SYLLABLES.for_each(|syllable| normal.map(syllable, hangul(syllable)));
        }
        normal.mappings.sort_unstable();
        normal
    }

    /// Reads a line.
    fn line(&mut self, line: &str) -> Option<()> {
        let mut parts = line.split(' ');
        let class = parts.next()?;
        let (first, last) = parts.next()?.split_once("..")?;
        let (first, last) = (hex(first)?, hex(last)?);
        let others: Vec<u32> = parts.map(hex).collect::<Option<_>>()?;
        for code in first..=last {
            match (class, others.as_slice()) {
                ("M", [other]) => self.map(code, [other + (code - first), 0, 0]),
                ("M", [one, two]) => self.map(code, [*one, *two, 0]),
                ("M", [one, two, three]) => self.map(code, [*one, *two, *three]),
                (class, []) => self.set(code, self::class(class)?),
                _ => return None,
            }
        }
        Some(())
    }

    fn map(&mut self, code: u32, [one, two, three]: [u32; 3]) {
        self.set(code, MAPPED);
        self.mappings.push([code, one, two, three]);
    }

    fn set(&mut self, code: u32, class: u8) {
        let code = code as usize;
        self.classes[code / A_BYTE] |= class << (4 * (code % A_BYTE));
    }
}

fn hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok()
}

/// The number of a class, by its letter or, of marks, their place in the order.
fn class(name: &str) -> Option<u8> {
    match name.parse::<u8>() {
        Ok(place) => Some(MARKS + place),
        Err(_) => Some(CLASSES.find(name)? as u8),
    }
}

/// The letters of a syllable.
fn hangul(syllable: u32) -> [u32; 3] {
    let place = syllable - SYLLABLES.start;
    let trail = match place % TRAIL_COUNT {
        0 => 0,
        trail => TRAILS + trail,
    };
    let place = place / TRAIL_COUNT;
    [
        LEADS + place / VOWEL_COUNT,
        VOWELS + place % VOWEL_COUNT,
        trail,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_fall_apart_as_unicode_says() {
        assert_eq!(hangul(0xAC00), [0x1100, 0x1161, 0]);
        // The standard's own example (section 3.12).
        assert_eq!(hangul(0xD4DB), [0x1111, 0x1171, 0x11B6]);
        assert_eq!(hangul(0xD7A3), [0x1112, 0x1175, 0x11C2]);
    }

    #[test]
    fn the_table_says_what_the_standard_library_does() {
        let normal = Normal::bert(Form {
            lowercase: true,
            strip_accents: true,
        });
        let class = |code: u32| normal.classes[code as usize / 2] >> (4 * (code % 2)) & 15;
        for code in (0..0x11_0000).filter(|code| char::from_u32(*code).is_some()) {
            let letter = char::from_u32(code).expect("it was filtered");
            let lower: Vec<u32> = letter.to_lowercase().map(u32::from).collect();
            // Spaces that are no control characters are spaces, and nothing else is; what is lower case by itself stays a letter.
            let is_space =
                letter.is_whitespace() && (!letter.is_control() || "\t\n\r".contains(letter));
            assert_eq!(class(code) == 1, is_space, "{letter:?}");
            let maps = normal.mappings.binary_search_by_key(&code, |row| row[0]);
            assert_eq!(class(code) == MAPPED, maps.is_ok(), "{letter:?}");
            if letter.is_ascii_uppercase() {
                assert_eq!(
                    normal.mappings[maps.expect("it is mapped")][1..],
                    [lower[0], 0, 0]
                );
            }
            assert_eq!(
                class(code) == 2,
                letter.is_ascii_punctuation() || !letter.is_ascii() && class(code) == 2,
                "{letter:?}"
            );
        }
        assert!(normal.mappings.is_sorted());
    }
}
