//! Links of the documents lead somewhere, and a test that is cited by name is there under that name.

use crate::run;
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The document whose links to code each name a test of the file that they lead to.
const THREAT_MODEL: &str = "docs/threat-model.md";

/// A link of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link<'a> {
    line: usize,
    text: &'a str,
    target: &'a str,
}

/// Breaches in README.md and docs/: links to files that are not there, tests that are not where they are said to be.
///
/// # Errors
/// When git or a document can't be read.
pub(super) fn breaches() -> Result<Vec<String>> {
    let output = run::command("git", &["ls-files", "-z", "README.md", "docs"]).output()?;
    let files = String::from_utf8(output.stdout)?;
    let mut breaches = Vec::new();
    for document in files.split('\0').filter(|file| file.ends_with(".md")) {
        let path = Path::new(&run::root()).join(document);
        let text = fs::read_to_string(&path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let found = links(&text);
        let of_link = |link| breach(&folder, document == THREAT_MODEL, link);
        let place = |(line, what)| format!("{document}:{line}: {what}");
        breaches.extend(found.into_iter().filter_map(of_link).map(place));
        if document == THREAT_MODEL {
            breaches.extend(unlinked(&text).into_iter().map(place));
        }
    }
    Ok(breaches)
}

/// `[text](target)` of a document's lines, but for addresses and places in the same document.
fn links(document: &str) -> Vec<Link<'_>> {
    let of_line = |(number, line): (usize, &'_ str)| -> Vec<(usize, usize)> {
        line.match_indices("](")
            .map(|(at, _)| (number, at))
            .collect()
    };
    let lines: Vec<&str> = document.lines().collect();
    let places = document.lines().enumerate().flat_map(of_line);
    places
        .filter_map(|(number, at)| {
            let line = lines[number];
            let start = line[..at].rfind('[')? + 1;
            let end = at + 2 + line[at + 2..].find(')')?;
            Some(Link {
                line: number + 1,
                text: &line[start..at],
                target: &line[at + 2..end],
            })
        })
        .filter(|link| !link.target.contains("://") && !link.target.starts_with('#'))
        .collect()
}

fn breach(folder: &Path, names_tests: bool, link: Link<'_>) -> Option<(usize, String)> {
    let path: PathBuf = folder.join(link.target.split('#').next().unwrap_or(""));
    if !path.exists() {
        return Some((link.line, format!("{} is not there", link.target)));
    }
    let is_code = matches!(link.target.rsplit_once('.'), Some((_, "rs" | "sol")));
    if !names_tests || !is_code {
        return None;
    }
    let code = fs::read_to_string(&path).unwrap_or_default();
    let missing = !has_test(&code, link.text);
    missing.then(|| {
        let what = format!("{} has no test {}", link.target, link.text);
        (link.line, what)
    })
}

/// Whether code defines a test of this name: a Solidity function that the runner finds, or a Rust function under an attribute.
fn has_test(code: &str, name: &str) -> bool {
    if name.starts_with("test") && code.contains(&format!("function {name}(")) {
        return true;
    }
    let attributes = ["#[test]", "#[tokio::test"];
    let definition = format!("fn {name}(");
    code.match_indices(&definition).any(|(at, _)| {
        // Between a test's attribute and its name there is no other function.
        let before = &code[..at];
        let attribute = attributes.iter().filter_map(|it| before.rfind(it)).max();
        attribute.is_some_and(|start| !before[start..].contains("fn "))
    })
}

/// Names in backquotes that look like a test and are not linked: nobody would notice if they went.
fn unlinked(document: &str) -> Vec<(usize, String)> {
    let names = |line: &str| -> Vec<String> {
        let quoted = line.split('`').skip(1).step_by(2);
        let is_test = |word: &&str| word.starts_with("test") && word.len() > 8;
        quoted.filter(is_test).map(str::to_owned).collect()
    };
    let breach = |(number, line): (usize, &str)| -> Vec<(usize, String)> {
        let what = |name: String| (number + 1, format!("{name} is named without a link"));
        names(line).into_iter().map(what).collect()
    };
    document.lines().enumerate().flat_map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_their_lines() {
        let text = "a [b](c.md) and [d e](../f.rs#x)\n[web](https://x.y) [here](#there)\n\n[g](h)";
        let found: Vec<_> = links(text)
            .iter()
            .map(|link| (link.line, link.text, link.target))
            .collect();
        let expected = [(1, "b", "c.md"), (1, "d e", "../f.rs#x"), (4, "g", "h")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_test_is_a_function_that_a_runner_finds() {
        let solidity = "function testA() public {}\nfunction testBc(uint256 x) public {}\nfunction help() private {}";
        assert!(has_test(solidity, "testA") && has_test(solidity, "testBc"));
        assert!(!has_test(solidity, "testB") && !has_test(solidity, "help"));
        let rust = "#[test]\nfn one() {}\n\nfn two() {}\n#[tokio::test(flavor = \"x\")]\nasync fn three() {}";
        assert!(has_test(rust, "one") && has_test(rust, "three"));
        assert!(!has_test(rust, "two") && !has_test(rust, "thre"));
    }

    #[test]
    fn the_documents_links_lead_somewhere() {
        let breaches = breaches().expect("the documents can be read");
        assert_eq!(breaches, Vec::<String>::new());
    }
}
