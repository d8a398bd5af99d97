//! The text of an answer as it comes, for those who show it before it is whole.

use gavel_primitives::{Params, StopText};

/// Text that came, less what may yet turn out to belong to a stop text.
#[derive(Clone, Debug)]
pub struct ComingText {
    stop: Vec<StopText>,
    /// The beginning of a stop text, perhaps.
    held: Vec<u8>,
    /// A stop text came.
    ended: bool,
}

impl ComingText {
    /// The text of an answer with these parameters, of which nothing has come.
    pub fn new(params: &Params) -> Self {
        let given = params.stop.into_iter().filter(|text| !text.is_none());
        ComingText {
            stop: given.collect(),
            held: Vec::new(),
            ended: false,
        }
    }

    /// Adds what a token prints, and gives what belongs to the answer for certain now.
    pub fn add(&mut self, printed: &[u8]) -> Vec<u8> {
        if self.ended {
            return Vec::new();
        }
        self.held.extend_from_slice(printed);
        let stop = (0..self.held.len()).find(|begin| self.stops_at(*begin));
        self.ended = stop.is_some();
        let certain = stop.unwrap_or_else(|| self.certain());
        let mut told = std::mem::take(&mut self.held);
        self.held = told.split_off(certain);
        told
    }

    /// The end of the answer: what was held back for nothing.
    pub fn finish(self) -> Vec<u8> {
        match self.ended {
            true => Vec::new(),
            false => self.held,
        }
    }

    fn stops_at(&self, begin: usize) -> bool {
        let rest = &self.held[begin..];
        self.stop.iter().any(|text| rest.starts_with(text.bytes()))
    }

    /// Bytes before the longest end that a stop text begins with.
    fn certain(&self) -> usize {
        let begins = |rest: &[u8]| self.stop.iter().any(|text| text.bytes().starts_with(rest));
        let open = (0..self.held.len()).find(|begin| begins(&self.held[*begin..]));
        open.unwrap_or(self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coming(stop: &[&str]) -> ComingText {
        let stop = StopText::all(stop.iter().map(|text| text.as_bytes()));
        ComingText::new(&Params {
            stop: stop.expect("few short texts"),
            ..Params::greedy(9)
        })
    }

    /// What is told after each token, and at the end.
    fn told(stop: &[&str], tokens: &[&str]) -> Vec<String> {
        let mut coming = coming(stop);
        let each = |token: &&str| String::from_utf8(coming.add(token.as_bytes())).expect("a text");
        let mut told: Vec<String> = tokens.iter().map(each).collect();
        told.push(String::from_utf8(coming.finish()).expect("a text"));
        told
    }

    #[test]
    fn nothing_is_held_without_a_reason() {
        assert_eq!(told(&[], &["a", "", "bc"]), ["a", "", "bc", ""]);
        assert_eq!(told(&["xyz"], &["a", "yz"]), ["a", "yz", ""]);
    }

    #[test]
    fn beginnings_are_held_until_they_are_something_else() {
        assert_eq!(
            told(&["aab"], &["a", "a", "a", "c"]),
            ["", "", "a", "aac", ""]
        );
        assert_eq!(told(&["User:"], &["Hi Us", "er"]), ["Hi ", "", "User"]);
    }

    #[test]
    fn the_text_ends_before_a_stop_text() {
        assert_eq!(
            told(&["ser:"], &["Hi Us", "er: x", "y"]),
            ["Hi U", "", "", ""]
        );
        assert_eq!(told(&["b", "abc"], &["a", "bc"]), ["", "", ""]);
        assert_eq!(told(&["c", "b"], &["abc"]), ["a", ""]);
    }
}
