//! The table of domain tags is one table, in Rust and in Solidity.

use std::collections::BTreeMap;

/// Reads constants of a source file: the name after `before`, the tag between the next quotes.
fn table(path: &str, before: &str) -> BTreeMap<String, String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let text = std::fs::read_to_string(format!("{root}{path}")).expect("the file is there");
    let entry = |line: &str| {
        let rest = line.trim().strip_prefix(before)?;
        let name = rest.split([':', ' ']).next()?;
        Some((name.to_string(), rest.split('"').nth(1)?.to_string()))
    };
    text.lines().filter_map(entry).collect()
}

#[test]
fn tags_are_equal_in_rust_and_solidity() {
    let rust = table("protocol/primitives/src/tag.rs", "pub const ");
    let solidity = table(
        "contracts/src/libraries/Tags.sol",
        "bytes32 internal constant ",
    );
    assert!(rust.len() >= 11, "{rust:?}");
    assert_eq!(rust, solidity);
}
