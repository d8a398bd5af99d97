// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Bonds} from "../../src/dispute/Bonds.sol";
import {Games} from "../../src/dispute/State.sol";

/// @dev The sharing rule alone, with more work than any match can have.
contract SharesTest {
    using Bonds for Games;

    Games private games;

    bytes32 private constant MATCH = "match";
    address private constant TREASURY = address(1);

    /// @dev At least half of the bond goes to the treasury, and the makers' shares add up to the rest, to the last wei.
    function testAtMostHalfOfABondIsShared(uint64 bond, uint64[5] memory work, uint8 winner) public {
        winner %= 3;
        games.rules.treasury = TREASURY;
        uint256 due;
        for (uint256 i; i < work.length; ++i) {
            uint8 column = uint8(i % 3);
            Bonds.noteFor(games.ledgers[MATCH], column, maker(i), work[i]);
            if (column == 2 || column == winner) due += work[i];
        }
        games.settle(MATCH, winner, bond);
        uint256 lost = winner == 2 ? 2 * uint256(bond) : bond;
        uint256 shared = due < bond / 2 ? due : bond / 2;
        require(games.credits[TREASURY] == lost - shared, "treasury");
        uint256 paid;
        for (uint256 i; i < work.length; ++i) {
            (uint256 part, uint256 owed) = Bonds.share(games.ledgers[MATCH], maker(i));
            require(part <= work[i], "at most the refund");
            if (owed > 0) games.claim(MATCH, maker(i));
            paid += games.credits[maker(i)];
        }
        require(paid == shared, "shares");
    }

    function maker(uint256 i) private pure returns (address) {
        return address(uint160(100 + i));
    }
}
