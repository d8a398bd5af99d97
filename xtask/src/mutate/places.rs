//! Finds the statements under `// INVARIANT:` lines and switches them by the coinbase.

/// An invariant and what guards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Line of the statement, from 1.
    pub(super) line: usize,
    /// What the comment says.
    pub(super) invariant: String,
    pub(super) switch: Switch,
}

/// How the statement is dropped. Offsets are bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    /// A condition from..to that becomes false: an `if` that refuses, returns or does something.
    Condition { from: usize, to: usize },
    /// A condition from..to that becomes true: a `require`, a ternary, a boolean that is stored.
    Claim { from: usize, to: usize },
    /// A whole statement from here on that is not executed.
    Statement { from: usize },
    /// A value's definition: there is nothing to drop.
    None,
}

const MARK: &str = "// INVARIANT:";

/// All places of a file, in order.
pub(super) fn find(text: &str) -> Vec<Place> {
    let mut places = vec![];
    let mut offset = 0;
    let mut invariant: Option<&str> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let code = line.trim_start();
        let at = offset + line.len() - code.len();
        offset += line.len();
        if let Some(said) = code.strip_prefix(MARK) {
            invariant = Some(said.trim());
        } else if !code.starts_with("//")
            && let Some(said) = invariant.take()
        {
            let place = |line, at| Place {
                line,
                invariant: said.into(),
                switch: switch_of(text, at),
            };
            places.push(place(number + 1, at));
            // A list of calls of one check is one check for each call.
            for (line, at) in same_calls(text, at) {
                places.push(place(number + 1 + line, at));
            }
        }
    }
    places
}

/// The statements after the one at `at` that call the same private function: lines below it, and offsets.
fn same_calls(text: &str, at: usize) -> Vec<(usize, usize)> {
    let name = &text[at..at + text[at..].find('(').map_or(0, |open| open + 1)];
    if !name.starts_with('_') || !name[..name.len() - 1].chars().all(is_word) {
        return vec![];
    }
    let mut calls = vec![];
    let mut offset = at;
    for (below, line) in text[at..].split_inclusive('\n').enumerate() {
        let code = line.trim_start();
        let start = offset + line.len() - code.len();
        offset += line.len();
        if !code.starts_with(name) {
            break;
        }
        if below > 0 {
            calls.push((below, start));
        }
    }
    calls
}

fn switch_of(text: &str, at: usize) -> Switch {
    let code = &text[at..];
    for (keyword, claim) in [("if (", false), ("else if (", false), ("require(", true)] {
        if code.starts_with(keyword) {
            let from = at + keyword.len();
            let end = end_of(text, from, if claim { ",)" } else { ")" });
            return match claim {
                false => Switch::Condition { from, to: end },
                true => Switch::Claim { from, to: end },
            };
        }
    }
    let end = end_of(text, at, ";");
    let Some(equals) = assignment(&text[at..end]).map(|found| at + found) else {
        return Switch::Statement { from: at };
    };
    let value = equals + 1;
    let question = end_of(text, value, "?;");
    if question < end {
        return Switch::Claim {
            from: value,
            to: question,
        };
    }
    let compares = ["&&", "||", "==", "!=", "<=", ">=", " < ", " > "];
    if compares.iter().any(|sign| text[value..end].contains(sign)) {
        return Switch::Claim {
            from: value,
            to: end,
        };
    }
    // `Type name = value` defines, `name = value` does.
    let target = text[at..equals].trim();
    if target.contains(' ') && !target.starts_with('(') && !target.ends_with(['+', '-']) {
        return Switch::None;
    }
    Switch::Statement { from: at }
}

/// Offset of the `=` of an assignment in a statement.
fn assignment(statement: &str) -> Option<usize> {
    let bytes = statement.as_bytes();
    (1..bytes.len().saturating_sub(1)).find(|&i| {
        bytes[i] == b'='
            && bytes[i + 1] != b'='
            && !matches!(bytes[i - 1], b'=' | b'!' | b'<' | b'>')
    })
}

/// The first of `ends` after `from` that is in no bracket opened after it.
fn end_of(text: &str, from: usize, ends: &str) -> usize {
    let mut depth = 0usize;
    for (at, sign) in text[from..].char_indices() {
        if depth == 0 && ends.contains(sign) {
            return from + at;
        }
        match sign {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// The file with each place switched by its number.
pub(super) fn switch(text: &str, numbered: &[(usize, Place)]) -> String {
    let mut inserts: Vec<(usize, String)> = vec![];
    for (number, place) in numbered {
        let lives = format!("block.coinbase == address({number})");
        let gone = format!("block.coinbase != address({number})");
        match place.switch {
            Switch::Condition { from, to } => {
                inserts.push((from, format!("{gone} && (")));
                inserts.push((to, ")".into()));
            }
            Switch::Claim { from, to } => {
                inserts.push((from, format!(" ({lives} || (")));
                inserts.push((to, "))".into()));
            }
            Switch::Statement { from } => inserts.push((from, format!("if ({gone}) "))),
            Switch::None => {}
        }
    }
    inserts.sort_by_key(|(at, _)| *at);
    let (mut switched, mut done) = (String::with_capacity(text.len() * 2), 0);
    for (at, insert) in inserts {
        switched.push_str(&text[done..at]);
        switched.push_str(&insert);
        done = at;
    }
    switched + &text[done..]
}

/// The text with the word `pure` replaced by `view`: what reads the coinbase is no longer pure, nor is its caller.
pub(super) fn impure(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("pure") {
        let (before, after) = (&rest[..at], &rest[at + 4..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        out.push_str(before);
        out.push_str(if whole { "view" } else { "pure" });
        rest = after;
    }
    out + rest
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only place of a text, switched as number 7.
    fn switched(statement: &str) -> String {
        let text = format!("{{\n    {MARK} said\n    {statement}\n}}\n");
        let places = find(&text);
        assert_eq!(places.len(), 1, "{places:?}");
        assert_eq!((places[0].line, places[0].invariant.as_str()), (3, "said"));
        let out = switch(&text, &[(7, places[0].clone())]);
        out.lines().nth(2).expect("the statement").trim().into()
    }

    #[test]
    fn a_refusal_never_refuses() {
        assert_eq!(
            switched("if (f(a) > b) revert No(a, b);"),
            "if (block.coinbase != address(7) && (f(a) > b)) revert No(a, b);"
        );
        assert_eq!(
            switched("else if (a) revert No();"),
            "else if (block.coinbase != address(7) && (a)) revert No();"
        );
    }

    #[test]
    fn a_claim_always_holds() {
        assert_eq!(
            switched("require(f(a, b), \"no\");"),
            "require( (block.coinbase == address(7) || (f(a, b))), \"no\");"
        );
        assert_eq!(
            switched("bool sound = a >= b;"),
            "bool sound = (block.coinbase == address(7) || ( a >= b));"
        );
        assert_eq!(
            switched("uint256 paid = a < b ? a : b;"),
            "uint256 paid = (block.coinbase == address(7) || ( a < b ))? a : b;"
        );
    }

    #[test]
    fn a_statement_is_not_executed() {
        for statement in ["credit[a] = 0;", "delete ledger[a];", "own.balance -= a;"] {
            let expected = format!("if (block.coinbase != address(7)) {statement}");
            assert_eq!(switched(statement), expected);
        }
    }

    #[test]
    fn a_definition_has_nothing_to_drop() {
        let text = format!("{MARK} said\nOutcome memory outcome = Outcome(1, 2);\n");
        assert_eq!(find(&text)[0].switch, Switch::None);
    }

    #[test]
    fn each_call_of_a_list_is_a_check() {
        let text = format!("{MARK} said\n    _most(a);\n    _most(b);\n    _other(c);\n");
        let lines: Vec<usize> = find(&text).iter().map(|place| place.line).collect();
        assert_eq!(lines, [2, 3]);
    }

    #[test]
    fn comments_between_are_passed_over() {
        let text = format!("{MARK} said\n// why\nif (a) return;\n");
        assert_eq!(find(&text)[0].line, 3);
    }

    #[test]
    fn pure_is_a_whole_word() {
        assert_eq!(
            impure("a pure b impure pure_ pure"),
            "a view b impure pure_ view"
        );
    }
}
