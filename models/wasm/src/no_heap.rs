//! No heap. The layouts' crate knows `alloc` types that no kernel uses; the linker drops this with them. An allocation would
//! get null, which traps.
#![allow(unsafe_code)] // the trait is unsafe; allocating nothing is sound

use core::{
    alloc::{GlobalAlloc, Layout},
    ptr,
};

struct NoHeap;

#[global_allocator]
static NO_HEAP: NoHeap = NoHeap;

// SAFETY: null is the trait's word for failure; nothing is ever handed out, so nothing comes back.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
