//! Huge pages for a sandbox's memory: with small ones a gigabyte of weights is read at the pace of the address translation.
#![allow(unsafe_code)] // advice about memory that the caller holds alone

use rustix::mm::{Advice, madvise};

/// Bytes of a small page, at least: advice is given for whole ones.
const PAGE: usize = 1 << 16;

/// Asks the system to back memory with huge pages from now on. It is free not to.
pub(super) fn advise(memory: &mut [u8]) {
    let before = memory.as_ptr().align_offset(PAGE);
    let len = memory.len().saturating_sub(before) / PAGE * PAGE;
    if len == 0 {
        return;
    }
    let start = memory[before..].as_mut_ptr();
    // SAFETY: the range lies in the slice; this advice changes no byte and takes none away.
    let asked = unsafe { madvise(start.cast(), len, Advice::LinuxHugepage) };
    // A system without huge pages is as right, and slower.
    asked.unwrap_or(());
}
