// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../src/interfaces/IHub.sol";
import {IRollup} from "../../src/interfaces/IRollup.sol";
import {Miser, ToyTournaments} from "../dispute/Toys.sol";
import {VM} from "../Vm.sol";
import {BondGrabber} from "./Receivers.sol";
import {Config, RollupArena} from "./RollupArena.sol";

contract RollupBondsTest is RollupArena {
    function testAddAndWithdraw() public {
        addBond(bob, 5 ether);
        (uint256 balance, uint256 locked) = bondOf(bob);
        equal(balance, 5 ether, "balance");
        equal(locked, 0, "locked");
        uint256 before = bob.balance;
        VM.prank(bob);
        rollup.withdrawBond(2 ether);
        equal(bob.balance, before + 2 ether, "paid");
        (balance,) = bondOf(bob);
        equal(balance, 3 ether, "left");
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 3 ether, 3 ether + 1));
        VM.prank(bob);
        rollup.withdrawBond(3 ether + 1);
        VM.prank(bob);
        rollup.withdrawBond(3 ether);
    }

    function testMoreThanAnAccountHolds() public {
        uint256 most = type(uint128).max;
        VM.deal(bob, most + 1);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooLarge.selector, most + 1, most));
        VM.prank(bob);
        rollup.addBond{value: most + 1}();
    }

    function testALockedBondStays() public {
        askMany(4);
        propose(0, 1);
        propose(1, 1);
        (uint256 balance, uint256 locked) = bondOf(alice);
        equal(locked, 2 * uint256(proposalBond), "locked");
        uint128 free = uint128(balance - locked);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, free, free + 1));
        VM.prank(alice);
        rollup.withdrawBond(free + 1);
        VM.prank(alice);
        rollup.withdrawBond(free);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 0, proposalBond));
        VM.prank(alice);
        rollup.propose(lane, 2, 1, "root");
        passWindow(1);
        rollup.finalize(lane, 0);
        VM.prank(alice);
        rollup.withdrawBond(proposalBond);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 0, 1));
        VM.prank(alice);
        rollup.withdrawBond(1);
    }

    function testABondIsPaidOutOnce() public {
        BondGrabber grabber = new BondGrabber(address(rollup));
        grabber.run{value: 2 ether}(abi.encodeCall(IRollup.addBond, ()), "");
        bytes memory call = abi.encodeCall(IRollup.withdrawBond, (2 ether));
        grabber.run(call, call);
        require(!grabber.grabbed(), "withdrew twice");
        equal(address(grabber).balance, 2 ether, "paid");
        (uint256 balance,) = bondOf(address(grabber));
        equal(balance, 0, "left");
    }

    function testAReceiverThatRefusesKeepsItsBond() public {
        Miser miser = new Miser();
        VM.deal(address(miser), 1 ether);
        addBond(address(miser), 1 ether);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WithdrawalRefused.selector, address(miser)));
        VM.prank(address(miser));
        rollup.withdrawBond(1 ether);
        (uint256 balance,) = bondOf(address(miser));
        equal(balance, 1 ether, "balance");
    }

    // Attestations

    function testTheOwnerCannotAttest() public {
        VM.prank(bob);
        uint64 own = hub.createLane(program, price());
        addBond(bob, ATTESTATION_BOND);
        VM.expectRevert(abi.encodeWithSelector(IRollup.OwnerCannotAttest.selector, bob));
        VM.prank(bob);
        rollup.attest(own);
        require(!rollup.isOpen(own), "open");
        VM.prank(watcher);
        rollup.attest(own);
        require(rollup.isOpen(own), "closed");
    }

    function testWhoAttestsIsBonded() public {
        uint64 other = hub.createLane(program, price());
        addBond(bob, ATTESTATION_BOND - 1);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, ATTESTATION_BOND - 1, ATTESTATION_BOND));
        VM.prank(bob);
        rollup.attest(other);
        addBond(bob, 1);
        VM.prank(bob);
        rollup.attest(other);
        require(rollup.isOpen(other), "closed");
    }

    /// @dev What is locked in a proposal is no bond of a watcher.
    function testALockedBondDoesNotAttest() public {
        uint64 other = hub.createLane(program, price());
        ask(requester);
        addBond(bob, proposalBond);
        VM.prank(bob);
        rollup.propose(lane, 0, 1, "root");
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 0, ATTESTATION_BOND));
        VM.prank(bob);
        rollup.attest(other);
    }

    function testAnUnknownLane() public {
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownLane.selector, lane + 9));
        VM.prank(watcher);
        rollup.attest(lane + 9);
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownLane.selector, lane + 9));
        VM.prank(alice);
        rollup.propose(lane + 9, 0, 1, "root");
    }

    // Deployments with which a batch could not be disputed

    function testTournamentsOfAnotherHost() public {
        bytes memory reason = abi.encodeWithSelector(IRollup.WrongHost.selector, address(rollup), address(0xBEEF));
        deployRefused(address(0xBEEF), config(), reason);
    }

    function testAnotherBondThanTheTournaments() public {
        Config memory constants = config();
        ++constants.proposalBond;
        bytes memory reason =
            abi.encodeWithSelector(IRollup.WrongProposalBond.selector, proposalBond + 1, uint256(proposalBond));
        deployRefused(address(rollup), constants, reason);
    }

    function testDeeperBatchesThanTheTournaments() public {
        Config memory constants = config();
        constants.batchDepth = 11;
        deployRefused(address(rollup), constants, abi.encodeWithSelector(IRollup.BatchTooDeep.selector, 11, 10));
        constants.batchDepth = 10;
        VM.etch(address(rollup), bytes.concat(VM.getCode("Rollup.sol:Rollup"), abi.encode(hub, game, constants)));
        (bool ok,) = address(rollup).call("");
        require(ok, "refused");
    }

    function testARegistryOfOtherTournaments() public {
        address others = address(new ToyTournaments(12, 12));
        bytes memory arguments = abi.encode(bytes32("image"), others);
        address other = VM.deployCode("ModelRegistry.sol:ModelRegistry", arguments);
        bytes memory reason = abi.encodeWithSelector(IHub.WrongRegistry.selector, others, game);
        arguments = abi.encode(other, rollup, REFUND_DELAY);
        VM.etch(address(0xBEEF), bytes.concat(VM.getCode("Hub.sol:Hub"), arguments));
        (bool ok, bytes memory got) = address(0xBEEF).call("");
        require(!ok, "deployed");
        equal(keccak256(got), keccak256(reason), "another refusal");
    }

    /// @dev Runs the creation code at an address of choice.
    function deployRefused(address place, Config memory constants, bytes memory reason) private {
        VM.etch(place, bytes.concat(VM.getCode("Rollup.sol:Rollup"), abi.encode(hub, game, constants)));
        (bool ok, bytes memory got) = place.call("");
        require(!ok, "deployed");
        equal(keccak256(got), keccak256(reason), "another refusal");
    }
}
