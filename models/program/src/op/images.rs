//! Parameters of classic networks: images and their channels.

use super::word::{Word, params};

/// What a window of an image is reduced to.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The largest element.
    Largest = 0,
    /// The mean of the elements inside the image.
    Mean = 1,
    /// Their sum over the whole window's number of elements: what lies outside the image counts as zero.
    PaddedMean = 2,
}

impl Word for Reduction {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Reduction::Largest),
            1 => Some(Reduction::Mean),
            2 => Some(Reduction::PaddedMean),
            _ => None,
        }
    }
}

params! {
    /// Bytes as numbers: `y[c, i] = (f32(byte) / divisor - mean[c]) / deviation[c]`. Inputs: prompt U8[channels * plane].
    InputScale {
        /// Channels, at most 4.
        channels: u32,
        /// Bytes of a channel.
        plane: u32,
        /// What every byte is divided by, the bits of an F32.
        divisor: u32,
        /// Mean of channel 0, the bits of an F32.
        mean0: u32,
        /// Of channel 1.
        mean1: u32,
        /// Of channel 2.
        mean2: u32,
        /// Of channel 3.
        mean3: u32,
        /// Deviation of channel 0, the bits of an F32.
        deviation0: u32,
        /// Of channel 1.
        deviation1: u32,
        /// Of channel 2.
        deviation2: u32,
        /// Of channel 3.
        deviation3: u32,
    }
}

params! {
    /// Convolution. Inputs: x F32[channels, height, width], W F32[out_channels, channels / groups, kernel_height, kernel_width],
    /// bias F32\[out_channels\]. Output F32[out_channels, out_height, out_width].
    Conv {
        /// Channels of the input.
        channels: u32,
        /// Rows of the input.
        height: u32,
        /// Columns of the input.
        width: u32,
        /// Channels of the output.
        out_channels: u32,
        /// Rows of the output.
        out_height: u32,
        /// Columns of the output.
        out_width: u32,
        /// Rows of the kernel.
        kernel_height: u32,
        /// Columns of the kernel.
        kernel_width: u32,
        /// Rows from one window to the next.
        stride_height: u32,
        /// Columns from one window to the next.
        stride_width: u32,
        /// Rows of the first window above the input.
        pad_top: u32,
        /// Columns of the first window left of the input.
        pad_left: u32,
        /// Rows from one element of a window to the next.
        dilation_height: u32,
        /// Columns from one element of a window to the next.
        dilation_width: u32,
        /// Groups of channels, each with kernels of its own.
        groups: u32,
    }
}

params! {
    /// Windows of each channel reduced to one number. Inputs: x F32[channels, height, width]. Output F32[channels, out_height, out_width].
    Pool {
        /// Channels.
        channels: u32,
        /// Rows of the input.
        height: u32,
        /// Columns of the input.
        width: u32,
        /// Rows of the output.
        out_height: u32,
        /// Columns of the output.
        out_width: u32,
        /// Rows of a window.
        kernel_height: u32,
        /// Columns of a window.
        kernel_width: u32,
        /// Rows from one window to the next.
        stride_height: u32,
        /// Columns from one window to the next.
        stride_width: u32,
        /// Rows of the first window above the input.
        pad_top: u32,
        /// Columns of the first window left of the input.
        pad_left: u32,
        /// What is made of a window.
        reduction: Reduction,
    }
}

params! {
    /// Softmax of each row, whole. Inputs: x F32[rows, dim]. Output the same shape.
    RowSoftmax {
        /// Rows.
        rows: u32,
        /// Elements of a row.
        dim: u32,
    }
}

params! {
    /// `y[c, i] = x[c, i] * a[c] + b[c]`. Inputs: x F32[channels, plane], a F32\[channels\], b F32\[channels\]. Output of x's shape.
    ChannelAffine {
        /// Channels.
        channels: u32,
        /// Elements of a channel.
        plane: u32,
    }
}
