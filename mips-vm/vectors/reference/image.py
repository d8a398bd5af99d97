"""The operators of docs/spec/numerics.md on images, and those that begin and end a program of one step. Each changes `out`, words of the
output in elements; Reply's are words of four bytes."""

import numpy as np

from .arithmetic import F, exp, first_of_largest, lane_sum, largest, number, stored
from .records import control_slot
from .text import DONE, EMPTY_PROMPT, ORDER, PROMPT_TOO_LONG, STOP


def ending(p, control, inputs):
    """The measure of a request and the status with which it ends."""
    measure = int(inputs[-1][0]) if p["measure"] else control.get("prompt_len", 0)
    if measure < p["least"]:
        return measure, EMPTY_PROMPT
    return measure, PROMPT_TOO_LONG if measure > p["most"] else STOP


def reply(p, control, inputs, out):
    words = p["len"] + p["class"]
    _, status = ending(p, control, inputs)
    if status != STOP:
        out[:words] = 0
        return
    numbers = inputs[0].view(F)[: p["len"]]
    out[: p["len"]] = stored(numbers) if p["len"] else []
    if p["class"]:
        out[p["len"]] = first_of_largest(numbers)


def finish(p, control, inputs, out):
    c = {name: control.get(name, 0) for name in ORDER}
    if c["phase"] < DONE:
        measure, status = ending(p, control, inputs)
        c.update({"phase": DONE, "status": status})
        if status == STOP:
            c.update({"prompt_tokens": measure if p["measure"] else 0, "output_len": 4 * (p["len"] + p["class"])})
    out[:64] = control_slot({**control, **c})


def input_scale(p, control, inputs, out):
    count = p["channels"] * p["plane"]
    x = inputs[0].view(np.uint8)[:count].reshape(p["channels"], p["plane"]).astype(F)
    each = lambda name: np.array([number(p[f"{name}{c}"]) for c in range(p["channels"])], F)[:, None]
    out[:count] = stored(((x / number(p["divisor"]) - each("mean")) / each("deviation")).reshape(-1))


def relu(p, control, inputs, out):
    x = inputs[0].view(F)[: p["len"]]
    out[: p["len"]] = stored(np.where((x > 0) | np.isnan(x), x, F(0)))


def conv(p, control, inputs, out):
    x = inputs[0].view(F)[: p["channels"] * p["height"] * p["width"]].reshape(p["channels"], p["height"], p["width"])
    depth, kernels = p["channels"] // p["groups"], p["out_channels"] // p["groups"]
    shape = (p["out_channels"], depth, p["kernel_height"], p["kernel_width"])
    w = inputs[1].view(F)[: np.prod(shape)].reshape(shape)
    at = 0
    for o, y, column in np.ndindex(p["out_channels"], p["out_height"], p["out_width"]):
        lanes = [F(0)] * 16
        for place, (c, i, j) in enumerate(np.ndindex(*shape[1:])):
            row = y * p["stride_height"] + i * p["dilation_height"] - p["pad_top"]
            col = column * p["stride_width"] + j * p["dilation_width"] - p["pad_left"]
            if 0 <= row < p["height"] and 0 <= col < p["width"]:
                lanes[place % 16] = lanes[place % 16] + w[o, c, i, j] * x[o // kernels * depth + c, row, col]
        half = 8
        while half:
            lanes = [lanes[l] + lanes[l + half] for l in range(half)]
            half //= 2
        out[at] = stored(lanes[0] + inputs[2].view(F)[o])[0]
        at += 1


def pool(p, control, inputs, out):
    x = inputs[0].view(F)[: p["channels"] * p["height"] * p["width"]].reshape(p["channels"], p["height"], p["width"])
    window = p["kernel_height"] * p["kernel_width"]
    for at, (c, y, column) in enumerate(np.ndindex(p["channels"], p["out_height"], p["out_width"])):
        elements = []
        for i, j in np.ndindex(p["kernel_height"], p["kernel_width"]):
            row, col = y * p["stride_height"] + i - p["pad_top"], column * p["stride_width"] + j - p["pad_left"]
            if 0 <= row < p["height"] and 0 <= col < p["width"]:
                elements.append(x[c, row, col])
        total = lane_sum(np.array(elements, F)) if elements else F(0)
        # A largest zero is +0.
        results = (largest(elements) + F(0), total / F(len(elements)), total / F(window))
        out[at] = stored(results[p["reduction"]])[0]


def row_softmax(p, control, inputs, out):
    for row in range(p["rows"]):
        x = inputs[0].view(F)[row * p["dim"] :][: p["dim"]]
        m = largest(x)
        e = np.array([exp(v - m) for v in x], F)
        out[row * p["dim"] :][: p["dim"]] = stored(e / lane_sum(e))


def channel_affine(p, control, inputs, out):
    count = p["channels"] * p["plane"]
    x = inputs[0].view(F)[:count].reshape(p["channels"], p["plane"])
    a, b = (i.view(F)[: p["channels"], None] for i in inputs[1:])
    out[:count] = stored((x * a + b).reshape(-1))
