// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament} from "../interfaces/ITournament.sol";
import {Games, Ledger, Work} from "./State.sol";

/// @title Bonds and payment
/// @notice A loser's bond repays the makers of the winning side's moves, at most half of it; the rest is the treasury's.
/// The contract's balance is the living bonds, what matches that are over still owe, and unpaid credits.
library Bonds {
    /// @notice Column of openings and endings in a ledger.
    uint8 internal constant NEUTRAL = 2;
    /// @notice Winning side of a match that both lost.
    uint8 internal constant NONE = 2;

    /// @notice The price of gas now: the base fee, at most the cap.
    function price(Games storage games) internal view returns (uint48) {
        uint48 cap = games.rules.feeCap;
        return block.basefee < cap ? uint48(block.basefee) : cap;
    }

    /// @notice Notes a move for repayment, to the caller.
    function note(Games storage games, bytes32 matchId, uint8 column, uint256 units) internal {
        noteFor(games.ledgers[matchId], column, msg.sender, units * price(games));
    }

    /// @notice Notes work of a maker.
    function noteFor(Ledger storage ledger, uint8 column, address maker, uint256 amount) internal {
        // 24 bits of units at 48 bits of price, and fewer than 256 moves a match: a sum fits 80 bits.
        _add(ledger.total, column, uint80(amount));
        _add(ledger.makers[maker], column, uint80(amount));
    }

    function _add(Work storage work, uint8 column, uint80 amount) private {
        if (column == 0) work.side0 += amount;
        else if (column == 1) work.side1 += amount;
        else work.neutral += amount;
    }

    /// @notice Shares out what a match's losers leave.
    /// @param winner The winning side; `NONE` if both are out.
    /// @param bond The bond of one commitment.
    function settle(Games storage games, bytes32 matchId, uint8 winner, uint256 bond) internal {
        Ledger storage ledger = games.ledgers[matchId];
        uint256 owed = _due(ledger.total, winner);
        uint256 paid = owed;
        // INVARIANT: at least half of a loser's bond goes to the treasury
        if (paid > bond / 2) paid = bond / 2;
        (ledger.outcome, ledger.left, ledger.owed) = (winner + 1, uint120(paid), uint120(owed));
        uint256 lost = winner == NONE ? 2 * bond : bond;
        credit(games, games.rules.treasury, lost - paid);
    }

    /// @notice A maker's share of what is left; zero while the match lives.
    function share(Ledger storage ledger, address maker) internal view returns (uint256 part, uint256 due) {
        if (ledger.outcome == 0) return (0, 0);
        due = _due(ledger.makers[maker], ledger.outcome - 1);
        if (due > 0) part = due * ledger.left / ledger.owed;
    }

    /// @notice Credits a maker's share.
    function claim(Games storage games, bytes32 matchId, address maker) internal {
        Ledger storage ledger = games.ledgers[matchId];
        // INVARIANT: nothing is paid of a match that is not over
        if (ledger.outcome == 0) revert ITournament.MatchLive(matchId);
        (uint256 part, uint256 due) = share(ledger, maker);
        if (due == 0) revert ITournament.NothingOwed(maker);
        // INVARIANT: a payout is claimed once
        delete ledger.makers[maker];
        // The last claim takes what rounding left.
        ledger.left -= uint120(part);
        ledger.owed -= uint120(due);
        credit(games, maker, part);
    }

    /// @notice Adds to what an account may withdraw.
    function credit(Games storage games, address account, uint256 amount) internal {
        if (amount == 0) return;
        games.credits[account] += amount;
        emit ITournament.Credited(account, amount);
    }

    /// @notice Pays an account its credit.
    function withdraw(Games storage games, address account) internal {
        uint256 amount = games.credits[account];
        if (amount == 0) revert ITournament.NothingOwed(account);
        // INVARIANT: a credit is paid once
        games.credits[account] = 0;
        emit ITournament.Withdrawn(account, amount);
        (bool paid,) = account.call{value: amount}("");
        if (!paid) revert ITournament.PaymentRefused(account, amount);
    }

    /// @dev The winning side's work with openings and endings; those alone if both sides are out.
    function _due(Work storage work, uint8 winner) private view returns (uint256) {
        uint256 side = winner == 0 ? work.side0 : winner == 1 ? work.side1 : 0;
        return side + work.neutral;
    }
}
