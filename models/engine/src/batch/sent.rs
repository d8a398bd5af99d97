//! Which vectors of a batch are sent to which expert.

use gavel_program::op::ExpertLinear;
use std::ops::Range;

/// The vectors of a batch by the expert that they are sent to: its matrix is read once for all of them.
///
/// A *place* is a row of the output `[rows, used]`: what one of a row's chosen experts makes.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Places, those of an expert together.
    places: Vec<usize>,
    /// Experts, and which of the places are theirs.
    runs: Vec<(usize, Range<usize>)>,
    /// Chosen experts of a row that share its vector: 1 where each has one of its own.
    sharing: usize,
}

/// What is sent to one expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run<'a> {
    /// The expert.
    pub(crate) expert: usize,
    /// Places that went to other experts before.
    pub(crate) before: usize,
    /// Its places, by rising number.
    pub(crate) places: &'a [usize],
}

impl Sent {
    /// Sorts the places by the numbers in `chosen`, each place's; those that no expert has are left out.
    pub(crate) fn new(p: &ExpertLinear, chosen: &[u32]) -> Self {
        let is_expert = |place: &usize| chosen[*place] < p.experts;
        let mut places: Vec<usize> = (0..chosen.len()).filter(is_expert).collect();
        places.sort_by_key(|place| chosen[*place]);
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, place) in places.iter().enumerate() {
            let expert = chosen[*place] as usize;
            match runs.last_mut() {
                Some((last, run)) if *last == expert => run.end = at + 1,
                _ => runs.push((expert, at..at + 1)),
            }
        }
        Sent {
            places,
            runs,
            sharing: if p.own { 1 } else { p.used as usize },
        }
    }

    /// The experts, by rising number.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.runs.iter().map(|(expert, run)| Run {
            expert: *expert,
            before: run.start,
            places: &self.places[run.clone()],
        })
    }

    /// Places that experts have.
    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// The vector that goes to a place.
    pub(crate) fn vector(&self, place: usize) -> usize {
        place / self.sharing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_program::WeightFormat;

    fn mixture(own: bool) -> ExpertLinear {
        ExpertLinear {
            experts: 4,
            used: 2,
            rows: 16,
            cols: 32,
            own,
            format: WeightFormat::Q8,
        }
    }

    /// Experts with their places and the places before.
    fn told(sent: &Sent) -> Vec<(usize, usize, Vec<usize>)> {
        let run = |run: Run<'_>| (run.expert, run.before, run.places.to_vec());
        sent.runs().map(run).collect()
    }

    #[test]
    fn places_come_by_expert_and_then_by_number() {
        let sent = Sent::new(&mixture(false), &[3, 1, 1, 0, 1, 3]);
        let expected = [(0, 0, vec![3]), (1, 1, vec![1, 2, 4]), (3, 4, vec![0, 5])];
        assert_eq!(told(&sent), expected);
        assert_eq!(sent.count(), 6);
        assert_eq!([0, 1, 2, 5].map(|place| sent.vector(place)), [0, 0, 1, 2]);
    }

    #[test]
    fn numbers_that_are_no_expert_s_have_no_place() {
        let sent = Sent::new(&mixture(true), &[4, 2, u32::MAX, 2]);
        assert_eq!(told(&sent), [(2, 0, vec![1, 3])]);
        assert_eq!([0, 3].map(|place| sent.vector(place)), [0, 3]);
        assert_eq!(told(&Sent::new(&mixture(true), &[])), []);
    }
}
