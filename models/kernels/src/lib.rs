//! The operators: the definition of every number.
