"""What is tried of the operators in `image`."""

import numpy as np



# One, 255, 0.1307 and 0.3081.
NUMBERS = 0x3F800000, 0x437F0000, 0x3E05D639, 0x3E9DBF48


def reply_cases(c, with_numbers):
    base = {"len": 70, "least": 5, "most": 9, "measure": 0, "class": 1}

    def case(name, numbers, p=None, count=None, change=None, **control):
        p = {**base, **(p or {})}
        inputs = [numbers] if with_numbers else []
        if p["measure"]:
            counts = np.full(64, 7, np.uint32)
            counts[0] = count
            inputs.append(counts)
        words = p["len"] + p["class"] if with_numbers else 64
        c.add(name, p, inputs, words, {"prompt_len": 6, "max_tokens": 1, "temperature": 3, "top_p": 4, "seed": 5 << 33 | 6, **control}, change)

    numbers = c.normal(70)
    case("answered", numbers)
    case("without a class", numbers, {"class": 0})
    for length in (0, 4, 5, 9, 10, 0xFFFFFFFF):
        case(f"{length} bytes", numbers, prompt_len=length)
        case(f"count {length}", numbers, {"measure": 1}, length)
        case(f"count {length}, any is answered", numbers, {"measure": 1, "least": 0, "most": 0xFFFFFFFF}, length)
    case("bounds the wrong way round", numbers, {"least": 9, "most": 5}, prompt_len=7)
    case("edges", c.wild(70))
    case("equal", np.full(70, 0x80000000, np.uint32))
    case("all NaN", np.full(70, 0xFFC00001, np.uint32))
    case("nothing", numbers[:1], {"len": 0})
    case("one number", numbers[:1], {"len": 1, "class": 0})
    for phase in (1, 2, 3):
        case(f"phase {phase}", numbers, phase=phase, position=8, tokens_out=2, prompt_tokens=3, output_len=1)
    case("done", numbers, phase=4, status=3, output_len=8)
    case("unknown measure", numbers, change=lambda w: w.__setitem__(19, 2))
    case("unknown flag", numbers, change=lambda w: w.__setitem__(20, 2))
    case("input missing", numbers, {"measure": 1}, 6, change=lambda w: w.__setitem__(3, w[3] - 1))
    case("larger than a window", numbers, change=lambda w: w.__setitem__(16, 1 << 26))


def reply(c):
    reply_cases(c, True)


def finish(c):
    reply_cases(c, False)


def input_scale(c):
    one = {f"{name}{i}": v for i in range(4) for name, v in (("mean", 0), ("deviation", NUMBERS[0]))}
    every = np.arange(256, dtype=np.uint8).view(np.uint32)
    for name, p in {
        "unit": one,
        "shifted": {**one, "mean0": NUMBERS[2], "deviation0": NUMBERS[3]},
        "edges": {**one, "mean0": 0x7F800000, "deviation0": 0},
        "NaN": {**one, "mean0": 0xFFC00001},
        "divided by zero": {**one, "divisor": 0},
    }.items():
        c.add(name, {"channels": 1, "plane": 256, "divisor": NUMBERS[1], **p}, [every], 256)
    p = {f"{name}{i}": int(c.normal(1)[0]) for i in range(4) for name in ("mean", "deviation")}
    for channels, plane in ((3, 50), (4, 1), (2, 64), (0, 5), (1, 0)):
        size = -(-channels * plane // 4)
        x = c.random.integers(0, 1 << 32, size, np.uint32)
        c.add(f"{channels}x{plane}", {"channels": channels, "plane": plane, "divisor": 0x40400000, **p}, [x], channels * plane)
    c.add("five channels", {"channels": 1, "plane": 256, "divisor": NUMBERS[1], **one}, [every], 256, change=lambda w: w.__setitem__(16, 5))


def relu(c):
    c.add("random", {"len": 70}, [c.normal(70)], 70)
    c.add("edges", {"len": 200}, [c.wild(200)], 200)
    c.add("nothing", {"len": 0}, [c.normal(1)], 0)


# channels, height, width, out_channels, kernel, stride, pads before, pads after, dilation, groups
CONVS = (
    (1, 1, 1, 1, (1, 1), (1, 1), (0, 0), (0, 0), (1, 1), 1),
    (1, 8, 8, 2, (3, 3), (1, 1), (1, 1), (1, 1), (1, 1), 1),
    (3, 7, 9, 5, (3, 2), (2, 1), (1, 0), (0, 1), (1, 1), 1),
    (4, 6, 6, 6, (3, 3), (1, 2), (2, 2), (2, 2), (2, 2), 2),
    (6, 5, 5, 6, (3, 3), (1, 1), (1, 1), (1, 1), (1, 1), 6),
    (2, 3, 70, 1, (2, 5), (1, 1), (0, 2), (0, 2), (1, 1), 1),
    (5, 4, 4, 70, (4, 4), (1, 1), (0, 0), (0, 0), (1, 1), 1),
    (1, 2, 2, 1, (3, 3), (1, 1), (4, 5), (4, 5), (1, 1), 1),
    (1, 9, 9, 1, (2, 2), (3, 3), (0, 0), (0, 0), (4, 3), 1),
)


def conv(c):
    for channels, height, width, outs, kernel, stride, before, after, dilation, groups in CONVS:
        size = lambda side, k: (side + before[k] + after[k] - dilation[k] * (kernel[k] - 1) - 1) // stride[k] + 1
        p = {"channels": channels, "height": height, "width": width, "out_channels": outs, "out_height": size(height, 0), "out_width": size(width, 1)}
        p |= dict(zip(GEOMETRY, (*kernel, *stride, *before, *dilation))) | {"groups": groups}
        weights = outs * channels // groups * kernel[0] * kernel[1]
        total, name = outs * p["out_height"] * p["out_width"], f"{channels}x{height}x{width} {kernel} {stride} {before} {dilation} {groups}"
        c.add(name, p, [c.normal(channels * height * width), c.normal(weights), c.normal(outs)], total)
        c.add(f"{name} edges", p, [c.wild(channels * height * width), c.wild(weights), c.wild(outs)], total)
    # More windows than the input has: those outside everything are the bias.
    c.add("past the input", {**p, "out_height": 6, "out_width": 7}, [c.normal(81), c.normal(4), c.normal(1)], 42)
    inputs = [c.normal(81), c.normal(4), c.normal(1)]
    for word, what in ((30, "no groups"), (16, "no channels"), (19, "no kernels"), (22, "no kernel"), (24, "no stride"), (28, "no dilation")):
        c.add(what, p, inputs, total, change=lambda w, word=word: w.__setitem__(word, 0))
    for word, value, what in ((30, 2, "groups that don't divide"), (26, 4097, "pad too large"), (20, 65537, "output too tall")):
        c.add(what, p, inputs, total, change=lambda w, word=word, value=value: w.__setitem__(word, value))


GEOMETRY = ("kernel_height", "kernel_width", "stride_height", "stride_width", "pad_top", "pad_left", "dilation_height", "dilation_width")

# channels, height, width, output, kernel, stride, pads
POOLS = (
    (1, 1, 1, (1, 1), (1, 1), (1, 1), (0, 0)),
    (3, 8, 8, (4, 4), (2, 2), (2, 2), (0, 0)),
    (2, 7, 9, (4, 5), (3, 3), (2, 2), (1, 1)),
    (70, 3, 3, (1, 1), (3, 3), (1, 1), (0, 0)),
    (1, 5, 80, (5, 78), (1, 3), (1, 1), (0, 0)),
    (2, 4, 4, (5, 5), (2, 2), (1, 1), (3, 3)),
    (1, 9, 9, (1, 1), (9, 9), (1, 1), (0, 0)),
)


def pool(c):
    for reduction in (0, 1, 2):
        for channels, height, width, out, kernel, stride, pads in POOLS:
            p = {"channels": channels, "height": height, "width": width, "out_height": out[0], "out_width": out[1]}
            p |= dict(zip(GEOMETRY, (*kernel, *stride, *pads))) | {"reduction": reduction}
            name, total = f"{reduction} {channels}x{height}x{width} {kernel} {stride} {pads}", channels * out[0] * out[1]
            c.add(name, p, [c.normal(channels * height * width)], total)
            c.add(f"{name} edges", p, [c.wild(channels * height * width)], total)
        zeros = np.tile(np.array([0x80000000, 0, 0x80000000, 0x80000000], np.uint32), 21)[:81]
        c.add(f"{reduction} zeros of both signs", p, [zeros], 1)
        c.add(f"{reduction} zeros below", p, [np.full(81, 0x80000000, np.uint32)], 1)
    c.add("unknown reduction", p, [zeros], 1, change=lambda w: w.__setitem__(27, 3))
    c.add("no stride", p, [zeros], 1, change=lambda w: w.__setitem__(23, 0))


def row_softmax(c):
    for rows, dim in ((1, 1), (1, 10), (7, 20), (2, 100), (70, 1), (0, 3)):
        c.add(f"{rows}x{dim}", {"rows": rows, "dim": dim}, [c.normal(rows * dim, scale=4)], rows * dim)
    p = {"rows": 2, "dim": 24}
    c.add("edges", p, [c.wild(48)], 48)
    c.add("all -inf", p, [np.full(48, 0xFF800000, np.uint32)], 48)
    c.add("one inf", p, [np.concatenate([c.normal(30), [0x7F800000], c.normal(17)])], 48)
    c.add("no columns", p, [c.normal(48)], 48, change=lambda w: w.__setitem__(17, 0))
    c.add("more than the scratch holds", p, [c.normal(48)], 48, change=lambda w: w.__setitem__(17, (3 << 17) + 1))


def channel_affine(c):
    for channels, plane in ((1, 1), (3, 50), (70, 1), (2, 64), (0, 3), (3, 0)):
        inputs = [c.normal(channels * plane), c.normal(channels), c.normal(channels)]
        c.add(f"{channels}x{plane}", {"channels": channels, "plane": plane}, inputs, channels * plane)
    c.add("edges", {"channels": 9, "plane": 9}, [c.wild(81), c.wild(9), c.wild(9)], 81)
