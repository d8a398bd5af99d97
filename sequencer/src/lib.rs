//! The sequencer daemon.
