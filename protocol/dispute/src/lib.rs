//! The dispute game as pure data: level rules, clocks and the honest player.
