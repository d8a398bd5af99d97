//! The guest: an ELF file of one segment becomes a flat image, a record and a table of symbols.

use super::{
    Artifact, File,
    build::{Recipe, no_path_inside, reproducibly},
    toolchain::Toolchain,
};
use anyhow::{Context, Result, ensure};
use gavel_primitives::{Depth, root_of_bytes};
use object::{
    Object, ObjectSegment, ObjectSymbol, SymbolKind,
    read::elf::{ElfFile32, FileHeader},
};
use sha2::{Digest, Sha256};
use std::{fmt::Write, path::PathBuf};

const RECORD: &str = "mips-vm/guest/artifact/record.json";
const RECIPE: Recipe = Recipe {
    package: "gavel-guest",
    target: "mipsel-mti-none-elf",
    // A panic is a `break 0` where it happens: no messages, no formatting, no locations in the image.
    rustflags: "-Clink-arg=-Tmips-vm/guest/guest.ld -Csymbol-mangling-version=v0 \
                -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none",
    output: "gavel-guest",
};

type Elf<'data> = ElfFile32<'data>;

/// The guest.
pub(super) const ARTIFACT: Artifact = Artifact {
    name: "guest",
    record: RECORD,
    build,
};

fn build(toolchain: &Toolchain, roots: &[PathBuf]) -> Result<Vec<File>> {
    let elf = reproducibly(toolchain, roots, &RECIPE)?;
    let file = Elf::parse(&*elf).context("the guest's ELF file")?;
    let image = flat(&file)?;
    no_path_inside(&image, roots)?;
    println!("guest: {} bytes", image.len());
    let record = record(&file, &image, toolchain)?;
    Ok(vec![
        File {
            path: "mips-vm/guest/artifact/guest.symbols",
            bytes: symbols(&file)?.into_bytes(),
        },
        File {
            path: "mips-vm/guest/artifact/guest.img",
            bytes: image,
        },
        File {
            path: RECORD,
            bytes: record.into_bytes(),
        },
    ])
}

/// The bytes of the one loaded segment, which begins at address 0.
fn flat(file: &Elf<'_>) -> Result<Vec<u8>> {
    let segments: Vec<_> = file
        .segments()
        .filter(|segment| segment.size() > 0)
        .collect();
    ensure!(
        segments.len() == 1,
        "{} loaded segments, not one",
        segments.len()
    );
    let segment = &segments[0];
    let bytes = segment.data()?;
    ensure!(
        segment.address() == 0,
        "the segment begins at {:#x}",
        segment.address()
    );
    ensure!(
        segment.size() == bytes.len() as u64,
        "{} bytes of memory for {} bytes of the file: statics are not allowed",
        segment.size(),
        bytes.len()
    );
    ensure!(
        file.elf_header().e_entry(file.endian()) == 0,
        "the entry is not at 0"
    );
    Ok(bytes.to_vec())
}

fn record(file: &Elf<'_>, image: &[u8], toolchain: &Toolchain) -> Result<String> {
    let depth = image
        .len()
        .div_ceil(32)
        .next_power_of_two()
        .trailing_zeros() as Depth;
    let text_end = file
        .symbol_by_name("__text_end")
        .context("the linker script defines __text_end")?;
    let record = serde_json::json!({
        "rustc": toolchain.version,
        "target": RECIPE.target,
        "sha256": hex::encode(Sha256::digest(image)),
        "bytes": image.len(),
        "image_root": hex::encode(root_of_bytes(image, depth).0),
        "image_depth": depth,
        "entry": 0,
        "text_end": text_end.address(),
    });
    Ok(serde_json::to_string_pretty(&record)? + "\n")
}

/// A line per function: address and size in hexadecimal, path.
fn symbols(file: &Elf<'_>) -> Result<String> {
    let mut functions: Vec<(u64, u64, String)> = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
        .map(|symbol| Ok((symbol.address(), symbol.size(), path(symbol.name()?))))
        .collect::<Result<_>>()?;
    functions.sort();
    functions.dedup_by_key(|function| function.0);
    let mut lines = String::new();
    for (address, size, name) in functions {
        writeln!(lines, "{address:08x} {size:x} {name}")?;
    }
    Ok(lines)
}

/// A symbol's path in the source, without the hash.
fn path(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}
