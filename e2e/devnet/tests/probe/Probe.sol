// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// A contract for the node's tests: one value, one event, two ways to fail.
/// Probe.hex is its creation code:
/// solc --evm-version osaka --optimize --metadata-hash none --no-cbor-metadata --bin Probe.sol
contract Probe {
    uint256 public value;

    event Changed(address indexed who, uint256 indexed value, bytes note);

    error TooLarge(uint256 got, uint256 limit);

    /// Changes the value and says so in a log.
    function set(uint256 to, bytes calldata note) external {
        if (to > 1000) revert TooLarge(to, 1000);
        value = to;
        emit Changed(msg.sender, to, note);
    }

    /// Fails with a text.
    function refuse() external pure {
        revert("not today");
    }

    /// Takes calldata and does nothing with it: its cost is the calldata floor.
    function swallow(bytes calldata) external {}

    /// Hands the gas it is given to a call that keeps a 64th back (EIP-150).
    function nested(uint256 to) external {
        this.set(to, "");
    }

    /// What the block instructions see.
    function surroundings()
        external
        view
        returns (uint256 timestamp, uint256 number, uint256 baseFee, bytes32 parent)
    {
        return (block.timestamp, block.number, block.basefee, blockhash(block.number - 1));
    }
}
