//! What is drawn.

/// The splitmix64 generator, with how large and how wild things are.
pub(super) struct Chance {
    state: u64,
    scale: u32,
    /// Of a thousand numbers so many are of any kind.
    wildness: u32,
    /// Positions of the last operator's context.
    context: u32,
}

/// Numbers at the edges: zeros, subnormal and normal ones, the largest, infinities, NaN of both signs.
const EDGES: [u32; 12] = [
    0,
    0x8000_0000,
    1,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_1234,
];

impl Chance {
    pub(super) fn new(seed: u64, scale: u32) -> Self {
        Chance {
            state: seed,
            scale,
            wildness: 0,
            context: 1,
        }
    }

    pub(super) fn word(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.word() % end
    }

    /// A size from 1 on; in large cases at the upper end of a longer range.
    pub(super) fn size(&mut self, most: u32) -> u32 {
        let most = most * self.scale;
        let least = if self.scale == 1 { 1 } else { most - most / 4 };
        least + self.below(most - least + 1)
    }

    /// A size that is small also in large cases.
    pub(super) fn few(&mut self, most: u32) -> u32 {
        1 + self.below(most)
    }

    /// A context's length, which positions are drawn for.
    pub(super) fn context(&mut self, most: u32) -> u32 {
        self.context = self.size(most);
        self.context
    }

    /// A position of the last context, rarely one past it.
    pub(super) fn position(&mut self) -> u32 {
        match self.below(8) {
            0 => self.context - 1,
            1 => self.context + self.below(3),
            _ => self.below(self.context),
        }
    }

    /// How many numbers of the next tensors are wild: none, few or many.
    pub(super) fn draw_wildness(&mut self) {
        self.wildness = [0, 2, 200][self.below(3) as usize];
    }

    /// The bits of an F32.
    pub(super) fn number(&mut self) -> u32 {
        if self.below(1_000) < self.wildness {
            return match self.below(3) {
                0 => self.word(),
                _ => EDGES[self.below(EDGES.len() as u32) as usize],
            };
        }
        ((self.word() >> 8) as f32 / (1 << 21) as f32 - 4.0).to_bits()
    }

    /// The bits of an F16.
    pub(super) fn half(&mut self) -> u16 {
        if self.below(1_000) < self.wildness {
            return self.word() as u16;
        }
        (0x1c00 + self.below(0x2000)) as u16 | ((self.word() & 1) << 15) as u16
    }

    /// A token, a count or the like.
    pub(super) fn index(&mut self) -> u32 {
        if self.below(1_000) < self.wildness / 4 {
            return self.word();
        }
        self.below(12 * self.scale)
    }
}
