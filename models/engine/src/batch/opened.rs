//! What a workshop keeps of each sequence that is open.

/// Why a sequence that is asked for is there.
const OPEN: &str = "a row's sequence is open";

/// Open sequences by number. The number of one that was closed is given again.
#[derive(Debug)]
pub(crate) struct Opened<T>(Vec<Option<T>>);

impl<T> Opened<T> {
    /// None is open.
    pub(crate) fn new() -> Self {
        Opened(Vec::new())
    }

    /// Opens one; gives its number.
    pub(crate) fn open(&mut self, kept: T) -> usize {
        let free = self.0.iter().position(Option::is_none);
        let sequence = free.unwrap_or(self.0.len());
        if free.is_none() {
            self.0.push(None);
        }
        self.0[sequence] = Some(kept);
        sequence
    }

    /// Closes one; gives what was kept of it, if it was open.
    pub(crate) fn close(&mut self, sequence: usize) -> Option<T> {
        self.0[sequence].take()
    }

    /// What is kept of an open one.
    ///
    /// # Panics
    /// If it is closed.
    pub(crate) fn of(&self, sequence: usize) -> &T {
        self.0[sequence].as_ref().expect(OPEN)
    }

    /// The same, to be changed.
    ///
    /// # Panics
    /// If it is closed.
    pub(crate) fn of_mut(&mut self, sequence: usize) -> &mut T {
        self.0[sequence].as_mut().expect(OPEN)
    }

    /// What is kept of two, the second one's to be changed.
    ///
    /// # Panics
    /// If they are one, or one is closed.
    pub(crate) fn two(&mut self, from: usize, to: usize) -> (&T, &mut T) {
        let two = self.0.get_disjoint_mut([from, to]);
        let [from, to] = two.expect("a sequence and another one");
        (from.as_ref().expect(OPEN), to.as_mut().expect(OPEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_closed_ones_are_given_again() {
        let mut opened = Opened::new();
        assert_eq!(["a", "b", "c"].map(|kept| opened.open(kept)), [0, 1, 2]);
        assert_eq!(opened.close(1), Some("b"));
        assert_eq!(opened.close(1), None);
        assert_eq!(opened.open("d"), 1);
        assert_eq!(opened.open("e"), 3);
        assert_eq!([0, 1, 2, 3].map(|at| *opened.of(at)), ["a", "d", "c", "e"]);
        let (from, to) = opened.two(3, 0);
        *to = *from;
        assert_eq!(*opened.of(0), "e");
    }
}
