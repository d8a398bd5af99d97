//! Liars: traces that part from the truth at a chosen place.
