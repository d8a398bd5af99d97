"""The arithmetic of docs/spec/numerics.md, with numpy's own float16 and square root."""

import numpy as np

F = np.float32
NAN_BITS = 0x7FC00000


def bits(x):
    """The bits of float32 numbers."""
    return np.asarray(x, F).view(np.uint32)


def number(pattern):
    """The float32 with these bits."""
    return np.array(pattern, np.uint32).view(F)[()]


def stored(x):
    """The words under which numbers are stored: one NaN."""
    x = np.atleast_1d(np.asarray(x, F))
    return np.where(np.isnan(x), np.uint32(NAN_BITS), bits(x)).astype(np.uint32)


def half_value(h):
    """f32(h) of binary16 bits."""
    return np.asarray(h, np.uint16).view(np.float16).astype(F)


def half(x):
    """f16(x) as a float32: through binary16 and back."""
    return F(np.float16(x))


def rounded(x, bits):
    """k(x): x with so many significant bits, bounded; by scaling in float64, where nothing is lost."""
    fraction, exponent = np.frexp(np.asarray(x, F).astype(np.float64))
    y = np.ldexp(np.rint(np.ldexp(fraction, bits)), exponent - bits)
    y = np.where(np.abs(y) < 2.0**-64, 0.0, y)
    return np.where(np.abs(y) >= 2.0**64, np.copysign(np.inf, y), y).astype(F)


def lane_sum(terms):
    """Sum of terms [n, ...] over their first axis, in 16 lanes."""
    terms = np.asarray(terms, F)
    lanes = [np.zeros(terms.shape[1:], F) for _ in range(16)]
    for index, term in enumerate(terms):
        lanes[index % 16] = lanes[index % 16] + term
    width = 8
    while width:
        lanes = [lanes[l] + lanes[l + width] for l in range(width)]
        width //= 2
    return lanes[0]


def dot(a, b):
    """Lane sum of products."""
    return lane_sum(np.asarray(a, F) * np.asarray(b, F))


def exp(x):
    """The polynomial exponential of one number."""
    x = F(x)
    if np.isnan(x):
        return x
    if x > number(0x42B17217):
        return F(np.inf)
    if x < F(-104):
        return F(0)
    n = np.rint(x * number(0x3FB8AA3B))
    r = (x - n * number(0x3F317200)) - n * number(0x35BFBE8E)
    q = number(0x3AB511E7)
    for c in (0x3C091D10, 0x3D2AAC79, 0x3E2AAA49, 0x3EFFFFFE):
        q = q * r + number(c)
    p = (q * (r * r) + r) + F(1)
    # A float64 holds p * 2^n exactly, so the conversion is the one rounding.
    return F(np.ldexp(np.float64(p), int(n)))


def largest(values):
    """The largest number, NaN if all are."""
    numbers = [v for v in values if not np.isnan(v)]
    return F(max(numbers)) if numbers else F(np.nan)


def first_of_largest(values):
    """Index of the first of the largest."""
    best = largest(values)
    return 0 if np.isnan(best) else next(i for i, v in enumerate(values) if v == best)


def uniform(seed, position):
    """A number in [0, 1) from seed and position."""
    mask, g = (1 << 64) - 1, 0x9E3779B97F4A7C15

    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    drawn = mix((mix((seed + g) & mask) + (position + 1) * g) & mask) >> 40
    return F(drawn / 2**24)


def quantize(x):
    """Quants [blocks, 32] and scales [blocks] of a vector."""
    blocks = np.asarray(x, F).reshape(-1, 32)
    quants = np.zeros(blocks.shape, np.int64)
    scales = np.zeros(len(blocks), F)
    for b, block in enumerate(blocks):
        magnitude = F(np.nan) if np.isnan(block).any() else np.abs(block).max()
        d = magnitude / F(127)
        scales[b] = half(d)
        if np.isfinite(scales[b]) and scales[b] != 0:
            quants[b] = np.rint(block * (F(1) / d)).astype(np.int64)
    return quants, scales
