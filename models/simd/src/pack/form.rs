//! The block formats: how a block's integers lie in cells, and how they are scaled. The kernels have one inner loop for each of
//! the two; a format is a pair of them.

use super::{GROUP, Head, Order};
use gavel_program::WeightFormat;

/// The formats of weights that have a packed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Q8,
    Q4,
    Q4_1,
    Q5_0,
    Q5_1,
    Q4K,
    Q5K,
    Q6K,
    IQ4NL,
}

/// How the integers of a block lie in its cells; all unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quants {
    /// Eight cells of bytes.
    Bytes,
    /// Four cells of nibbles.
    Nibbles,
    /// The same; each names a value of [`CODEBOOK`].
    Named,
    /// Four cells of nibbles and one of fifth bits.
    Fives,
    /// Four cells of nibbles and two of pairs of higher bits.
    Sixes,
}

/// How a block's integers become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scaling {
    /// A scale for each block.
    Scaled,
    /// A scale and a minimum for each block.
    Offset,
    /// A scale and a minimum for each super-block, a small scale and a small minimum for each block.
    Nested,
    /// A scale for each super-block, two small scales for each block.
    Halved,
}

/// Blocks of a super-block.
const BLOCKS: usize = 8;

/// The values that the nibbles of IQ4NL name, plus 128.
pub(crate) const CODEBOOK: [u8; 16] = [
    1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241,
];

impl Quants {
    /// Cells of a block.
    pub(crate) const fn cells(self) -> usize {
        match self {
            Quants::Bytes => 8,
            Quants::Nibbles | Quants::Named => 4,
            Quants::Fives => 5,
            Quants::Sixes => 6,
        }
    }

    /// Whether products of two neighbouring columns may exceed 16 bits.
    pub(crate) const fn are_wide(self) -> bool {
        matches!(self, Quants::Bytes | Quants::Named)
    }
}

impl Scaling {
    /// Blocks that a head is for.
    const fn blocks(self) -> usize {
        match self {
            Scaling::Scaled | Scaling::Offset => 1,
            Scaling::Nested | Scaling::Halved => BLOCKS,
        }
    }

    /// Scales and minima of a row that a head begins with.
    const fn numbers(self) -> usize {
        match self {
            Scaling::Scaled | Scaling::Halved => 1,
            Scaling::Offset | Scaling::Nested => 2,
        }
    }

    /// Bytes of the small numbers of a block, which follow.
    const fn small(self) -> usize {
        match self {
            Scaling::Scaled | Scaling::Offset => 0,
            Scaling::Nested | Scaling::Halved => 2 * GROUP,
        }
    }

    /// Whether there is a minimum.
    pub(crate) const fn has_min(self) -> bool {
        matches!(self, Scaling::Offset | Scaling::Nested)
    }
}

impl Kind {
    /// The kind of a format; `None` for those without a packed form.
    pub(crate) const fn of(format: WeightFormat) -> Option<Kind> {
        Some(match format {
            WeightFormat::F32 | WeightFormat::F16 | WeightFormat::BF16 => return None,
            WeightFormat::Q8 => Kind::Q8,
            WeightFormat::Q4 => Kind::Q4,
            WeightFormat::Q4_1 => Kind::Q4_1,
            WeightFormat::Q5_0 => Kind::Q5_0,
            WeightFormat::Q5_1 => Kind::Q5_1,
            WeightFormat::Q4K => Kind::Q4K,
            WeightFormat::Q5K => Kind::Q5K,
            WeightFormat::Q6K => Kind::Q6K,
            WeightFormat::IQ4NL => Kind::IQ4NL,
        })
    }

    /// How the integers lie.
    pub(crate) const fn quants(self) -> Quants {
        match self {
            Kind::Q8 => Quants::Bytes,
            Kind::Q4 | Kind::Q4_1 | Kind::Q4K => Quants::Nibbles,
            Kind::IQ4NL => Quants::Named,
            Kind::Q5_0 | Kind::Q5_1 | Kind::Q5K => Quants::Fives,
            Kind::Q6K => Quants::Sixes,
        }
    }

    /// How they are scaled.
    pub(crate) const fn scaling(self) -> Scaling {
        match self {
            Kind::Q8 | Kind::Q4 | Kind::Q5_0 | Kind::IQ4NL => Scaling::Scaled,
            Kind::Q4_1 | Kind::Q5_1 => Scaling::Offset,
            Kind::Q4K | Kind::Q5K => Scaling::Nested,
            Kind::Q6K => Scaling::Halved,
        }
    }

    /// What was added to the integers to make them unsigned, in eighths: 8 is 1.
    pub(crate) const fn eights_added(self) -> i32 {
        match self {
            Kind::Q8 | Kind::IQ4NL => 16,
            Kind::Q4 => 1,
            Kind::Q5_0 => 2,
            Kind::Q6K => 4,
            Kind::Q4_1 | Kind::Q5_1 | Kind::Q4K | Kind::Q5K => 0,
        }
    }

    /// Blocks that a head is for: a row's blocks are a multiple of them.
    pub(crate) const fn head_blocks(self) -> usize {
        self.scaling().blocks()
    }

    /// Bytes of a head.
    pub(crate) const fn head_bytes(self, order: Order) -> usize {
        let scaling = self.scaling();
        scaling.numbers() * order.number_bytes() + scaling.blocks() * scaling.small()
    }

    /// Where the numbers of a block lie in the heads of a group.
    #[inline(always)]
    pub(crate) const fn head(self, order: Order, block: usize) -> Head {
        let scaling = self.scaling();
        let scales = block / scaling.blocks() * self.head_bytes(order);
        let numbers = scaling.numbers() * order.number_bytes();
        Head {
            scales,
            mins: scales + order.number_bytes(),
            small: scales + numbers + block % scaling.blocks() * scaling.small(),
        }
    }
}

/// A kind as a type, for kernels that are compiled for each.
pub(crate) trait Form {
    /// The kind.
    const KIND: Kind;
    /// How its integers lie.
    const QUANTS: Quants = Self::KIND.quants();
    /// How they are scaled.
    const SCALING: Scaling = Self::KIND.scaling();
    /// Cells of a block.
    const CELLS: usize = Self::QUANTS.cells();
}

/// The types of the kinds.
pub(crate) mod types {
    use super::{Form, Kind};

    macro_rules! types {
        ($($name:ident)*) => {
            $(pub(crate) struct $name;
            impl Form for $name {
                const KIND: Kind = Kind::$name;
            })*
        };
    }
    types!(Q8 Q4 Q4_1 Q5_0 Q5_1 Q4K Q5K Q6K IQ4NL);
}

/// An expression with the type of a kind.
macro_rules! with_form {
    ($kind:expr, $form:ident => $value:expr) => {
        with_form!($kind, $form => $value, Q8 Q4 Q4_1 Q5_0 Q5_1 Q4K Q5K Q6K IQ4NL)
    };
    ($kind:expr, $form:ident => $value:expr, $($name:ident)*) => {
        match $kind {
            $($crate::pack::form::Kind::$name => {
                type $form = $crate::pack::form::types::$name;
                $value
            })*
        }
    };
}
pub(crate) use with_form;
