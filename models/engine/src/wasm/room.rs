//! Where things lie in a sandbox's memory: the module's own data, then the weights that stay, then what one call brings.

use std::collections::HashMap;

/// Alignment of everything that is put into the sandbox, in words: a vector register.
const ALIGN_WORDS: usize = 4;
/// Words that weights may fill before all are forgotten: three quarters of what a sandbox can address.
const MOST_KEPT: usize = 3 << 28;

/// A tensor's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the first word.
    pub(super) first: usize,
    /// Number of words.
    pub(super) words: usize,
}

impl Place {
    /// Index of the word past it.
    pub(super) fn end(&self) -> usize {
        self.first + self.words
    }

    /// The byte address.
    ///
    /// # Panics
    /// If it is past 4 GiB, where no sandbox's memory reaches.
    pub(super) fn address(&self) -> u32 {
        u32::try_from(self.first * 4).expect("a place lies in the sandbox's memory")
    }

    /// As the module takes it: address and number of words.
    pub(super) fn listed(&self) -> [u32; 2] {
        [self.address(), self.words as u32]
    }
}

/// The memory's division.
#[derive(Debug)]
pub(super) struct Room {
    /// First word that is the host's.
    heap: usize,
    /// Weights that are in place, by index.
    kept: HashMap<u32, Place>,
    /// First word past them.
    kept_end: usize,
}

impl Room {
    /// A memory without weights, the host's from word `heap` on.
    pub(super) fn new(heap: usize) -> Self {
        Room {
            heap,
            kept: HashMap::new(),
            kept_end: heap,
        }
    }

    /// The place of a weight that was put in place before.
    pub(super) fn kept(&self, weight: u32) -> Option<Place> {
        self.kept.get(&weight).copied()
    }

    /// A place for a weight, where it stays.
    pub(super) fn keep(&mut self, weight: u32, words: usize) -> Place {
        let place = after(self.kept_end, words);
        self.kept_end = place.end();
        self.kept.insert(weight, place);
        place
    }

    /// Makes room for `words` more: forgets all weights, if there would be too many.
    pub(super) fn make_for(&mut self, words: usize) {
        if self.kept_end + words > MOST_KEPT {
            *self = Room::new(self.heap);
        }
    }

    /// Places for what one call brings. The next call's are the same ones.
    pub(super) fn passing(&self) -> Passing {
        Passing {
            next: self.kept_end,
        }
    }
}

/// Places that last one call.
pub(super) struct Passing {
    /// First word that is free.
    next: usize,
}

impl Passing {
    /// The next place.
    pub(super) fn place(&mut self, words: usize) -> Place {
        let place = after(self.next, words);
        self.next = place.end();
        place
    }
}

fn after(word: usize, words: usize) -> Place {
    Place {
        first: word.next_multiple_of(ALIGN_WORDS),
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_stay_and_calls_come_after_them() {
        let mut room = Room::new(5);
        let weight = room.keep(3, 10);
        assert_eq!((weight.first, room.kept(3)), (8, Some(weight)));
        assert_eq!(room.kept(4), None);
        let mut passing = room.passing();
        let places = [passing.place(1), passing.place(2)];
        assert_eq!(places.map(|place| place.first), [20, 24]);
        assert_eq!(room.passing().place(1), places[0]);
        assert_eq!(weight.listed(), [32, 10]);
    }

    #[test]
    fn a_full_memory_begins_anew() {
        let mut room = Room::new(5);
        room.keep(3, MOST_KEPT - 8);
        room.make_for(0);
        assert!(room.kept(3).is_some());
        room.make_for(1);
        assert_eq!(room.kept(3), None);
        assert_eq!(room.keep(4, 1).first, 8);
    }
}
