//! Whole-system tests: see `tests/e2e`.
