//! Worst-case cost of the text operators' tiles.
