//! Whole-system tests: one module a story.
mod descent;
mod world;
mod zoo;
