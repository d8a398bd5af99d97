//! One table: from an operator to the elements it may change and to its code.

use crate::advance::advance;
use crate::attention::{scores, softmax, weighted_sum};
use crate::elementwise::{add, geglu, relu, scale, swiglu};
use crate::embed::embed;
use crate::experts::{expert_linear, expert_sum, top_experts};
use crate::image::{channel_affine, conv, input_scale, pool};
use crate::linear::{self, linear};
use crate::norm::rms_norm;
use crate::reply::{finish, reply};
use crate::rope::rope;
use crate::row_softmax::row_softmax;
use crate::rows::{
    layer_norm, rows_add, rows_embed, rows_gelu, rows_linear, rows_mean, rows_scores, rows_softmax,
    rows_weighted_sum, unit_norm,
};
use crate::sample::{penalize, probs, sample};
use crate::store::store_row;
use crate::text::{
    bpe_count, bpe_ids, detokenize, detokenize_len, find_stop, tokenize_count, tokenize_ids,
    word_piece_count, word_piece_ids,
};
use crate::{rows, sample, shape, store};
use core::ops::Range;
use gavel_program::{Control, Node, Op};

/// The elements of the output that `node` may change under this control; the rest keeps its value. Empty for a node outside the
/// operators' domain, and where the position is past the rows that the operator reads or writes.
pub fn touched(node: &Node, control: &Control) -> Range<usize> {
    if !shape::in_domain(node) || !position_fits(&node.op, control) {
        return 0..0;
    }
    match &node.op {
        Op::StoreRow(p) => store::row(p, control),
        Op::Sample(p) => sample::slot(p, control),
        Op::Linear(p) => linear::outputs(p),
        op => 0..shape::output(op).len as usize,
    }
}

/// The same where the inputs are known too: of an operator on rows the elements of the rows that there are.
pub fn touched_by(node: &Node, control: &Control, inputs: &[&[u32]]) -> Range<usize> {
    let touched = touched(node, control);
    match rows::live(&node.op, inputs) {
        Some(live) => touched.start..touched.end.min(live),
        None => touched,
    }
}

/// Whether the operator has something to do at the control's position and with its parameters.
fn position_fits(op: &Op, control: &Control) -> bool {
    match op {
        Op::Embed(p) => control.position < p.tokens_capacity,
        Op::Rope(p) => control.position < p.context,
        Op::Scores(p) => control.position < p.context,
        Op::Softmax(p) => control.position < p.context,
        Op::WeightedSum(p) => control.position < p.context,
        Op::Penalize(_) => control.penalizes(),
        Op::FindStop(_) => control.stops(),
        Op::Probs(_) => control.temperature != 0,
        _ => true,
    }
}

/// Computes the output elements `range` of `node`. `out` holds the old words of exactly that range on entry (ranges start and end
/// at whole words; they may reach past the output's end) and the new ones on return; elements that are not [`touched`] keep
/// theirs. `inputs` are the tensors' words, at least as long as [`shape::input`] says. The predicate is the caller's to test.
///
/// # Panics
/// If an input, `out` or `scratch` is shorter than that.
pub fn run_range(
    node: &Node,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let touched = touched(node, control);
    let start = range.start.max(touched.start);
    let end = range.end.min(touched.end);
    if start >= end {
        return;
    }
    let per_word = 32 / shape::output(&node.op).dtype.bits();
    let first = (start - range.start) / per_word;
    let last = (end - range.start).div_ceil(per_word);
    run(
        &node.op,
        control,
        inputs,
        start..end,
        &mut out[first..last],
        scratch,
    );
}

/// Computes elements that the operator touches. Operators are never inlined here, so that in the guest a disputed instruction lies in a
/// function that names its operator.
fn run(
    op: &Op,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    match op {
        Op::Embed(p) => embed(p, control, inputs, range, out),
        Op::RmsNorm(p) => rms_norm(p, inputs, range, out),
        Op::Linear(p) => linear(p, inputs, range, out, scratch),
        Op::Rope(p) => rope(p, control, inputs, range, out),
        Op::StoreRow(p) => store_row(p, control, inputs, range, out),
        Op::Scores(p) => scores(p, control, inputs, range, out),
        Op::Softmax(p) => softmax(p, control, inputs, range, out, scratch),
        Op::WeightedSum(p) => weighted_sum(p, control, inputs, range, out),
        Op::Add(_) => add(inputs, range, out),
        Op::SwiGlu(_) => swiglu(inputs, range, out),
        Op::GeGlu(_) => geglu(inputs, range, out),
        Op::Scale(p) => scale(p, inputs, range, out),
        Op::Penalize(p) => penalize(p, control, inputs, range, out, scratch),
        Op::Probs(p) => probs(p, control, inputs, range, out),
        Op::Sample(p) => sample(p, control, inputs, out, scratch),
        Op::TokenizeIds(p) => tokenize_ids(p, control, inputs, range, out, scratch),
        Op::TokenizeCount(p) => tokenize_count(p, control, inputs, range, out, scratch),
        Op::BpeIds(p) => bpe_ids(p, control, inputs, range, out, scratch),
        Op::BpeCount(p) => bpe_count(p, control, inputs, range, out, scratch),
        Op::Detokenize(p) => detokenize(p, control, inputs, range, out),
        Op::DetokenizeLen(p) => detokenize_len(p, control, inputs, range, out),
        Op::FindStop(p) => find_stop(p, control, inputs, range, out),
        Op::Advance(p) => advance(p, control, inputs, range, out),
        Op::Reply(p) => reply(p, control, inputs, range, out),
        Op::Finish(p) => finish(p, control, inputs, range, out),
        Op::InputScale(p) => input_scale(p, inputs, range, out),
        Op::Relu(_) => relu(inputs, range, out),
        Op::Conv(p) => conv(p, inputs, range, out),
        Op::Pool(p) => pool(p, inputs, range, out),
        Op::RowSoftmax(p) => row_softmax(p, inputs, range, out, scratch),
        Op::ChannelAffine(p) => channel_affine(p, inputs, range, out),
        Op::WordPieceIds(p) => word_piece_ids(p, control, inputs, range, out, scratch),
        Op::WordPieceCount(p) => word_piece_count(p, control, inputs, range, out, scratch),
        Op::RowsEmbed(p) => rows_embed(p, inputs, range, out),
        Op::RowsLinear(p) => rows_linear(p, inputs, range, out, scratch),
        Op::RowsAdd(p) => rows_add(p, inputs, range, out),
        Op::LayerNorm(p) => layer_norm(p, inputs, range, out),
        Op::RowsGelu(p) => rows_gelu(p, inputs, range, out),
        Op::RowsScores(p) => rows_scores(p, inputs, range, out),
        Op::RowsSoftmax(p) => rows_softmax(p, inputs, range, out, scratch),
        Op::RowsWeightedSum(p) => rows_weighted_sum(p, inputs, range, out),
        Op::RowsMean(p) => rows_mean(p, inputs, range, out),
        Op::UnitNorm(p) => unit_norm(p, inputs, range, out),
        Op::TopExperts(p) => top_experts(p, inputs, range, out),
        Op::ExpertLinear(p) => expert_linear(p, inputs, range, out, scratch),
        Op::ExpertSum(p) => expert_sum(p, inputs, range, out, scratch),
    }
}
