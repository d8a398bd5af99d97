"""The operators of mixtures of experts."""

import numpy as np

from .arithmetic import F, bits, lane_sum, quantize, stored
from .records import FORMATS
from .weights import FLOATS, Weights, block, factors


def top_experts(p, control, inputs, out):
    probs = inputs[0].view(F)[: p["experts"]]
    value = lambda e: -np.inf if np.isnan(probs[e]) else probs[e]
    order = sorted(range(p["experts"]), key=lambda e: (np.isnan(probs[e]), -value(e), e))
    out[: p["used"]] = order[: p["used"]]


def expert_linear(p, control, inputs, out):
    rows, cols, fmt = p["rows"], p["cols"], p["format"]
    vectors = inputs[0].view(F)
    for place, expert in enumerate(int(e) for e in inputs[1][: p["used"]]):
        own = out[place * rows :][:rows]
        if expert >= p["experts"]:
            own[:] = 0
            continue
        x = vectors[place * cols if p["own"] else 0 :][:cols]
        part = slice(expert * rows, (expert + 1) * rows)
        if fmt in FLOATS:
            w, x = factors(fmt, inputs[2:], p["experts"] * rows, cols, x)
            own[:] = stored(lane_sum((w[part] * x).T))
        else:
            all_rows = Weights(fmt, inputs[2:], p["experts"] * rows, cols).product(*quantize(x))
            own[:] = stored(all_rows[part])


def expert_sum(p, control, inputs, out):
    used, dim = p["used"], p["dim"]
    x, probs = inputs[0].view(F)[: used * dim].reshape(used, dim), inputs[2].view(F)
    chosen = [probs[e] if e < p["experts"] else F(0) for e in inputs[1][:used]]
    z = F(0)
    for prob in chosen:
        z = z + prob
    total = np.zeros(dim, F)
    for row, prob in zip(x, chosen):
        total = total + row * (prob / z)
    out[:dim] = stored(total)


def top_cases(c):
    for experts, used in ((1, 1), (8, 2), (128, 8), (9, 9), (200, 90)):
        c.add(f"{used} of {experts}", {"experts": experts, "used": used}, [c.normal(experts)], used)
        c.add(f"{used} of {experts}, edges", {"experts": experts, "used": used}, [c.wild(experts)], used)
    p = {"experts": 20, "used": 7}
    for name, words in {
        "equal": np.full(20, 0x3D4CCCCD, np.uint32),
        "zeros of both signs": np.arange(20, dtype=np.uint32) % 2 << 31,
        "NaN": np.full(20, 0xFFC00001, np.uint32),
        "-inf and NaN": np.where(np.arange(20) % 3, 0xFF800000, 0x7FC00000).astype(np.uint32),
    }.items():
        c.add(name, p, [words], 7)
    c.add("more than there are", p, [c.normal(20)], 7, change=lambda w: w.__setitem__(17, 21))
    c.add("none", p, [c.normal(20)], 7, change=lambda w: w.__setitem__(17, 0))
    c.add("input missing", p, [c.normal(20)], 7, change=lambda w: w.__setitem__(3, 0))


def linear_cases(c):
    for fmt in FORMATS:
        cols = max(64, block(fmt))
        for own in (0, 1):
            p = {"experts": 3, "used": 2, "rows": 40, "cols": cols, "own": own, "format": fmt}
            x = c.normal(cols * (2 if own else 1))
            c.add(f"{fmt} own={own}", p, [x, np.array([2, 0], np.uint32), *c.planes(fmt, 120, cols)], 80)
    p = {"experts": 4, "used": 5, "rows": 7, "cols": 33, "own": 1, "format": "F32"}
    chosen = np.array([3, 3, 4, 0xFFFFFFFF, 0], np.uint32)
    inputs = [c.normal(165), chosen, c.normal(4 * 7 * 33)]
    c.add("more used than experts", p, inputs, 35, change=lambda w: None)
    p["used"] = 4
    c.add("numbers of no expert", p, inputs, 28)
    c.add("edges", p, [c.wild(132), chosen, c.wild(4 * 7 * 33)], 28)
    wide = {**p, "used": 3, "rows": 64}
    c.add("whole tiles", wide, [c.normal(99), chosen, c.normal(4 * 64 * 33)], 192)
    c.add("nothing", {**p, "rows": 0}, inputs, 0)
    for word, value, what in ((17, 0, "none used"), (19, 0, "no columns"), (20, 2, "unknown flag"), (18, 1 << 31, "weights over a window")):
        c.add(what, p, inputs, 28, change=lambda w, word=word, value=value: w.__setitem__(word, value))


def sum_cases(c):
    for experts, used, dim in ((1, 1, 70), (8, 2, 64), (128, 8, 100), (9, 9, 1)):
        p = {"experts": experts, "used": used, "dim": dim}
        chosen = c.random.permutation(experts)[:used].astype(np.uint32)
        probs = bits(c.random.random(experts).astype(F))
        c.add(f"{used} of {experts}, {dim}", p, [c.normal(used * dim), chosen, probs], dim)
        c.add(f"{used} of {experts}, {dim}, edges", p, [c.wild(used * dim), chosen, c.wild(experts)], dim)
    p = {"experts": 8, "used": 3, "dim": 70}
    x, probs = c.normal(210), bits(c.random.random(8).astype(F))
    c.add("numbers of no expert", p, [x, np.array([8, 1, 0xFFFFFFFF], np.uint32), probs], 70)
    c.add("no probability", p, [x, np.array([1, 2, 3], np.uint32), np.zeros(8, np.uint32)], 70)
    c.add("twice the same", p, [x, np.array([1, 1, 3], np.uint32), probs], 70)
    c.add("more than there are", p, [x, np.array([1, 2, 3], np.uint32), probs], 70, change=lambda w: w.__setitem__(17, 9))
