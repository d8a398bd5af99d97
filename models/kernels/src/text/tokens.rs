//! From merged symbols to token ids.

use super::vocabulary::Vocabulary;
use gavel_program::op::NO_TOKEN;

/// The ids of one symbol: its token, else its bytes' tokens if all its bytes have one, else the unknown token, if there is one.
#[inline(never)]
pub(super) fn emit(
    symbol: &[u8],
    vocabulary: &Vocabulary<'_>,
    unk: u32,
    sink: &mut dyn FnMut(u32),
) {
    if let Some(id) = vocabulary.find(symbol) {
        sink(id);
    } else if symbol
        .iter()
        .all(|byte| vocabulary.byte_token(*byte).is_some())
    {
        symbol
            .iter()
            .filter_map(|byte| vocabulary.byte_token(*byte))
            .for_each(sink);
    } else if unk != NO_TOKEN {
        sink(unk);
    }
}
