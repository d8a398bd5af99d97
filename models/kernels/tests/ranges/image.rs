//! Operators on images and rows, of small shapes.

use gavel_program::Op;
use gavel_program::op::{
    ChannelAffine, Conv, Elementwise, InputScale, Pool, Reduction, RowSoftmax,
};
use proptest::prelude::*;

/// Rows and columns of an image.
fn sides() -> impl Strategy<Value = [u32; 2]> {
    let columns = prop_oneof![0u32..12, 60u32..150];
    (0u32..12, columns).prop_map(|(rows, columns)| [rows, columns])
}

/// Two small numbers that are not 0.
fn pairs() -> impl Strategy<Value = [u32; 2]> {
    [1u32..5, 1u32..5]
}

fn convs() -> impl Strategy<Value = Op> {
    let channels = (1u32..4, 1u32..4, 1u32..4);
    let pads = [0u32..7, 0u32..7];
    (channels, sides(), sides(), pairs(), pairs(), pairs(), pads).prop_map(
        |((groups, of_group, outs), input, output, kernel, stride, dilation, pads)| {
            Op::Conv(Conv {
                channels: groups * of_group,
                height: input[0],
                width: input[1],
                out_channels: groups * outs,
                out_height: output[0],
                out_width: output[1],
                kernel_height: kernel[0],
                kernel_width: kernel[1],
                stride_height: stride[0],
                stride_width: stride[1],
                pad_top: pads[0],
                pad_left: pads[1],
                dilation_height: dilation[0],
                dilation_width: dilation[1],
                groups,
            })
        },
    )
}

fn pools() -> impl Strategy<Value = Op> {
    let reductions = prop_oneof![
        Just(Reduction::Largest),
        Just(Reduction::Mean),
        Just(Reduction::PaddedMean)
    ];
    let pads = [0u32..7, 0u32..7];
    (
        0u32..5,
        sides(),
        sides(),
        pairs(),
        pairs(),
        pads,
        reductions,
    )
        .prop_map(
            |(channels, input, output, kernel, stride, pads, reduction)| {
                Op::Pool(Pool {
                    channels,
                    height: input[0],
                    width: input[1],
                    out_height: output[0],
                    out_width: output[1],
                    kernel_height: kernel[0],
                    kernel_width: kernel[1],
                    stride_height: stride[0],
                    stride_width: stride[1],
                    pad_top: pads[0],
                    pad_left: pads[1],
                    reduction,
                })
            },
        )
}

fn input_scales() -> impl Strategy<Value = Op> {
    (0u32..5, 0u32..90, any::<u32>(), any::<[u32; 8]>()).prop_map(
        |(channels, plane, divisor, each)| {
            Op::InputScale(InputScale {
                channels,
                plane,
                divisor,
                mean0: each[0],
                mean1: each[1],
                mean2: each[2],
                mean3: each[3],
                deviation0: each[4],
                deviation1: each[5],
                deviation2: each[6],
                deviation3: each[7],
            })
        },
    )
}

/// All of them.
pub(crate) fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => convs(),
        3 => pools(),
        1 => input_scales(),
        1 => (0u32..300).prop_map(|len| Op::Relu(Elementwise { len })),
        1 => (0u32..9, 1u32..90).prop_map(|(rows, dim)| Op::RowSoftmax(RowSoftmax { rows, dim })),
        1 => (0u32..9, 0u32..90)
            .prop_map(|(channels, plane)| Op::ChannelAffine(ChannelAffine { channels, plane })),
    ]
}
