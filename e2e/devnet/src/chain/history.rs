//! A value together with every value it had before.

/// A point in the chain's past. Every change of state makes a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u64);

impl Version {
    /// The version after this one.
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The values of one cell of state, each with the version that wrote it, oldest first.
#[derive(Clone, Debug)]
pub(super) struct History<T> {
    writes: Vec<(Version, T)>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { writes: Vec::new() }
    }
}

impl<T> History<T> {
    /// The value as it was at the end of version `at`, or `None` if it was not yet written.
    pub(super) fn at(&self, at: Version) -> Option<&T> {
        let written = self.writes.partition_point(|(version, _)| *version <= at);
        self.writes[..written].last().map(|(_, value)| value)
    }

    /// Writes `value` in version `version`, which is at least that of the last write.
    pub(super) fn write(&mut self, version: Version, value: T) {
        match self.writes.last_mut() {
            Some((last, slot)) if *last == version => *slot = value,
            _ => self.writes.push((version, value)),
        }
    }

    /// Forgets what was written after `version`. True where anything is left.
    pub(super) fn rewind(&mut self, version: Version) -> bool {
        let kept = self
            .writes
            .partition_point(|(written, _)| *written <= version);
        self.writes.truncate(kept);
        kept > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> History<char> {
        let mut history = History::default();
        history.write(Version(2), 'a');
        history.write(Version(5), 'b');
        history
    }

    #[test]
    fn a_value_lasts_until_the_next_write() {
        let history = written();
        let seen: Vec<_> = (0..7).map(|v| history.at(Version(v)).copied()).collect();
        assert_eq!(
            seen,
            [
                None,
                None,
                Some('a'),
                Some('a'),
                Some('a'),
                Some('b'),
                Some('b')
            ]
        );
    }

    #[test]
    fn a_second_write_in_one_version_replaces_the_first() {
        let mut history = written();
        history.write(Version(5), 'c');
        assert_eq!(history.at(Version(5)), Some(&'c'));
        assert_eq!(history.at(Version(4)), Some(&'a'));
    }

    #[test]
    fn rewinding_forgets_later_writes() {
        let mut history = written();
        assert!(history.rewind(Version(4)));
        assert_eq!(history.at(Version(9)), Some(&'a'));
        assert!(!history.rewind(Version(1)));
        assert_eq!(history.at(Version(9)), None);
    }
}
