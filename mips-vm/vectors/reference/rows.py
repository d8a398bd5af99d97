"""The operators on rows of docs/spec/numerics.md. Like `operators`: each changes `out` in place."""

import numpy as np

from .arithmetic import F, exp, lane_sum, largest, number, quantize, stored
from .weights import FLOATS, Weights, factors, matrix


def count(p, inputs):
    """The number of rows that there are."""
    return min(int(inputs[0][0]), p["rows"])


def rows_of(words, rows, dim):
    """The first rows of a matrix."""
    return words.view(F)[: rows * dim].reshape(rows, dim)


def put(out, y):
    """Stores the first rows."""
    out[: y.size] = stored(y.reshape(-1))


def rows_embed(p, control, inputs, out):
    n = count(p, inputs)
    table = matrix(p["format"], inputs[2:], p["vocab"], p["dim"])
    rows = [table[t] if t < p["vocab"] else np.zeros(p["dim"], F) for t in inputs[1][:n]]
    put(out, np.array(rows, F).reshape(n, p["dim"]))


def rows_linear(p, control, inputs, out):
    n, outputs, cols, fmt = count(p, inputs), p["outputs"], p["cols"], p["format"]
    bias = inputs[2].view(F)[:outputs]
    x = rows_of(inputs[1], n, cols)
    if fmt in FLOATS:
        w, x = factors(fmt, inputs[3:], outputs, cols, x)
        product = lambda x: lane_sum((w * x).T)
    else:
        weights = Weights(fmt, inputs[3:], outputs, cols)
        product = lambda x: weights.product(*quantize(x))
    put(out, np.array([product(x) + bias for x in x], F).reshape(n, outputs))


def rows_add(p, control, inputs, out):
    n = count(p, inputs)
    put(out, rows_of(inputs[1], n, p["dim"]) + rows_of(inputs[2], n, p["dim"]))


def layer_norm(p, control, inputs, out):
    n, dim = count(p, inputs), p["dim"]
    x = rows_of(inputs[1], n, dim)
    d = x - (lane_sum(x.T) / F(dim))[:, None]
    r = F(1) / np.sqrt(lane_sum((d * d).T) / F(dim) + number(p["eps"]))
    put(out, (d * r[:, None]) * inputs[2].view(F)[:dim] + inputs[3].view(F)[:dim])


P = (0x3CD38518, 0xBD025CB9, 0xBCCAA1E1, 0x3D82119C, 0x3C535BFE, 0xBDE636B3, 0xBCF0A012, 0x3E84F467, 0x3EF0E063, 0x3EE1E9BB, 0x3E094F30)


def power(x, low):
    """e^(x + low)."""
    n = np.rint(x * number(0x3FB8AA3B))
    r = ((x - n * number(0x3F317200)) - n * number(0x35BFBE8E)) + low
    q = number(0x3AB511E7)
    for c in (0x3C091D10, 0x3D2AAC79, 0x3E2AAA49, 0x3EFFFFFE):
        q = q * r + number(c)
    return F(np.ldexp(np.float64((q * (r * r) + r) + F(1)), int(n)))


def gelu(x):
    """x Phi(x)."""
    a = np.abs(x)
    if np.isnan(x):
        return x
    if a >= F(14.5):
        return F(-0.0) if np.signbit(x) else x
    short = number(int(a.view(np.uint32)) & 0xFFFFF000)
    e = power(F(-0.5) * (short * short), (F(-0.5) * (a - short)) * (a + short))
    v = F(1) / (F(1) + F(0.375) * a) - F(0.5)
    p = number(P[0])
    for c in P[1:]:
        p = p * v + number(c)
    tail = e * p
    return x * tail if np.signbit(x) else x - x * tail


def rows_gelu(p, control, inputs, out):
    n = count(p, inputs)
    x = rows_of(inputs[1], n, p["dim"])
    put(out, np.array([gelu(v) for v in x.reshape(-1)], F))


def heads_of(words, p, n):
    """The first rows of a matrix [rows, heads, head_dim]."""
    return rows_of(words, n, p["heads"] * p["head_dim"]).reshape(n, p["heads"], p["head_dim"])


def rows_scores(p, control, inputs, out):
    n = count(p, inputs)
    q, k = (heads_of(words, p, n) for words in inputs[1:3])
    y = out[: p["heads"] * p["rows"] ** 2].reshape(p["rows"], p["heads"], p["rows"])
    for h in range(p["heads"]):
        for r in range(n):
            y[r, h, :n] = stored(lane_sum((q[r, h] * k[:, h]).T) * number(p["scale"]))


def rows_softmax(p, control, inputs, out):
    n, shape = count(p, inputs), (p["rows"], p["heads"], p["rows"])
    x, y = (words[: np.prod(shape)].reshape(shape) for words in (inputs[1].view(F), out))
    for h in range(p["heads"]):
        for r in range(n):
            m = largest(x[r, h, :n])
            e = np.array([exp(v - m) for v in x[r, h, :n]], F)
            y[r, h, :n] = stored(e / lane_sum(e))


def rows_weighted_sum(p, control, inputs, out):
    n, shape = count(p, inputs), (p["rows"], p["heads"], p["rows"])
    weights = inputs[1].view(F)[: np.prod(shape)].reshape(shape)
    v = heads_of(inputs[2], p, n)
    y = np.zeros((n, p["heads"], p["head_dim"]), F)
    for r in range(n):
        for h in range(p["heads"]):
            y[r, h] = lane_sum(weights[r, h, :n, None] * v[:, h])
    put(out, y)


def rows_mean(p, control, inputs, out):
    n = count(p, inputs)
    x = rows_of(inputs[1], n, p["dim"])
    out[: p["dim"]] = stored(lane_sum(x) / F(n)) if n else 0


def unit_norm(p, control, inputs, out):
    x = inputs[0].view(F)[: p["len"]]
    length = np.sqrt(lane_sum(x * x))
    least = number(0x2B8CBCCC)
    out[: p["len"]] = stored(x / (least if length < least else length))
