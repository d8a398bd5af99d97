//! The operators that are imported, one file each: what a node of that name becomes. A new one is a file here and its line in [`ALL`].

mod add;
mod average_pool;
mod batch_normalization;
mod constant;
mod conv;
mod div;
mod dropout;
mod flatten;
mod gemm;
mod global_average_pool;
mod identity;
mod leaky_relu;
mod matmul;
mod max_pool;
mod mul;
mod pointwise;
mod pooled;
mod product;
mod relu;
mod reshape;
mod softmax;
mod squeeze;
mod sub;
mod transpose;
mod unsqueeze;

use super::Value;
use super::call::Call;
use crate::ImportError;

/// An operator.
pub(super) struct Operator {
    /// As files call it.
    pub(super) name: &'static str,
    /// Attributes that are read, or known to change nothing; a node with others is refused.
    pub(super) attributes: &'static [&'static str],
    /// What a node becomes: its first output.
    pub(super) import: fn(&mut Call<'_, '_>) -> Result<Value, ImportError>,
}

/// All operators.
pub(super) const ALL: [&Operator; 22] = [
    &add::OPERATOR,
    &average_pool::OPERATOR,
    &batch_normalization::OPERATOR,
    &constant::OPERATOR,
    &conv::OPERATOR,
    &div::OPERATOR,
    &dropout::OPERATOR,
    &flatten::OPERATOR,
    &gemm::OPERATOR,
    &global_average_pool::OPERATOR,
    &identity::OPERATOR,
    &leaky_relu::OPERATOR,
    &matmul::OPERATOR,
    &max_pool::OPERATOR,
    &mul::OPERATOR,
    &relu::OPERATOR,
    &reshape::OPERATOR,
    &softmax::OPERATOR,
    &squeeze::OPERATOR,
    &sub::OPERATOR,
    &transpose::OPERATOR,
    &unsqueeze::OPERATOR,
];
