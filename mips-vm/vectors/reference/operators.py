"""The operators of docs/spec/numerics.md. Each takes its parameters, the control and its inputs, and changes `out` in place: words
(uint32) of the output, in elements."""

import numpy as np

from .arithmetic import F, dot, exp, first_of_largest, lane_sum, largest, number, quantize, stored, uniform
from .weights import FLOATS, Weights, factors, matrix


def embed(p, control, inputs, out):
    if control["position"] >= p["tokens_capacity"]:
        return
    token = int(inputs[0][control["position"]])
    before, after = p.get("before", 0), p.get("after", 0)
    if token >= before + p["vocab"] + after:
        out[: p["dim"]] = 0
    elif before <= token < before + p["vocab"]:
        table = matrix(p["format"], inputs[1:], p["vocab"], p["dim"])
        out[: p["dim"]] = stored(table[token - before])


def rms_norm(p, control, inputs, out):
    x = inputs[0].view(F)[: p["rows"] * p["dim"]].reshape(p["rows"], p["dim"])
    r = F(1) / np.sqrt(lane_sum((x * x).T) / F(p["dim"]) + number(p["eps"]))
    y = (x * r[:, None]) * inputs[1].view(F)[: p["dim"]]
    out[: x.size] = stored(y.reshape(-1))


def linear(p, control, inputs, out):
    x, planes = inputs[0].view(F)[: p["cols"]], inputs[1:]
    rows, cols, fmt = p["rows"], p["cols"], p["format"]
    if fmt in FLOATS:
        w, x = factors(fmt, planes, rows, cols, x)
        y = lane_sum((w * x).T)
    else:
        y = Weights(fmt, planes, rows, cols).product(*quantize(x))
    before = p.get("before", 0)
    out[before : before + rows] = stored(y)


def rope(p, control, inputs, out):
    pos, size = control["position"], p["heads"] * p["head_dim"]
    if pos >= p["context"]:
        return
    x = inputs[0].view(F)[:size].reshape(p["heads"], p["head_dim"])
    table = inputs[1].view(F)[: p["context"] * p["rotary"]].reshape(p["context"], p["rotary"])
    cos, sin = table[pos, 0::2], table[pos, 1::2]
    y = x.copy()
    half = p["rotary"] // 2
    first, second = (slice(0, half), slice(half, 2 * half)) if p["pairing"] else (slice(0, 2 * half, 2), slice(1, 2 * half, 2))
    a, b = x[:, first], x[:, second]
    y[:, first] = a * cos - b * sin
    y[:, second] = a * sin + b * cos
    out[:size] = stored(y.reshape(-1))


def store_row(p, control, inputs, out):
    if control["position"] < p["context"]:
        start = control["position"] * p["width"]
        out[start : start + p["width"]] = stored(inputs[0].view(F)[: p["width"]])


def scores(p, control, inputs, out):
    pos, group = control["position"], p["heads"] // p["kv_heads"]
    if pos >= p["context"]:
        return
    q = inputs[0].view(F)[: p["heads"] * p["head_dim"]].reshape(p["heads"], p["head_dim"])
    k = cache(inputs[1], p)
    for h in range(p["heads"]):
        for t in seen(pos, p):
            out[h * p["context"] + t] = stored(dot(q[h], k[t, h // group]) * number(p["scale"]))[0]


def seen(pos, p):
    """The positions that are seen."""
    return range(max(0, pos + 1 - p["window"]), pos + 1)


def cache(words, p):
    """A cache [context, kv_heads, head_dim]."""
    shape = (p["context"], p["kv_heads"], p["head_dim"])
    return words.view(F)[: np.prod(shape)].reshape(shape)


def softmax(p, control, inputs, out):
    pos, context = control["position"], p["context"]
    if pos >= context:
        return
    for h in range(p["heads"]):
        first = seen(pos, p).start
        s = inputs[0].view(F)[h * context :][first : pos + 1]
        m = largest(s)
        e = np.array([exp(v - m) for v in s], F)
        out[h * context :][first : pos + 1] = stored(e / lane_sum(e))


def weighted_sum(p, control, inputs, out):
    pos, group, width = control["position"], p["heads"] // p["kv_heads"], p["head_dim"]
    if pos >= p["context"]:
        return
    weights = inputs[0].view(F)[: p["heads"] * p["context"]].reshape(p["heads"], p["context"])
    v = cache(inputs[1], p)
    for h in range(p["heads"]):
        first = seen(pos, p).start
        terms = weights[h, first : pos + 1, None] * v[first : pos + 1, h // group]
        out[h * width :][:width] = stored(lane_sum(terms))


def add(p, control, inputs, out):
    a, b = (i.view(F)[: p["len"]] for i in inputs)
    out[: p["len"]] = stored(a + b)


def swiglu(p, control, inputs, out):
    gate, up = (i.view(F)[: p["len"]] for i in inputs)
    e = np.array([exp(-g) for g in gate], F)
    out[: p["len"]] = stored((gate / (F(1) + e)) * up)


def geglu(p, control, inputs, out):
    gate, up = (i.view(F)[: p["len"]] for i in inputs)
    u = (gate * number(0x3FCC422A)) * (F(1) + (gate * gate) * number(0x3D372713))
    e = np.array([exp(-v) for v in u], F)
    out[: p["len"]] = stored((gate / (F(1) + e)) * up)


def scale(p, control, inputs, out):
    out[: p["len"]] = stored(inputs[0].view(F)[: p["len"]] * number(p["factor"]))


def probs(p, control, inputs, out):
    if control["temperature"] == 0:
        return
    logits = inputs[0].view(F)[: p["vocab"]]
    m, t = largest(logits), F(control["temperature"]) / F(1000)
    out[: p["vocab"]] = stored([exp((l - m) / t) for l in logits])


def sample(p, control, inputs, out):
    if control["position"] + 1 >= p["tokens_capacity"]:
        return
    if control["temperature"] == 0:
        token = first_of_largest(inputs[0].view(F)[: p["vocab"]])
    else:
        token = draw(control, inputs[1].view(F)[: p["vocab"]])
    out[control["position"] + 1] = token


def penalize(p, control, inputs, out):
    repetition = control.get("repetition_penalty", 0)
    frequency, presence = control.get("frequency_penalty", 0), control.get("presence_penalty", 0)
    if repetition in (0, 1000) and not frequency and not presence:
        return
    logits = inputs[0].view(F)[: p["vocab"]].copy()
    known = [int(token) for token in inputs[1][: p["tokens_capacity"]][: control["position"] + 1]]
    answer = known[control.get("prompt_tokens", 0) :]
    for token in set(known):
        if token >= p["vocab"]:
            continue
        if repetition not in (0, 1000):
            r = F(np.float64(repetition)) / F(1000)
            logits[token] = logits[token] * r if logits[token] < 0 else logits[token] / r
        if token in answer:
            logits[token] = logits[token] - F(answer.count(token)) * (F(frequency) / F(1000))
            logits[token] = logits[token] - F(presence) / F(1000)
    out[: p["vocab"]] = stored(logits)


def draw(control, probabilities):
    """The sampler's token."""
    w = [F(0) if np.isnan(v) or np.signbit(v) else v for v in probabilities]
    ranked = sorted(range(len(w)), key=lambda i: (-w[i], i))
    total = lane_sum(np.array(w, F))
    if 0 < control.get("top_k", 0) < len(w):
        ranked, total = ranked[: control["top_k"]], F(0)
        for token in ranked:
            total = total + w[token]
    enough = (F(control["top_p"]) / F(1000)) * total
    floor = (F(control.get("min_p", 0)) / F(1000)) * w[ranked[0]]
    taken, kept = [], F(0)
    for token in ranked:
        if taken and w[token] < floor:
            break
        taken.append(token)
        kept = kept + w[token]
        if kept >= enough:
            break
    goal, running = uniform(control["seed"], control["position"]) * kept, F(0)
    for token in taken:
        running = running + w[token]
        if running > goal:
            return token
    return taken[0]
