//! Many wrong roots, with shared and with own garbage.

use crate::{
    data::{Data, Lie},
    language::{Game, Player, Tempo, bound, shape, times},
};
use gavel_dispute::ActionKind;
use gavel_primitives::keccak;

/// The n-th of a sequence of lies spread over the world's places.
fn lie(seed: u64) -> Lie {
    let random = keccak(&seed.to_be_bytes());
    let below = |at: usize, limit: u64| u64::from(random.0[at]) % limit;
    let shape = shape();
    match below(0, 4) {
        0 => Lie::Padding { leaf: 3, seed },
        1 => Lie::Fork {
            request: below(1, shape.count),
            leaf: below(2, 4),
            fork: 4 + below(3, 4),
            seed,
        },
        _ => Lie::Execution {
            request: below(1, shape.count),
            leaf: below(2, 1 << shape.execution()),
            tile: below(3, shape.chunks()),
            instruction: below(4, 1 << shape.machine),
            seed,
        },
    }
}

fn check(first: u64, count: u64, tempo: impl Fn(u64) -> Tempo) {
    let truth = Data::truth(&shape());
    let liars: Vec<Data> = (first..first + count).map(|s| truth.with(lie(s))).collect();
    let mut game = Game::proposed(&shape(), &liars[0]).player(Player::honest(truth.clone()));
    for (at, liar) in liars.iter().enumerate() {
        game = game.player(Player::liar(liar.clone()).tempo(tempo(at as u64)));
    }
    let report = game.play();
    assert_eq!(
        report.result,
        Some(truth.batch_root()),
        "{count} liars from {first}"
    );
    let most = times().window[0] + bound(&times(), report.largest, 1);
    assert!(
        report.seconds <= most,
        "{count} liars from {first}: {} s, bound {most} s",
        report.seconds
    );
}

#[test]
fn one_honest_player_beats_any_number_of_liars_within_the_bound() {
    for count in [1, 2, 3, 4, 7, 8, 15] {
        for first in 0..12 {
            check(first * 100, count, |_| Tempo::Every(1));
        }
    }
}

#[test]
fn and_so_it_does_when_they_use_every_second() {
    for count in [2, 3, 5, 8] {
        for first in 0..12 {
            check(first * 100, count, |_| Tempo::LastSecond);
            check(first * 100, count, |at| match at % 2 {
                0 => Tempo::LastSecond,
                _ => Tempo::Every(1),
            });
        }
    }
}

/// Polylogarithmic: eight times as many sybils cost three rounds more, whatever they do with their time.
#[test]
fn many_sybils_cost_few_rounds() {
    for first in [0, 100] {
        check(first, 31, |_| Tempo::LastSecond);
    }
}

/// A liar that has the garbage of all others up to a step's end, and its own from there.
fn fork(truth: &Data, seed: u64) -> Data {
    truth.with(Lie::Fork {
        request: 0,
        leaf: 1,
        fork: 3,
        seed,
    })
}

/// Two liars that agree on garbage and part at a step's end can't open what they sealed: both go out
/// by time, and the honest player is not kept waiting for ever.
#[test]
fn two_liars_on_garbage_can_not_hang_the_rest() {
    let truth = Data::truth(&shape());
    let [one, two] = [1, 2].map(|seed| fork(&truth, seed));
    // They meet each other first: the honest player comes late.
    let report = Game::proposed(&shape(), &one)
        .player(Player::liar(one.clone()))
        .player(Player::liar(two))
        .player(Player::honest(truth.clone()).late(200))
        .play();
    assert_eq!(report.result, Some(truth.batch_root()));
}

/// Two liars may leave a match that a rule has decided as it is: who waits for its end settles it.
#[test]
fn liars_that_settle_nothing_can_not_hang_the_rest() {
    fn all_but_settling(kind: ActionKind) -> bool {
        kind != ActionKind::Settle
    }
    let truth = Data::truth(&shape());
    let one = fork(&truth, 1);
    // The two part past the count, where the rule is for the first.
    let two = one.with(Lie::Padding { leaf: 3, seed: 9 });
    let report = Game::proposed(&shape(), &two)
        .player(Player::liar(one.clone()).takes_only(all_but_settling))
        .player(Player::liar(two.clone()).takes_only(all_but_settling))
        .player(Player::honest(truth.clone()).late(200))
        .play();
    assert_eq!(report.result, Some(truth.batch_root()));
    let settled = |kind: &(ActionKind, bool)| *kind == (ActionKind::Settle, true);
    assert!(report.moves.iter().any(settled), "{:?}", report.moves);
}

#[test]
fn without_an_honest_player_two_liars_on_garbage_void_the_batch() {
    let truth = Data::truth(&shape());
    let [one, two] = [1, 2].map(|seed| fork(&truth, seed));
    let report = Game::proposed(&shape(), &one)
        .player(Player::liar(one.clone()))
        .player(Player::liar(two))
        .play();
    assert_eq!(report.result, None);
}
