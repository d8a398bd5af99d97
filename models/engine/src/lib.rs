//! Executors of programs and traces of their states.
