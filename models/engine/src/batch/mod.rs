//! Many positions at once: a program's layers over a batch of rows, each a position of a sequence, with the same bits as one
//! node after the other.
//!
//! A step of a program reads one token. Its layers see other positions through the caches alone, and a position reads rows up to its own. So a batch
//! of positions whose tokens are known can be computed node by node for all of them: what a node writes into the caches for all
//! positions, the next ones read.
//!
//! - [`plan`]: whether a program is made like this, and its stages
//! - [`session`]: sequences under way
//! - [`workshop`]: where a batch's tensors lie and who computes on them; `opened`: what it keeps of each sequence
//! - `native`: native code
//! - `sent`: which vectors go to which expert of a mixture
//! - `flow`: a request from its first step to its last
//! - [`scheduler`]: many requests at a time, in memory that is bounded ([`capacity`], `rooms`), with the caches of earlier ones (`kept`)
pub mod capacity;
pub(crate) mod flow;
mod kept;
pub(crate) mod native;
pub(crate) mod opened;
pub mod plan;
mod rooms;
pub mod scheduler;
pub(crate) mod sent;
pub mod session;
pub mod workshop;
