//! Whole-system tests: one module a story.
mod descent;
mod disputes;
mod world;
mod zoo;
