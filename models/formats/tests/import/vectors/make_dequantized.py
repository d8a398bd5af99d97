#!/usr/bin/env python3
"""Makes dequantized.bin: random blocks of each quantized type, and the numbers that the PyPI package `gguf` says they stand for.

    pip install numpy==2.4.6 gguf==0.19.0
    python3 make_dequantized.py            # rewrites the file, from a fixed seed
    python3 make_dequantized.py --check    # fails if it would differ

The file is, for each type, little-endian: its code (u32), the bytes of its data (u32), the data, 1,024 numbers (binary32).
"""

import pathlib
import struct
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize

ELEMENTS = 1024
# Where a block has binary16 scales and minima: everything else may be any bytes.
HALVES = {
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
    Type.IQ4_NL: [0],
}


def content():
    """The file's bytes."""
    random = np.random.Generator(np.random.PCG64(20))
    parts = []
    for kind, places in HALVES.items():
        elements, size = GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (ELEMENTS // elements, size), np.uint8)
        for place in places:
            halves = (random.standard_normal(len(blocks)) * 0.01).astype(np.float16)
            blocks[:, place : place + 2] = halves[:, None].view(np.uint8)
        numbers = dequantize(blocks, kind).astype("<f4").reshape(-1)
        parts += [struct.pack("<II", kind, blocks.size), blocks.tobytes(), numbers.tobytes()]
    halves = (random.integers(0, 1 << 16, ELEMENTS) & 0xBFFF).astype("<u2")
    numbers = dequantize(halves.view(np.uint8), Type.BF16).astype("<f4")
    return b"".join([*parts, struct.pack("<II", Type.BF16, 2 * ELEMENTS), halves.tobytes(), numbers.tobytes()])


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("dequantized.bin")
    if "--check" not in sys.argv[1:]:
        path.write_bytes(content())
    elif path.read_bytes() != content():
        sys.exit(f"{path.name} differs from what the script makes")
