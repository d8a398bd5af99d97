//! The sequencer against the embedded chain: real contracts, the embedded model, real database files.

mod api;
mod callbacks;
mod doubts;
mod posting;
mod refunds;
mod restarts;
mod story;
mod town;
