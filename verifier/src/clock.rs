//! The chain's time between its blocks.

use gavel_dispute::clocks::Timestamp;
use std::time::Instant;

/// A chain that makes no blocks while nothing is sent has a time all the same.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// The newest block's time, and when it was first seen.
    seen: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The chain's time at `now`, when its newest block has this timestamp.
    pub(crate) fn time(&mut self, block: Timestamp, now: Instant) -> Timestamp {
        match self.seen {
            Some((seen, since)) if seen == block => block + now.duration_since(since).as_secs(),
            _ => {
                self.seen = Some((block, now));
                block
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_goes_on_between_blocks_and_follows_them() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(clock.time(100, start), 100);
        assert_eq!(clock.time(100, after(7)), 107);
        assert_eq!(clock.time(105, after(8)), 105);
        assert_eq!(clock.time(105, after(10)), 107);
    }
}
