//! Parameters as words of a record.

use crate::{Pretokenizer, WeightFormat};

/// A parameter: one word that has a domain.
pub(super) trait Word: Sized {
    fn put(self) -> u32;
    fn take(word: u32) -> Option<Self>;
}

impl Word for u32 {
    fn put(self) -> u32 {
        self
    }
    fn take(word: u32) -> Option<Self> {
        Some(word)
    }
}

impl Word for WeightFormat {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        WeightFormat::from_code(word)
    }
}

impl Word for bool {
    fn put(self) -> u32 {
        self.into()
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Word for Pretokenizer {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        Pretokenizer::from_code(word)
    }
}

/// Declares a struct of parameters with its words in the order of its fields.
macro_rules! params {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

        impl $name {
            pub(super) fn put(&self) -> [u32; $crate::op::PARAM_WORDS] {
                let mut words = [0; $crate::op::PARAM_WORDS];
                let mut next = words.iter_mut();
                $(*next.next().expect("an operator has at most 32 parameters") = $crate::op::word::Word::put(self.$field);)*
                words
            }

            pub(super) fn take(words: &[u32; $crate::op::PARAM_WORDS]) -> Option<Self> {
                let mut next = words.iter();
                let params = $name { $($field: $crate::op::word::Word::take(*next.next()?)?,)* };
                next.all(|word| *word == 0).then_some(params)
            }
        }
    };
}
pub(super) use params;
