//! One account's transactions: written down before they are sent, and sent once for each purpose.

mod poster;
mod purpose;
mod settle;

pub use poster::{PostError, Posted, Poster};
pub use purpose::Purpose;
pub use settle::Settled;
