//! Random texts that tokenizers find hard, each from its number.

/// Words and endings, contractions of all kinds among them.
const WORDS: [&str; 48] = [
    "the",
    "The",
    "and",
    "hello",
    "world",
    "tokenizer",
    "don't",
    "I'LL",
    "we've",
    "it's",
    "'s",
    "'S",
    "'t",
    "'re",
    "'VE",
    "'m",
    "'ll",
    "'d",
    "'\u{17f}",
    "'\u{df}",
    "\u{2019}s",
    "''s",
    "'x",
    "'lL",
    "Stra\u{df}e",
    "na\u{ef}ve",
    "\u{c9}cole",
    "ing",
    "ation",
    "http",
    "www",
    ".com",
    "let",
    "mut",
    "fn",
    "();",
    "=>",
    "{}",
    "//",
    "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
    "\u{6211}\u{60f3}",
    "\u{65e5}\u{672c}\u{8a9e}",
    "\u{1f600}",
    "\u{1f468}\u{200d}\u{1f469}",
    "e\u{301}",
    "\u{fb06}",
    "\u{1d400}",
    "\u{130}",
];
/// Whitespace, and characters that look like it.
const SPACES: [&str; 24] = [
    " ", " ", " ", " ", " ", "\n", "\n", "\r\n", "\r", "\t", "\u{a0}", "\u{2003}", "\u{3000}",
    "\u{2028}", "\u{85}", "\u{b}", "\u{c}", "\u{1680}", "\u{202f}", "\u{200b}", "\u{feff}",
    "\u{2029}", "\u{1c}", "\u{180e}",
];
/// Numbers of many scripts.
const NUMBERS: [&str; 20] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "\u{661}",
    "\u{666}",
    "\u{967}",
    "\u{bd}",
    "\u{b2}",
    "\u{2167}",
    "\u{2460}",
    "\u{3007}",
    "\u{1d7d8}",
    "\u{16e80}",
];
/// First code point and number of them: scripts, signs, marks, letters of Unicode 15 and 16, planes without characters.
const SCRIPTS: [(u32, u32); 34] = [
    (0x21, 94),
    (0x21, 94),
    (0x21, 94),
    (0xA1, 95),
    (0x100, 336),
    (0x250, 176),
    (0x300, 112),
    (0x370, 144),
    (0x400, 304),
    (0x531, 90),
    (0x590, 112),
    (0x600, 256),
    (0x700, 400),
    (0x900, 768),
    (0xE00, 256),
    (0x10A0, 352),
    (0x1200, 400),
    (0x1780, 128),
    (0x1C80, 16),
    (0x1E00, 512),
    (0x2000, 112),
    (0x20A0, 352),
    (0x2200, 512),
    (0x2500, 1000),
    (0x2C00, 400),
    (0x3040, 192),
    (0x4E00, 20_000),
    (0xA640, 700),
    (0xAC00, 11_000),
    (0xE000, 200),
    (0xFB00, 1200),
    (0x1_0000, 10_000),
    (0x1_F300, 1200),
    (0, 0x11_0000),
];

/// A generator of numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// The text of this number: at most 1,500 bytes, naming special tokens now and then.
pub(crate) fn text(number: u64, specials: &[String]) -> String {
    let mut random = Random(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut text = String::new();
    for _ in 0..1 + random.below(12) {
        piece(&mut random, specials, &mut text);
        if random.below(3) > 0 {
            text.push(' ');
        }
    }
    let mut end = text.len().min(1500);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn piece(random: &mut Random, specials: &[String], text: &mut String) {
    let several = |random: &mut Random, most: usize, items: &[&str], text: &mut String| {
        for _ in 0..1 + random.below(most) {
            text.push_str(random.pick(items));
        }
    };
    match random.below(12) {
        0..=2 => several(random, 2, &WORDS, text),
        3 | 4 => several(random, 6, &SPACES, text),
        5 => several(random, 9, &NUMBERS, text),
        6 => {
            let letters: Vec<u8> = (0..1 + random.below(12))
                .map(|_| b'a' + random.below(26) as u8)
                .collect();
            text.extend(letters.iter().map(|letter| char::from(*letter)));
        }
        7 | 8 => {
            let script = random.pick(&SCRIPTS);
            (0..1 + random.below(8)).for_each(|_| text.push(character(random, script)));
        }
        9 => (0..1 + random.below(6)).for_each(|_| {
            let script = random.pick(&SCRIPTS);
            text.push(character(random, script));
        }),
        10 => {
            let unit = match random.below(3) {
                0 => random.pick(&WORDS).to_owned(),
                1 => random.pick(&SPACES).to_owned(),
                _ => {
                    let script = random.pick(&SCRIPTS);
                    character(random, script).to_string()
                }
            };
            text.push_str(&unit.repeat(1 + random.below(60)));
        }
        _ => special(random, specials, text),
    }
}

/// A special token, or all but its last character.
fn special(random: &mut Random, specials: &[String], text: &mut String) {
    if specials.is_empty() {
        return;
    }
    text.push_str(&specials[random.below(specials.len())]);
    if random.below(4) == 0 {
        text.pop();
    }
}

/// A character of a script.
fn character(random: &mut Random, (first, count): (u32, u32)) -> char {
    let code = first + random.below(count as usize) as u32;
    char::from_u32(code).unwrap_or('\u{fffd}')
}
