//! What the tokenizing operators share: the prompt they read, and the two tensors they write.

use crate::view::u8s;
use core::ops::Range;
use gavel_program::{Control, op::NO_TOKEN};

/// Writes the ids `range` of those that `tokenize` hands out, zero past the last.
pub(super) fn put_ids(
    range: Range<usize>,
    out: &mut [u32],
    tokenize: impl FnOnce(&mut dyn FnMut(u32)),
) {
    out.fill(0);
    let mut index = 0;
    tokenize(&mut |id| {
        if range.contains(&index) {
            out[index - range.start] = id;
        }
        index += 1;
    });
}

/// Writes the elements `range` of a tensor with the number of ids that `tokenize` hands out in element 0.
pub(super) fn put_count(
    range: Range<usize>,
    out: &mut [u32],
    tokenize: impl FnOnce(&mut dyn FnMut(u32)),
) {
    let mut count = 0;
    tokenize(&mut |_| count += 1);
    super::count::put(count, range, out);
}

/// The prompt's bytes: as many as the control slot says, at most those of the slot.
pub(super) fn prompt<'a>(slot: &'a [u32], capacity: u32, control: &Control) -> &'a [u8] {
    &u8s(slot)[..control.prompt_len.min(capacity) as usize]
}

/// Hands out `id` if its flag is set and it is a token.
pub(super) fn put_flagged(flags: u32, flag: u32, id: u32, sink: &mut dyn FnMut(u32)) {
    if flags & flag != 0 && id != NO_TOKEN {
        sink(id);
    }
}
