//! BatchNormalization: a factor and a summand for each channel, computed at import in binary64 and rounded once:
//! `factor = scale / sqrt(variance + epsilon)`, `summand = bias - mean * factor` with the factor before its rounding. It stays a node of its own:
//! the weights before it are those of the file.

use super::{Call, Operator, Value};
use crate::ImportError;
use gavel_program::Op;
use gavel_program::op::ChannelAffine;

pub(super) const OPERATOR: Operator = Operator {
    name: "BatchNormalization",
    // The momentum is training's.
    attributes: &["epsilon", "momentum", "training_mode", "spatial"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    call.only_int("training_mode", 0)?;
    call.only_int("spatial", 1)?;
    let (x, dims) = call.numbers(0)?;
    let [1, channels, ..] = dims.as_slice() else {
        return Err(call.refused(
            "an input of shape",
            format!("{dims:?}"),
            "(1, channels, ..)",
        ));
    };
    let channels = *channels;
    let mut parameters = Vec::new();
    for place in 1..5 {
        let (_, words) = call.vector(place, channels)?;
        parameters.push(words);
    }
    let epsilon = f64::from(call.float("epsilon", 1e-5)?);
    let number =
        |of: usize, channel: usize| f64::from(f32::from_bits((*parameters[of]).as_ref()[channel]));
    let [scale, bias, mean, variance] = [0, 1, 2, 3];
    let factor =
        |channel: usize| number(scale, channel) / (number(variance, channel) + epsilon).sqrt();
    let summand = |channel: usize| number(bias, channel) - number(mean, channel) * factor(channel);
    let rounded = |of: &dyn Fn(usize) -> f64| -> Vec<u32> {
        let bits = |channel| gavel_kernels::num::stored(of(channel) as f32);
        (0..channels as usize).map(bits).collect()
    };
    let factors = call
        .network()
        .made("factors", channels, || rounded(&factor))?;
    let summands = call
        .network()
        .made("summands", channels, || rounded(&summand))?;
    let op = Op::ChannelAffine(ChannelAffine {
        channels,
        plane: x.len.checked_div(channels).unwrap_or(0),
    });
    let inputs = [x.operand(), factors, summands];
    let normed = call.network().node("normalization", op, &inputs, x.len)?;
    Ok(Value::Numbers(normed, dims))
}
