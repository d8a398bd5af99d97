//! The words of a text: what a pre-tokenizer's regular expression matches next, found by looking at characters.
//!
//! | pre-tokenizer | expression |
//! |---|---|
//! | GPT-2 | `'s\|'t\|'re\|'ve\|'m\|'ll\|'d\| ?\p{L}+\| ?\p{N}+\| ?[^\s\p{L}\p{N}]+\|\s+(?!\S)\|\s+` |
//! | Llama 3 | `(?i:'s\|'t\|'re\|'ve\|'m\|'ll\|'d)\|[^\r\n\p{L}\p{N}]?\p{L}+\|\p{N}{1,3}\| ?[^\s\p{L}\p{N}]+[\r\n]*\|\s*[\r\n]+\|\s+(?!\S)\|\s+` |
//! | Qwen2 | as Llama 3, with `\p{N}` for `\p{N}{1,3}` |
//!
//! Every character is in a match, so a text is the words one after the other. This holds for any table of classes: it may say of a
//! newline that it is a letter, and of a space that it is none.

use super::characters::{Character, Characters, Class};
use gavel_program::Pretokenizer;

/// End of the word that begins at `at`, which is before the text's end.
#[inline(never)]
pub(super) fn word_end(pretokenizer: Pretokenizer, text: &Characters<'_>, at: usize) -> usize {
    let Some(first) = text.at(at) else {
        return at;
    };
    let small = pretokenizer == Pretokenizer::Gpt2;
    if first.code == u32::from(b'\'')
        && let Some(end) = contraction(text.text(), at, small)
    {
        return end;
    }
    match pretokenizer {
        Pretokenizer::Gpt2 => gpt2(text, at, first),
        Pretokenizer::Llama3 => llama3(text, at, first, 3),
        Pretokenizer::Qwen2 => llama3(text, at, first, 1),
    }
}

/// The expression of GPT-2, but for contractions.
fn gpt2(text: &Characters<'_>, at: usize, first: Character) -> usize {
    let classes = [Class::Letter, Class::Number, Class::Other];
    let lead = classes.map(|class| after_space(text, first, class));
    match lead.into_iter().flatten().next() {
        Some(lead) => run(text, lead),
        None => spaces(text, at),
    }
}

/// The expression of Llama 3 and its kin, but for contractions.
fn llama3(text: &Characters<'_>, at: usize, first: Character, digits: usize) -> usize {
    match first.class {
        Class::Letter => return run(text, first),
        Class::Number => return numbers(text, first, digits),
        Class::Other | Class::Space => {}
    }
    if !first.is_newline()
        && let Some(next) = text.at(first.end)
        && next.class == Class::Letter
    {
        return run(text, next);
    }
    match after_space(text, first, Class::Other) {
        Some(lead) => newlines(text, run(text, lead)),
        None => last_newline(text, at).unwrap_or_else(|| spaces(text, at)),
    }
}

/// The first character of this class, after one space at most. The table of classes may say of a space that it is of the class itself.
fn after_space(text: &Characters<'_>, first: Character, class: Class) -> Option<Character> {
    let next = match first.code == u32::from(b' ') {
        true => text.at(first.end),
        false => None,
    };
    next.filter(|next| next.class == class)
        .or((first.class == class).then_some(first))
}

/// End of the characters of one class that `lead` begins.
fn run(text: &Characters<'_>, lead: Character) -> usize {
    let mut end = lead.end;
    while let Some(next) = text.at(end)
        && next.class == lead.class
    {
        end = next.end;
    }
    end
}

/// End of at most `most` numbers that `lead` begins.
fn numbers(text: &Characters<'_>, lead: Character, most: usize) -> usize {
    let mut end = lead.end;
    for _ in 1..most {
        match text.at(end) {
            Some(next) if next.class == Class::Number => end = next.end,
            _ => break,
        }
    }
    end
}

/// End of the newlines that begin at `at`.
fn newlines(text: &Characters<'_>, at: usize) -> usize {
    let mut end = at;
    while let Some(next) = text.at(end)
        && next.is_newline()
    {
        end = next.end;
    }
    end
}

/// End of the newlines after the whitespace that begins at `at`, if the table calls them something else, else of the last one in it.
fn last_newline(text: &Characters<'_>, at: usize) -> Option<usize> {
    let (mut end, mut last) = (at, None);
    while let Some(next) = text.at(end)
        && next.class == Class::Space
    {
        end = next.end;
        if next.is_newline() {
            last = Some(end);
        }
    }
    match newlines(text, end) {
        more if more > end => Some(more),
        _ => last,
    }
}

/// End of the whitespace that begins at `at`: all of it at the text's end, else all but its last character, but at least one.
fn spaces(text: &Characters<'_>, at: usize) -> usize {
    let (mut end, mut last) = (at, at);
    while let Some(next) = text.at(end) {
        if next.class != Class::Space {
            return if last > at { last } else { end };
        }
        last = end;
        end = next.end;
    }
    end
}

/// End of the contraction that begins with the apostrophe at `at`, in small letters alone or in any. The long s folds to s.
fn contraction(text: &[u8], at: usize, small: bool) -> Option<usize> {
    let letter = |place: usize| match text.get(at + place) {
        Some(byte) if small => *byte,
        Some(byte) => byte.to_ascii_lowercase(),
        None => 0,
    };
    match (letter(1), letter(2)) {
        (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
        (b'r' | b'v', b'e') | (b'l', b'l') => Some(at + 3),
        (0xC5, 0xBF) if !small => Some(at + 3),
        _ => None,
    }
}
