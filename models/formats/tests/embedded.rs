//! The embedded model's file, spoiled: whatever happens to it, the import ends with an error or a program, in bounded memory. A process of
//! its own, so that the peak is its own.

use gavel_formats::{ImageInfo, Limits, ModelFile, check, import};
use gavel_primitives::keccak;
use proptest::prelude::*;

fn image() -> ImageInfo {
    ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    }
}

/// What may be written over a file.
#[derive(Clone, Debug)]
enum Spoil {
    /// A bit is flipped.
    Bit(usize, u8),
    /// A length, count or offset becomes extreme.
    Number(usize, u64),
    /// Bytes are overwritten.
    Bytes(usize, Vec<u8>),
    /// Bytes are taken out, so that all after them moves.
    Gap(usize, usize),
    /// The file ends here.
    Cut(usize),
}

/// Places: mostly in the head, where the sizes and the vocabulary are, else anywhere.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0usize..1500, 4 => 0usize..25_000, 1 => 0usize..gavel_zoo::MODEL.len()]
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let extreme = prop_oneof![
        Just(0u64),
        Just(u64::MAX),
        Just(1 << 63),
        Just(1 << 31),
        Just(u64::from(u32::MAX)),
        (0u32..64).prop_map(|bit| 1u64 << bit),
    ];
    prop_oneof![
        (place(), 0u8..8).prop_map(|(at, bit)| Spoil::Bit(at, bit)),
        (place(), extreme).prop_map(|(at, number)| Spoil::Number(at, number)),
        (place(), proptest::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Spoil::Bytes(at, bytes)),
        (place(), 1usize..40).prop_map(|(at, count)| Spoil::Gap(at, count)),
        place().prop_map(Spoil::Cut),
    ]
}

fn write(file: &mut [u8], at: usize, bytes: &[u8]) {
    for (old, new) in file.iter_mut().skip(at).zip(bytes) {
        *old = *new;
    }
}

fn spoiled(by: &[Spoil]) -> Vec<u8> {
    let mut file = gavel_zoo::MODEL.to_vec();
    for spoil in by {
        let len = file.len();
        match spoil {
            Spoil::Bit(at, bit) if *at < len => file[*at] ^= 1 << bit,
            Spoil::Bit(..) => {}
            Spoil::Number(at, number) => write(&mut file, *at, &number.to_le_bytes()),
            Spoil::Bytes(at, bytes) => write(&mut file, *at, bytes),
            Spoil::Gap(at, count) => drop(file.drain((*at).min(len)..(at + count).min(len))),
            Spoil::Cut(at) => file.truncate(*at),
        }
    }
    file
}

/// The most memory that this process has held so far, in MiB; none where it can't be asked.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_file_is_an_error_or_a_program(by in proptest::collection::vec(spoil(), 1..4)) {
        let file = ModelFile::from_bytes(&spoiled(&by));
        if let Ok(program) = import(&file, &Limits::default(), image()) {
            // What is imported is what every player accepts.
            prop_assert_eq!(check(&program, &image()), Ok(()));
        }
        if let Some(peak) = peak() {
            prop_assert!(peak < 400, "{} MiB", peak);
        }
    }
}

#[test]
fn the_whole_file_is_a_program() {
    let file = ModelFile::from_bytes(gavel_zoo::MODEL);
    let program = import(&file, &Limits::default(), image()).expect("it is supported");
    assert_eq!(check(&program, &image()), Ok(()));
}
