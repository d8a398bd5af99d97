//! Conv: kernels over images and lines. Three dimensions are not supported.

use super::super::constant::Constant;
use super::super::shape::{Sides, WINDOWS, Windows, product};
use super::{Call, Operator, Value};
use crate::ImportError;
use gavel_program::op::Conv;
use gavel_program::{Op, Operand};

pub(super) const OPERATOR: Operator = Operator {
    name: "Conv",
    attributes: &[
        WINDOWS[0], WINDOWS[1], WINDOWS[2], WINDOWS[3], WINDOWS[4], "group",
    ],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, sides) = call.image(0)?;
    let (channels, [height, width]) = (sides.channels, sides.rows_columns);
    let (weights, words) = call.floats(1)?;
    let groups = call.int("group", 1)?;
    let (outs, depth, kernel) = kernels(call, &weights, &sides, groups)?;
    let windows = Windows::read(call, Some(kernel), &sides)?;
    let bias = bias(call, outs)?;
    let matrix = call.weight(&weights, words)?;
    let op = Op::Conv(Conv {
        channels,
        height,
        width,
        out_channels: outs,
        out_height: windows.out[0],
        out_width: windows.out[1],
        kernel_height: kernel[0],
        kernel_width: kernel[1],
        stride_height: windows.stride[0],
        stride_width: windows.stride[1],
        pad_top: windows.before[0],
        pad_left: windows.before[1],
        dilation_height: windows.dilation[0],
        dilation_width: windows.dilation[1],
        groups: channels / depth,
    });
    let dims = sides.dims(outs, windows.out);
    let len = product(&dims)?;
    let inputs = [x.operand(), matrix, bias];
    let sums = call.network().node("convolution", op, &inputs, len)?;
    Ok(Value::Numbers(sums, dims))
}

/// Kernels, channels that each reads, rows and columns of each.
fn kernels(
    call: &Call<'_, '_>,
    weights: &Constant,
    sides: &Sides,
    groups: i64,
) -> Result<(u32, u32, [u32; 2]), ImportError> {
    let channels = sides.channels;
    let of_channels = |depth: u32| i64::from(depth).checked_mul(groups) == Some(channels.into());
    let shape = match (weights.dims.as_slice(), sides.is_line) {
        ([outs, depth, width], true) => [*outs, *depth, 1, *width],
        ([outs, depth, height, width], false) => [*outs, *depth, *height, *width],
        _ => [0; 4],
    };
    match shape {
        [outs, depth, height, width]
            if groups > 0
                && outs > 0
                && i64::from(outs) % groups == 0
                && depth > 0
                && of_channels(depth) =>
        {
            Ok((outs, depth, [height, width]))
        }
        _ => {
            let got = &weights.dims;
            let expected = format!(
                "(kernels, {channels} / {groups}, rows, columns), of a line without rows, as many kernels for each of the groups"
            );
            Err(call.refused("weights of shape", format!("{got:?}"), &expected))
        }
    }
}

/// One number for each kernel, zeros where there is none.
fn bias(call: &mut Call<'_, '_>, outs: u32) -> Result<Operand, ImportError> {
    if call.has(2) {
        let (bias, words) = call.vector(2, outs)?;
        return call.weight(&bias, words);
    }
    let zeros = || vec![0; outs as usize];
    call.network().made("no bias", outs, zeros)
}
