//! Operators on images: channels of rows and columns, in this order in memory.

mod axis;
mod channels;
mod conv;
mod pool;

pub(crate) use channels::{channel_affine, input_scale};
pub(crate) use conv::conv;
pub(crate) use pool::pool;
