"""Stored matrices: the planes of each format, read back as integers, scales and numbers."""

import numpy as np

from .arithmetic import F, half_value, rounded

# Element type and columns that share an element, plane by plane.
PLANES = {
    "F32": [("F32", 1)],
    "F16": [("F16", 1)],
    "Q8": [("I8", 1), ("F16", 32)],
    "Q4": [("U4", 1), ("F16", 32)],
    "BF16": [("BF16", 1)],
    "Q4_1": [("U4", 1), ("F16", 32), ("F16", 32)],
    "Q5_0": [("U4", 1), ("U1", 1), ("F16", 32)],
    "Q5_1": [("U4", 1), ("U1", 1), ("F16", 32), ("F16", 32)],
    "Q4K": [("U4", 1), ("U8", 32), ("U8", 32), ("F16", 256), ("F16", 256)],
    "Q5K": [("U4", 1), ("U1", 1), ("U8", 32), ("U8", 32), ("F16", 256), ("F16", 256)],
    "Q6K": [("U4", 1), ("U2", 1), ("I8", 16), ("F16", 256)],
    "IQ4NL": [("U4", 1), ("F16", 32)],
}
FLOATS = ("F32", "F16", "BF16")
# Significant bits of a vector's elements that meet 16-bit weights.
KEPT = {"F16": 13, "BF16": 16}
BITS = {"F32": 32, "F16": 16, "BF16": 16, "I8": 8, "U8": 8, "U4": 4, "U2": 2, "U1": 1}
NAMED = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113])
# What is taken from the packed number.
LESS = {"Q4": 8, "Q5_0": 16, "Q6K": 32}


def block(fmt):
    """Columns of which a row has a multiple."""
    return max(columns for _, columns in PLANES[fmt]) if fmt not in FLOATS else 1


def unpacked(words, dtype, count):
    """The elements of a plane."""
    raw = words.view(np.uint8)[: -(-count * BITS[dtype] // 8)]
    if dtype == "F32":
        return raw.view(F)
    if dtype == "F16":
        return half_value(raw.view(np.uint16))
    if dtype == "BF16":
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(F)
    if dtype in ("I8", "U8"):
        return raw.view(np.int8 if dtype == "I8" else np.uint8).astype(np.int64)
    if dtype == "U1":
        return np.unpackbits(raw, bitorder="little").astype(np.int64)
    # Byte j of a block of 32 holds the elements j, j + bytes, j + 2 * bytes, ..: the first in its lowest bits.
    bits = BITS[dtype]
    packed = raw.reshape(-1, 1, 4 * bits)
    shifts = np.arange(0, 8, bits, dtype=np.uint8).reshape(1, -1, 1)
    return (packed >> shifts & (1 << bits) - 1).reshape(-1).astype(np.int64)


class Weights:
    """A quantized matrix: integers [rows, blocks, 32]; scales, mins [rows, super-blocks]; small scales and mins [rows, ..], or None."""

    def __init__(self, fmt, planes, rows, cols):
        count = rows * cols
        parts = [
            (dtype, unpacked(plane, dtype, count // columns).reshape(rows, -1))
            for plane, (dtype, columns) in zip(planes, PLANES[fmt])
        ]
        take = lambda *dtypes: [part for dtype, part in parts if dtype in dtypes]
        (quants,) = take("I8", "U4")[:1]
        for dtype, worth in (("U1", 16), ("U2", 16)):
            for high in take(dtype):
                quants = quants + worth * high
        quants = NAMED[quants] if fmt == "IQ4NL" else quants - LESS.get(fmt, 0)
        self.quants = quants.reshape(rows, -1, 32)
        scales = take("F16")
        self.scales, self.mins = scales[0], scales[1] if len(scales) > 1 else None
        small = take("I8")[-1:] if fmt == "Q6K" else take("U8")
        self.small_scales = small[0] if small else None
        self.small_mins = small[1] if len(small) > 1 else None

    def numbers(self):
        """The numbers [rows, cols]."""
        rows = len(self.quants)
        quants = self.quants.reshape(rows, -1)
        spread = lambda part: np.repeat(part, quants.shape[1] // part.shape[1], axis=1)
        scale = spread(self.scales)
        if self.small_scales is not None:
            scale = scale * spread(self.small_scales).astype(F)
        numbers = quants.astype(F) * scale
        if self.small_mins is not None:
            return numbers - spread(self.mins) * spread(self.small_mins).astype(F)
        return numbers if self.mins is None else numbers + spread(self.mins)

    def product(self, quants, scales):
        """The sums [rows] over a quantized vector's blocks, in order."""
        total = np.zeros(len(self.quants), F)
        for b, (x, s) in enumerate(zip(quants, scales)):
            w = self.quants[:, b]
            outer = b * self.scales.shape[1] // self.quants.shape[1]
            offset = x.sum()
            if self.small_scales is None:
                n = w @ x
            elif self.small_mins is None:
                n = (w[:, :16] @ x[:16]) * self.small_scales[:, 2 * b] + (w[:, 16:] @ x[16:]) * self.small_scales[:, 2 * b + 1]
            else:
                n, offset = (w @ x) * self.small_scales[:, b], offset * self.small_mins[:, b]
            term = n.astype(F) * (self.scales[:, outer] * s)
            if self.mins is not None:
                shift = np.asarray(offset).astype(F) * (self.mins[:, outer] * s)
                term = term + shift if self.small_mins is None else term - shift
            total = total + term
        return total


def factors(fmt, planes, rows, cols, x):
    """What a matrix of floating-point weights [rows, cols] and a vector count as where they are multiplied."""
    w = matrix(fmt, planes, rows, cols)
    if fmt == "F32":
        return w, x
    if fmt == "BF16":
        magnitudes = np.abs(w.astype(np.float64))
        w = np.where(magnitudes < 2.0**-63, F(0), np.where(magnitudes < 2.0**63, w, F(np.nan)))
    return w, rounded(x, KEPT[fmt])


def matrix(fmt, planes, rows, cols):
    """Numbers [rows, cols] of a stored matrix."""
    if fmt in FLOATS:
        return unpacked(planes[0], fmt, rows * cols).reshape(rows, cols)
    return Weights(fmt, planes, rows, cols).numbers()
