//! The player against an in-memory referee, over a toy world with all five levels.

mod data;
mod doubts;
mod everywhere;
mod language;
mod referee;
mod sybils;
mod time;
mod world;
