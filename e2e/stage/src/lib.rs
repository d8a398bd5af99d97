//! A whole rollup on one machine: contracts, a model, honest and lying players, played to the end.
//!
//! [`Node`] is an embedded chain or any other; [`Scene`] deploys, registers and funds; [`play()`] lets a dApp ask and everyone act
//! until the answer is delivered and nobody has anything left to do; [`Report`] is what came of it. Players are the daemons'
//! own reconcilers and see the chain through its RPC alone. Used by `gavel demo` and by the whole-system tests.
mod accounts;
mod actors;
mod answers;
mod ask;
mod balances;
mod cast;
mod levels;
mod moves;
mod node;
mod play;
mod report;
mod scene;
mod verdict;

pub use accounts::{Account, Accounts};
pub use actors::{Move, Player, Provider};
pub use ask::{Ask, question};
pub use levels::{LEVELS, deepest};
pub use node::{Node, Time};
pub use play::{Watching, next_deadline, play};
pub use report::{
    BalanceReport, CallbackReport, GasReport, InstructionReport, LevelReport, Report, SecondsReport,
};
pub use scene::{LONGEST_ANSWER, Scene, answer_bytes, guest_image};
