//! Times of a dispute: block timestamps and spans in seconds, and the bound on its delay.

use gavel_primitives::Depth;

/// A block's timestamp, in seconds.
pub type Timestamp = u64;

/// A span of time, in seconds.
pub type Seconds = u64;

/// In time iff `now <= deadline`; the one comparison that every clock uses.
pub const fn in_time(now: Timestamp, deadline: Timestamp) -> bool {
    now <= deadline
}

/// What a commitment starts with that joins a tournament at `now`.
pub const fn allowance_at_join(
    allowance: Seconds,
    opened_at: Timestamp,
    now: Timestamp,
) -> Seconds {
    allowance.saturating_sub(now.saturating_sub(opened_at))
}

/// What the winner of a match goes on with.
pub const fn after_victory(remaining: Seconds, effort: Seconds, allowance: Seconds) -> Seconds {
    let rewarded = remaining.saturating_add(effort);
    if rewarded > allowance {
        allowance
    } else {
        rewarded
    }
}

/// The allowance of an inner tournament: the larger of both parents' clocks, at least `floor`.
pub fn inner_allowance(parents: [Seconds; 2], floor: Seconds) -> Seconds {
    parents[0].max(parents[1]).max(floor)
}

/// By when a match has to be opened that reached its leaf at `reached`.
pub fn opening_deadline(reached: Timestamp, join_closes: Timestamp, open: Seconds) -> Timestamp {
    reached.max(join_closes).saturating_add(open)
}

/// What bounds the delay of one kind of tournament.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The join window.
    pub window: Seconds,
    /// The allowance of a commitment.
    pub allowance: Seconds,
    /// The opening deadline after a seal.
    pub open: Seconds,
    /// How often a match waits for an opening: batch 1, execution 2, machine 1.
    pub seals: u64,
}

/// The longest a tournament can take from its opening to the moment when it can be concluded:
/// `window + open + rounds * (2 * allowance + seals * open + inner)` with `rounds` the binary
/// logarithm of the number of commitments, rounded up, and `inner` the bound of the tournaments
/// inside its matches (0 for the innermost).
pub fn delay_bound(pace: &Pace, commitments: u64, inner: Seconds) -> Seconds {
    let per_match = 2 * pace.allowance + pace.seals * pace.open + inner;
    pace.window + pace.open + u64::from(rounds(commitments)) * per_match
}

/// The binary logarithm of `commitments`, rounded up: after that many matches in a row one is left.
pub fn rounds(commitments: u64) -> Depth {
    let bits = u64::BITS - commitments.saturating_sub(1).leading_zeros();
    Depth::try_from(bits).expect("a logarithm of 64 bits fits a byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_the_deadline_is_in_time_and_the_next_is_not() {
        assert!(in_time(100, 100));
        assert!(!in_time(101, 100));
    }

    #[test]
    fn a_late_joiner_pays_for_its_lateness() {
        assert_eq!(allowance_at_join(600, 1_000, 1_000), 600);
        assert_eq!(allowance_at_join(600, 1_000, 1_250), 350);
        assert_eq!(allowance_at_join(600, 1_000, 2_000), 0);
    }

    #[test]
    fn a_victory_is_rewarded_up_to_the_allowance() {
        assert_eq!(after_victory(100, 30, 600), 130);
        assert_eq!(after_victory(590, 30, 600), 600);
    }

    #[test]
    fn an_inner_allowance_is_the_larger_clock_but_never_below_the_floor() {
        assert_eq!(inner_allowance([10, 80], 60), 80);
        assert_eq!(inner_allowance([10, 20], 60), 60);
    }

    #[test]
    fn an_opening_waits_for_the_join_window() {
        assert_eq!(opening_deadline(50, 200, 30), 230);
        assert_eq!(opening_deadline(250, 200, 30), 280);
    }

    #[test]
    fn rounds_is_a_logarithm_rounded_up() {
        let expected = [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 3),
            (8, 3),
            (9, 4),
        ];
        expected
            .iter()
            .for_each(|&(n, r)| assert_eq!(rounds(n), r, "of {n}"));
    }

    #[test]
    fn the_bound_is_the_specification_s_sum() {
        let machine = Pace {
            window: 10,
            allowance: 20,
            open: 5,
            seals: 1,
        };
        // 10 + 5 + 1 * (40 + 5)
        assert_eq!(delay_bound(&machine, 2, 0), 60);
        let execution = Pace {
            seals: 2,
            ..machine
        };
        // 10 + 5 + 2 * (40 + 10 + 60)
        assert_eq!(delay_bound(&execution, 3, 60), 235);
    }
}
