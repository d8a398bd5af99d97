//! What a trace costs in memory, in a process of its own: a run too long to be kept state by state can still be proven.
#![cfg(target_os = "linux")]

use gavel_machine::memory::Inputs;
use gavel_machine::{Context, Image, Machine, Trace};
use std::fs;

/// A loop that stores all over the work memory, and exits after `r4` rounds of six instructions.
const PROGRAM: [u32; 8] = [
    0xAC41_0000, // sw r1, 0(r2)
    0x2442_0024, // addiu r2, r2, 36
    0x0045_1024, // and r2, r2, r5
    0x2484_FFFF, // addiu r4, r4, -1
    0x1480_FFFB, // bne r4, zero, 0
    0x2421_0007, // addiu r1, r1, 7
    0x02A5_000D, // break 0x2A5
    0,
];

/// The most memory that this process has held so far, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<u64>().ok())
        .expect("a number of KiB")
        / 1024
}

#[test]
fn a_long_trace_keeps_a_small_part_of_its_states() {
    let bytes: Vec<u8> = PROGRAM.iter().flat_map(|word| word.to_le_bytes()).collect();
    let image = Image::from_parts(&bytes, 0, bytes.len() as u32).expect("whole words");
    let context = Context {
        image: &image,
        inputs: Inputs::new(),
    };
    let rounds = 1 << 19;
    let mut first = Machine::first(0, &[3; 256]);
    first.registers.set(2, 0xF000_0000);
    first.registers.set(4, rounds);
    // Addresses stay in the first 4 MiB of the work window.
    first.registers.set(5, 0xF03F_FFFC);
    let before = peak();
    let trace = Trace::new(context, &first, 24);
    assert_eq!(trace.steps(), u64::from(rounds) * 6 + 1);
    // Any state can be asked for, and is the one that the tree has.
    for at in [0, 1, 1_500_000, trace.steps() - 1] {
        assert_eq!(trace.state_at(at + 1).hash(), trace.leaf(at), "leaf {at}");
    }
    // The tree over three million states has 192 MiB of nodes; states themselves would be 12 TiB.
    let grown = peak() - before;
    assert!(grown < 128, "{grown} MiB");
}
