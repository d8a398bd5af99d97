//! An embedded EVM chain behind JSON-RPC.
