//! Names of the image's functions, to say where in the kernels an instruction lies. Not part of the image.

use std::sync::OnceLock;

/// One function of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub size: u32,
    /// Path in the source, such as `gavel_kernels::text::merge::run`.
    pub name: &'static str,
}

/// All functions, by rising address.
pub fn symbols() -> &'static [Symbol] {
    static SYMBOLS: OnceLock<Vec<Symbol>> = OnceLock::new();
    SYMBOLS.get_or_init(|| {
        include_str!("../../guest/artifact/guest.symbols")
            .lines()
            .filter_map(parse)
            .collect()
    })
}

/// The function that holds an address.
pub fn symbol_at(address: u32) -> Option<&'static Symbol> {
    let after = symbols().partition_point(|symbol| symbol.address <= address);
    let symbol = &symbols()[after.checked_sub(1)?];
    (address - symbol.address < symbol.size).then_some(symbol)
}

/// A line: address and size in hexadecimal, name.
fn parse(line: &'static str) -> Option<Symbol> {
    let mut fields = line.splitn(3, ' ');
    Some(Symbol {
        address: u32::from_str_radix(fields.next()?, 16).ok()?,
        size: u32::from_str_radix(fields.next()?, 16).ok()?,
        name: fields.next()?,
    })
}
