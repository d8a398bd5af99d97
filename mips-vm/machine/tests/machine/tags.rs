//! Tables that several files hold are one table.

use gavel_primitives::Status;
use std::collections::BTreeMap;

fn file(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    std::fs::read_to_string(format!("{root}{path}")).expect("the file is there")
}

/// Reads constants of a source file: the name after `before`, the tag between the next quotes.
fn table(path: &str, before: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let rest = line.trim().strip_prefix(before)?;
        let name = rest.split([':', ' ']).next()?;
        Some((name.to_string(), rest.split('"').nth(1)?.to_string()))
    };
    file(path).lines().filter_map(entry).collect()
}

/// The first two columns of the specification's rows whose second begins or whose first is as asked.
fn specified(is_row: impl Fn(&str, &str) -> bool) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let mut columns = line.strip_prefix("| ")?.split(" | ");
        let (first, second) = (columns.next()?, columns.next()?);
        is_row(first, second).then(|| (first.to_string(), second.to_string()))
    };
    let text = file("docs/spec/encodings.md");
    text.lines().filter_map(row).collect()
}

#[test]
fn tags_are_equal_in_rust_solidity_and_the_specification() {
    let rust = table("protocol/primitives/src/tag.rs", "pub const ");
    let solidity = table(
        "contracts/src/libraries/Tags.sol",
        "bytes32 internal constant ",
    );
    assert!(rust.len() >= 10, "{rust:?}");
    assert_eq!(rust, solidity);
    assert_eq!(rust, specified(|_, tag| tag.starts_with("gavel.")));
}

#[test]
fn statuses_are_equal_in_rust_solidity_and_the_specification() {
    let rust: BTreeMap<String, String> = Status::ALL
        .iter()
        .map(|status| (status.code().to_string(), format!("{status:?}")))
        .collect();
    let solidity = file("contracts/src/types/Request.sol");
    let (_, rest) = solidity.split_once("enum Status {").expect("the enum");
    let (names, _) = rest.split_once('}').expect("its end");
    let solidity: BTreeMap<String, String> = names
        .split(',')
        .enumerate()
        .map(|(code, name)| (code.to_string(), name.trim().to_string()))
        .collect();
    assert_eq!(rust, solidity);
    let is_code = |code: &str, _: &str| code.parse::<u32>().is_ok();
    assert_eq!(rust, specified(is_code));
}
