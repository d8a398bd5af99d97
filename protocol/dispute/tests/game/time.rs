//! Clocks: silent, slow and late players, and an honest one that is slow itself.

use crate::{
    data::{Data, Lie},
    language::{Game, Player, Tempo, bound, shape, times},
};
use gavel_dispute::ActionKind;

const DEEP: Lie = Lie::Execution {
    request: 1,
    leaf: 4,
    tile: 2,
    instruction: 3,
    seed: 11,
};

fn world() -> (Data, Data) {
    let truth = Data::truth(&shape());
    let lying = truth.with(DEEP);
    (truth, lying)
}

#[test]
fn a_liar_that_falls_silent_at_any_move_loses() {
    let (truth, lying) = world();
    for moves in 0..20 {
        for proposed in [&lying, &truth] {
            let report = Game::proposed(&shape(), proposed)
                .player(Player::honest(truth.clone()))
                .player(Player::liar(lying.clone()).silent_after(moves))
                .play();
            assert_eq!(report.result, Some(truth.batch_root()), "after {moves}");
        }
    }
}

#[test]
fn a_liar_that_uses_every_second_loses_within_the_bound() {
    let (truth, lying) = world();
    for proposed in [&lying, &truth] {
        let report = Game::proposed(&shape(), proposed)
            .player(Player::honest(truth.clone()))
            .player(Player::liar(lying.clone()).tempo(Tempo::LastSecond))
            .play();
        assert_eq!(report.result, Some(truth.batch_root()));
        assert!(report.seconds > times().allowance[0], "it did use its time");
        assert!(report.seconds <= times().window[0] + bound(&times(), 2, 1));
    }
}

#[test]
fn a_liar_that_joins_at_any_moment_of_the_window_loses() {
    let (truth, lying) = world();
    let other = truth.with(Lie::Padding { leaf: 3, seed: 5 });
    for delay in (0..=times().window[0]).step_by(25) {
        let report = Game::proposed(&shape(), &lying)
            .player(Player::honest(truth.clone()))
            .player(Player::liar(lying.clone()))
            .player(Player::liar(other.clone()).late(delay))
            .play();
        assert_eq!(report.result, Some(truth.batch_root()), "after {delay} s");
    }
}

#[test]
fn an_honest_player_within_its_delay_never_runs_out_of_time() {
    let (truth, lying) = world();
    for delay in [1, 7, 15, 30] {
        for tempo in [Tempo::Every(1), Tempo::LastSecond] {
            let report = Game::proposed(&shape(), &lying)
                .player(Player::honest(truth.clone()).tempo(Tempo::Every(delay)))
                .player(Player::liar(lying.clone()).tempo(tempo))
                .play();
            assert_eq!(report.result, Some(truth.batch_root()), "every {delay} s");
        }
    }
}

/// Anyone may join the honest root before an honest player has computed it, and play both sides up
/// to the seal: the opening waits for the join window.
#[test]
fn an_early_copy_of_the_honest_root_that_stops_at_the_seal_does_no_harm() {
    fn until_the_seal(kind: ActionKind) -> bool {
        matches!(
            kind,
            ActionKind::Challenge | ActionKind::Join(_) | ActionKind::Advance | ActionKind::Seal
        )
    }
    let (truth, lying) = world();
    for delay in [50, 250, times().window[0]] {
        let report = Game::proposed(&shape(), &lying)
            .player(Player::liar(truth.clone()).takes_only(until_the_seal))
            .player(Player::liar(lying.clone()).takes_only(until_the_seal))
            .player(Player::honest(truth.clone()).late(delay))
            .play();
        assert_eq!(report.result, Some(truth.batch_root()), "after {delay} s");
    }
}

#[test]
fn an_early_copy_of_the_honest_root_that_never_moves_does_no_harm() {
    let (truth, lying) = world();
    let joins = |kind| matches!(kind, ActionKind::Challenge | ActionKind::Join(_));
    for delay in [50, times().window[0]] {
        let report = Game::proposed(&shape(), &lying)
            .player(Player::liar(truth.clone()).takes_only(joins))
            .player(Player::liar(lying.clone()))
            .player(Player::honest(truth.clone()).late(delay))
            .play();
        assert_eq!(report.result, Some(truth.batch_root()), "after {delay} s");
    }
}
