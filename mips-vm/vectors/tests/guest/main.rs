//! The committed guest on the machine: every operator vector comes out bit for bit, and no tile costs more than the formula says.

mod bpe_cost;
mod cost;
mod text_cost;
mod tile;
mod vectors;
mod word_piece_cost;
