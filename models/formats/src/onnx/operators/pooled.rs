//! What the pooling operators share.

use super::{Call, Value};
use crate::ImportError;
use crate::onnx::shape::{Windows, product};
use gavel_program::Op;
use gavel_program::op::{Pool, Reduction};

/// The windows that the node's attributes tell, reduced.
pub(super) fn windows(call: &mut Call<'_, '_>, reduction: Reduction) -> Result<Value, ImportError> {
    let (_, sides) = call.image(0)?;
    let windows = Windows::read(call, None, &sides)?;
    if windows.dilation != [1, 1] {
        return Err(call.refused("dilations", format!("{:?}", windows.dilation), "[1, 1]"));
    }
    node(call, windows, reduction)
}

/// Windows of the node's input, reduced.
pub(super) fn node(
    call: &mut Call<'_, '_>,
    windows: Windows,
    reduction: Reduction,
) -> Result<Value, ImportError> {
    let (x, sides) = call.image(0)?;
    let (channels, [height, width]) = (sides.channels, sides.rows_columns);
    let op = Op::Pool(Pool {
        channels,
        height,
        width,
        out_height: windows.out[0],
        out_width: windows.out[1],
        kernel_height: windows.kernel[0],
        kernel_width: windows.kernel[1],
        stride_height: windows.stride[0],
        stride_width: windows.stride[1],
        pad_top: windows.before[0],
        pad_left: windows.before[1],
        reduction,
    });
    let dims = sides.dims(channels, windows.out);
    let len = product(&dims)?;
    let pooled = call.network().node("pool", op, &[x.operand()], len)?;
    Ok(Value::Numbers(pooled, dims))
}
