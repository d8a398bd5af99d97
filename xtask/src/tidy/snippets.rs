//! Contracts that the documents show are contracts that a test compiles and runs.

use crate::run;
use anyhow::Result;
use std::{fs, path::Path};

/// Where the documents' contracts are tested.
const TESTS: &str = "contracts/test/examples";

/// Breaches in docs/: Solidity that is in no test.
///
/// # Errors
/// When git or a file can't be read.
pub(super) fn breaches() -> Result<Vec<String>> {
    let tested: Vec<String> = files(TESTS, ".sol")?
        .iter()
        .map(|file| Ok(words(&read(file)?)))
        .collect::<Result<_>>()?;
    let mut breaches = Vec::new();
    for document in files("docs", ".md")? {
        for (line, code) in blocks(&read(&document)?) {
            let code = words(&code);
            if !tested.iter().any(|text| text.contains(&code)) {
                breaches.push(format!("{document}:{line}: not in any test of {TESTS}"));
            }
        }
    }
    Ok(breaches)
}

fn files(under: &str, ending: &str) -> Result<Vec<String>> {
    let output = run::command("git", &["ls-files", "-z", under]).output()?;
    let files = String::from_utf8(output.stdout)?;
    let wanted = |file: &&str| file.ends_with(ending);
    Ok(files
        .split('\0')
        .filter(wanted)
        .map(str::to_owned)
        .collect())
}

fn read(file: &str) -> Result<String> {
    Ok(fs::read_to_string(Path::new(&run::root()).join(file))?)
}

/// The code's words with one space between them: how it is laid out does not matter.
fn words(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fenced blocks of Solidity, with the lines on which they begin.
fn blocks(document: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in document.lines().enumerate() {
        match &mut open {
            None if line.trim() == "```solidity" => open = Some((number + 1, String::new())),
            None => {}
            Some(_) if line.trim() == "```" => found.extend(open.take()),
            Some((_, code)) => {
                code.push_str(line);
                code.push('\n');
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_solidity_are_found_and_others_are_not() {
        let text = "a\n```solidity\ncontract A {\n}\n```\n```sh\nls\n```\n```solidity\nx;\n```";
        let expected = [(2, "contract A {\n}\n".to_owned()), (9, "x;\n".to_owned())];
        assert_eq!(blocks(text), expected);
        assert_eq!(words("a  {\n   b;\n}\n"), "a { b; }");
    }

    #[test]
    fn the_documents_contracts_are_tested() {
        let breaches = breaches().expect("the documents can be read");
        assert_eq!(breaches, Vec::<String>::new());
    }
}
