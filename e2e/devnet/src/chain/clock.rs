//! The chain's time: wall clock plus an offset, strictly increasing from block to block.

/// Seconds since 1970, read outside the chain and handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub u64);

/// How the next block's timestamp comes about.
#[derive(Clone, Debug, Default)]
pub(super) struct ChainClock {
    offset: i64,
    exact: Option<u64>,
}

impl ChainClock {
    /// The timestamp of a block made at `now` on a parent with timestamp `parent`.
    pub(super) fn timestamp(&self, parent: u64, now: UnixTime) -> u64 {
        let wanted = self
            .exact
            .unwrap_or(now.0.saturating_add_signed(self.offset));
        wanted.max(parent.saturating_add(1))
    }

    /// Moves the clock forward and returns the offset reached, in seconds.
    ///
    /// Blocks that came faster than one a second have run ahead of the clock: then it moves on
    /// from the last one, at `head`, so that who waits for a deadline by this gets there.
    pub(super) fn advance(&mut self, seconds: u64, head: u64, now: UnixTime) -> i64 {
        let ahead = head.cast_signed().saturating_sub(now.0.cast_signed());
        self.offset = self.offset.max(ahead).saturating_add_unsigned(seconds);
        self.offset
    }

    /// The next block gets exactly `timestamp`, and time goes on from there.
    pub(super) fn set_next(&mut self, timestamp: u64, now: UnixTime) {
        self.exact = Some(timestamp);
        self.offset = timestamp.cast_signed().saturating_sub(now.0.cast_signed());
    }

    /// A block was made: an exact timestamp is used up.
    pub(super) fn block_made(&mut self) {
        self.exact = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000);

    #[test]
    fn follows_the_wall_clock_plus_the_offset() {
        let mut clock = ChainClock::default();
        assert_eq!(clock.timestamp(10, NOW), 1_000);
        assert_eq!(clock.advance(50, 10, NOW), 50);
        assert_eq!(clock.timestamp(10, NOW), 1_050);
    }

    #[test]
    fn never_repeats_a_timestamp() {
        assert_eq!(ChainClock::default().timestamp(1_000, NOW), 1_001);
        assert_eq!(ChainClock::default().timestamp(5_000, NOW), 5_001);
    }

    #[test]
    fn moving_on_starts_from_blocks_that_ran_ahead() {
        let mut clock = ChainClock::default();
        assert_eq!(clock.advance(50, 1_100, NOW), 150);
        assert_eq!(clock.timestamp(1_100, NOW), 1_150);
    }

    #[test]
    fn an_exact_timestamp_is_used_once_and_moves_the_clock() {
        let mut clock = ChainClock::default();
        clock.set_next(7_000, NOW);
        assert_eq!(clock.timestamp(10, UnixTime(1_500)), 7_000);
        clock.block_made();
        assert_eq!(clock.timestamp(7_000, UnixTime(1_500)), 7_500);
    }
}
