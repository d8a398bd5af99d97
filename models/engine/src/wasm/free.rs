//! Memory that was given back: caches of sequences come and go in sizes of their own.

use super::memory::{Memory, Place};

/// Places that nobody uses, by rising address, none beside another.
#[derive(Default)]
pub(super) struct FreePlaces(Vec<Place>);

impl FreePlaces {
    /// A place of so many words: the first free one that is large enough, else fresh memory; `None` if there is no more.
    pub(super) fn take(&mut self, memory: &mut Memory, words: usize) -> Option<Place> {
        let Some(at) = self.0.iter().position(|free| free.words >= words) else {
            return memory.has_room(words).then(|| memory.take(words));
        };
        let free = self.0.remove(at);
        if free.words > words {
            self.0.insert(at, free.after(words));
        }
        Some(free.part(0, words))
    }

    /// Takes a place back. What ends where the instance's fresh memory begins becomes fresh again.
    pub(super) fn give(&mut self, memory: &mut Memory, place: Place) {
        let at = self.0.partition_point(|free| free.first < place.first);
        self.0.insert(at, place);
        self.join(at);
        if at > 0 {
            self.join(at - 1);
        }
        if let Some(last) = self.0.pop_if(|last| last.end() == memory.taken()) {
            memory.release(last.first);
        }
    }

    /// Joins a place with the next one, if they touch.
    fn join(&mut self, at: usize) {
        if let [one, next, ..] = self.0[at..]
            && one.end() == next.first
        {
            self.0[at].words += next.words;
            self.0.remove(at + 1);
        }
    }
}
