//! Whole-system tests: one module a story.
mod anvil;
mod bonds;
mod descent;
mod disputes;
mod encoders;
mod networks;
mod random_lies;
mod shards;
mod world;
mod zoo;
