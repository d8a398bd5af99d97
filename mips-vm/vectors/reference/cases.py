"""What is tried: seeded random data, and the numbers on which implementations part."""

import itertools

import numpy as np

from . import bpe, bpe_cases, experts, image, image_cases, operators, rows, rows_cases, text, text_cases, word_piece, word_piece_cases
from .arithmetic import F, bits
from .records import FORMATS, control_slot, record
from .weights import BITS, FLOATS, PLANES, block

RUN = {
    "Embed": operators.embed,
    "RmsNorm": operators.rms_norm,
    "Linear": operators.linear,
    "Rope": operators.rope,
    "StoreRow": operators.store_row,
    "Scores": operators.scores,
    "Softmax": operators.softmax,
    "WeightedSum": operators.weighted_sum,
    "Add": operators.add,
    "SwiGlu": operators.swiglu,
    "GeGlu": operators.geglu,
    "Scale": operators.scale,
    "Probs": operators.probs,
    "Sample": operators.sample,
    "TokenizeIds": text.tokenize_ids,
    "TokenizeCount": text.tokenize_count,
    "Detokenize": text.detokenize,
    "DetokenizeLen": text.detokenize_len,
    "Advance": text.advance,
    "BpeIds": bpe.bpe_ids,
    "BpeCount": bpe.bpe_count,
    "Reply": image.reply,
    "Finish": image.finish,
    "InputScale": image.input_scale,
    "Relu": image.relu,
    "Conv": image.conv,
    "Pool": image.pool,
    "RowSoftmax": image.row_softmax,
    "ChannelAffine": image.channel_affine,
    "WordPieceIds": word_piece.word_piece_ids,
    "WordPieceCount": word_piece.word_piece_count,
    "RowsEmbed": rows.rows_embed,
    "RowsLinear": rows.rows_linear,
    "RowsAdd": rows.rows_add,
    "LayerNorm": rows.layer_norm,
    "RowsGelu": rows.rows_gelu,
    "RowsScores": rows.rows_scores,
    "RowsSoftmax": rows.rows_softmax,
    "RowsWeightedSum": rows.rows_weighted_sum,
    "RowsMean": rows.rows_mean,
    "UnitNorm": rows.unit_norm,
    "TopExperts": experts.top_experts,
    "ExpertLinear": experts.expert_linear,
    "ExpertSum": experts.expert_sum,
    "Penalize": operators.penalize,
    "FindStop": text.find_stop,
}
# Zeros, least and largest subnormal and normal numbers, one, infinities, NaNs of both signs and kinds.
EDGES = np.array(
    [0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x33800000, 0x42B17217, 0x42B17218, 0x42CFF1B5, 0x42D00000], np.uint32
)
EDGES = np.concatenate([EDGES, EDGES | 0x80000000])


class Cases:
    """Vectors of one operator, from a generator of its own."""

    def __init__(self, op, seed):
        self.op, self.random, self.vectors = op, np.random.Generator(np.random.PCG64(seed)), []

    def normal(self, *shape, scale=1.0):
        """Words of normally distributed numbers."""
        return bits((self.random.standard_normal(np.prod(shape, dtype=int)) * scale).astype(F))

    def wild(self, count):
        """Words of any number at all, edges among them."""
        words = self.random.integers(0, 1 << 32, count, np.uint32)
        pick = self.random.random(count) < 0.3
        return np.where(pick, self.random.choice(EDGES, count), words).astype(np.uint32)

    def wide(self, count):
        """Words of numbers of every magnitude."""
        words = self.random.integers(0, 1 << 32, count, np.uint32)
        return np.where(words & 0x7F800000 == 0x7F800000, words & 0xBFFFFFFF, words).astype(np.uint32)

    def planes(self, fmt, rows, cols, wild=False):
        """Planes of a random matrix."""
        return [self.plane(dtype, rows * cols // columns, columns > 1, wild) for dtype, columns in PLANES[fmt]]

    def plane(self, dtype, count, scale, wild):
        """Words of random elements; scales are small, small scales what 6 bits hold."""
        if dtype == "F32":
            return self.wild(count) if wild else self.normal(count)
        if dtype == "F16":
            return self.halves(count, wild, 0.01 if scale else 1.0)
        if dtype == "BF16" and not wild:
            return packed((self.normal(count) >> 16).astype(np.uint16))
        if dtype == "U8" and not wild:
            return packed(self.random.integers(0, 64, count, np.uint8))
        return packed(self.random.integers(0, 256, count * BITS[dtype] // 8, np.uint8))

    def halves(self, count, wild, scale=1.0):
        """Words of binary16 numbers."""
        if wild:
            return packed(self.random.integers(0, 1 << 16, count, np.uint16))
        return packed((self.random.standard_normal(count) * scale).astype(np.float16))

    def add(self, name, params, inputs, out_len, control=None, change=None):
        """Adds a vector; `change` edits the record's words, after which the node must change nothing."""
        control = {"position": 0, "temperature": 0, "top_p": 0, "seed": 0, **(control or {})}
        words = record(self.op, params, len(inputs))
        old = self.random.integers(0, 1 << 32, -(-max(out_len, 1) // 64) * 64, np.uint32)
        expected = old.copy()
        if change:
            change(words)
        else:
            RUN[self.op](params, control, [np.asarray(i, np.uint32) for i in inputs], expected)
        self.vectors.append(
            {"name": name, "record": words, "control": control_slot(control), "inputs": inputs, "old": old, "expected": expected}
        )


def packed(array):
    """An array's bytes as words, padded with zeros."""
    raw = array.tobytes()
    return np.frombuffer(raw + bytes(-len(raw) % 4), "<u4")


def embed(c):
    for fmt in FORMATS:
        dim = max(96, block(fmt))
        for wild in (False, True):
            p = {"dim": dim, "vocab": 5, "tokens_capacity": 4, "format": fmt}
            table = c.planes(fmt, 5, dim, wild)
            tokens = np.array([3, 0, 4, 0xFFFFFFFF], np.uint32)
            for pos in (0, 2):
                c.add(f"{fmt} wild={wild} pos={pos}", p, [tokens, *table], dim, {"position": pos})
        c.add(f"{fmt} token outside", p, [tokens, *table], dim, {"position": 3})
        c.add(f"{fmt} past the tokens", p, [tokens, *table], dim, {"position": 4})
    embed_shards(c)


def embed_shards(c):
    """Tables of which the node has some rows, the others being before and after them."""
    dim, most = 64, 0xFFFFFFFF
    for fmt, before, after in (("F32", 3, 2), ("Q8", 0, 7), ("F16", 70, 0), ("Q4", 0, most - 5), ("F32", most - 5, 0)):
        p = {"dim": dim, "vocab": 5, "tokens_capacity": 1, "format": fmt, "before": before, "after": after}
        table, end = c.planes(fmt, 5, dim), before + 5
        tokens = {0, before - 1, before, end - 1, end, end + after - 1, end + after, most}
        for token in sorted(token for token in tokens if 0 <= token <= most):
            c.add(f"{fmt} {before}+5+{after} token {token}", p, [np.array([token], np.uint32), *table], dim)
    one = [np.array([1], np.uint32), *table]
    c.add("too many rows before", p, one, dim, change=lambda w: w.__setitem__(20, most - 4))
    c.add("too many rows after", p, one, dim, change=lambda w: w.__setitem__(21, 1))


def rms_norm(c):
    eps = int(bits(F(1e-5))[()])
    for rows, dim in ((1, 1), (1, 15), (1, 16), (1, 40), (1, 64), (1, 130), (4, 16), (3, 50), (2, 96), (70, 1)):
        c.add(f"{rows}x{dim}", {"rows": rows, "dim": dim, "eps": eps}, [c.normal(rows * dim), c.normal(dim)], rows * dim)
    p = {"rows": 1, "dim": 70, "eps": eps}
    zero = {**p, "eps": 0}
    c.add("zeros", p, [np.zeros(70, np.uint32), c.normal(70)], 70)
    c.add("zeros without eps", zero, [np.zeros(70, np.uint32), c.normal(70)], 70)
    c.add("subnormal", zero, [c.normal(70, scale=1e-41), c.normal(70)], 70)
    c.add("tiny", zero, [c.normal(70, scale=1e-21), c.normal(70)], 70)
    c.add("overflow", p, [c.normal(70, scale=1e20), c.normal(70)], 70)
    c.add("every magnitude", p, [c.wide(70), c.wide(70)], 70)
    c.add("edges", p, [c.wild(70), c.wild(70)], 70)
    c.add("rows with edges", {**p, "rows": 3}, [c.wild(210), c.normal(70)], 210)
    c.add("negative eps", {**p, "eps": 0xBF800000}, [c.normal(70, scale=0.1), c.normal(70)], 70)


def linear(c):
    for fmt in FORMATS:
        for rows, cols in shapes(fmt):
            p = {"rows": rows, "cols": cols, "format": fmt}
            c.add(f"{fmt} {rows}x{cols}", p, [c.normal(cols), *c.planes(fmt, rows, cols)], rows)
        cols = max(64, block(fmt))
        p = {"rows": 6, "cols": cols, "format": fmt}
        ties = bits(np.where(np.arange(cols) % 32 == 0, 127, c.random.integers(-126, 126, cols) + 0.5).astype(F))
        for name, x in {
            "zeros": np.zeros(cols, np.uint32),
            "ties": ties,
            "subnormal": c.normal(cols, scale=1e-41),
            "small scale": c.normal(cols, scale=1e-6),
            "scale rounds to zero": c.normal(cols, scale=1e-7),
            "scale rounds to infinity": c.normal(cols, scale=1e7),
            "every magnitude": c.wide(cols),
            "one infinity": np.concatenate([c.normal(cols - 1), [0x7F800000]]),
            "one NaN": np.concatenate([c.normal(cols - 1), [0xFFC12345]]),
            "edges": c.wild(cols),
        }.items():
            c.add(f"{fmt} x {name}", p, [x, *c.planes(fmt, 6, cols)], 6)
        c.add(f"{fmt} wild weights", p, [c.normal(cols), *c.planes(fmt, 6, cols, True)], 6)
        if fmt not in FLOATS:
            largest(c, fmt)
    least = [packed(np.full(64, -128, np.int8)), packed(np.array([1, 2], np.float16))]
    c.add("Q8 all -128", {"rows": 1, "cols": 64, "format": "Q8"}, [np.full(64, 0xC0000000, np.uint32), *least], 1)
    p = {"rows": 2, "cols": 48, "format": "F32"}
    odd = lambda w: w.__setitem__(18, 2)
    c.add("Q8 with half a block", p, [c.normal(48), c.normal(96), c.normal(2)], 2, change=odd)
    c.add("unknown format", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(18, len(FORMATS)))
    c.add("parameter too many", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(19, 1))
    c.add("input missing", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(3, 1))
    c.add("other phase", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(1, 30))
    c.add("no columns", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(17, 0))
    c.add("weights over a window", p, [c.normal(48), c.normal(96)], 2, change=lambda w: w.__setitem__(16, 1 << 31))
    linear_shards(c)
    linear_rounded(c)


def linear_rounded(c):
    """Vectors at the ties and borders of what an element, and a weight in BF16, counts as."""
    for fmt, bits_kept in (("F16", 13), ("BF16", 16)):
        p = {"rows": 3, "cols": 48, "format": fmt}
        half = 1 << 23 - bits_kept
        fractions = np.array([0, half - 1, half, half + 1, 3 * half - 1, 3 * half, 3 * half + 1, (1 << 23) - half, (1 << 23) - 1])
        exponents = np.array([0, 1, 62, 63, 64, 100, 127, 150, 189, 190, 191, 254])
        for exponent in exponents:
            x = np.resize(exponent << 23 | fractions, 48) | np.arange(48) % 2 << 31
            c.add(f"{fmt} ties, exponent {exponent}", p, [x.astype(np.uint32), *c.planes(fmt, 3, 48)], 3)
    weights = np.concatenate([np.arange(64 * 128 - 12, 64 * 128 + 12), np.arange(190 * 128 - 24, 190 * 128)])
    weights = np.resize(np.concatenate([weights, weights | 0x8000]), 3 * 48)
    for name, x in {"ones": np.full(48, 1, F), "small": np.full(48, 2.0**-60, F)}.items():
        p = {"rows": 3, "cols": 48, "format": "BF16"}
        c.add(f"BF16 weights at the borders x {name}", p, [bits(x), packed(weights.astype(np.uint16))], 3)
        c.add(f"BF16 weights past the border x {name}", p, [bits(x), packed((weights + 12).astype(np.uint16))], 3)


def linear_shards(c):
    """Matrices of which the node has some rows, the others being before and after them."""
    for fmt in FORMATS:
        cols = max(64, block(fmt))
        for before, rows, after in ((64, 64, 64), (0, 128, 1), (128, 3, 0)):
            p = {"rows": rows, "cols": cols, "format": fmt, "before": before, "after": after}
            inputs = [c.normal(cols), *c.planes(fmt, rows, cols)]
            c.add(f"{fmt} {before}+{rows}+{after}", p, inputs, before + rows + after)
    p = {"rows": 64, "cols": 48, "format": "F32", "before": 64, "after": 64}
    inputs = [c.normal(48), c.normal(64 * 48)]
    for name, place, value in (
        ("rows before that are no whole tiles", 19, 32),
        ("rows that are no whole tiles and others after", 16, 63),
        ("output over a window, before", 19, 1 << 26),
        ("output over a window, after", 20, 1 << 26),
        ("as many rows before as a word holds", 19, 0xFFFFFFC0),
        ("as many rows after as a word holds", 20, 0xFFFFFFFF),
    ):
        c.add(name, p, inputs, 192, change=lambda w, place=place, value=value: w.__setitem__(place, value))


def shapes(fmt):
    """Rows and columns: whole tiles and parts of them, one block and several."""
    if fmt in FLOATS:
        return (1, 1), (5, 33), (70, 48), (3, 160)
    return ((70, 64), (3, 160)) if block(fmt) == 32 else ((70, 256), (3, 512))


def largest(c, fmt):
    """The integers at their most: every weight's bits set, or only the sign, against -127."""
    cols = max(64, block(fmt))
    p, x = {"rows": 1, "cols": cols, "format": fmt}, np.full(cols, 0xC0000000, np.uint32)
    for name, byte in (("set", 0xFF), ("sign", 0x80), ("clear", 0)):
        fill = lambda dtype, count: np.full(-(-count * BITS[dtype] // 8), byte, np.uint8)
        planes = [packed(np.full(cols // n, 1.5, np.float16) if t == "F16" else fill(t, cols // n)) for t, n in PLANES[fmt]]
        c.add(f"{fmt} bits {name}", p, [x, *planes], 1)


def rope(c):
    for (heads, head_dim, rotary), pairing in itertools.product(((2, 8, 8), (3, 30, 20), (1, 5, 0)), (0, 1)):
        p = {"heads": heads, "head_dim": head_dim, "rotary": rotary, "context": 4, "pairing": pairing}
        size, name = heads * head_dim, f"{heads}x{head_dim} of {rotary}, pairing {pairing}"
        table = c.normal(4 * rotary)
        for pos in (0, 3, 4):
            c.add(f"{name} pos={pos}", p, [c.normal(size), table], size, {"position": pos})
        c.add(f"{name} edges", p, [c.wild(size), c.wild(4 * rotary)], size, {"position": 1})
    p = {"heads": 2, "head_dim": 8, "rotary": 8, "context": 4, "pairing": 0}
    c.add("odd rotary", p, [c.normal(16), c.normal(32)], 16, change=lambda w: w.__setitem__(18, 7))
    c.add("unknown pairing", p, [c.normal(16), c.normal(32)], 16, change=lambda w: w.__setitem__(20, 2))


def store_row(c):
    for width, context in ((8, 20), (70, 3)):
        p = {"width": width, "context": context}
        for pos in (0, 1, context - 1, context, 0xFFFFFFFF):
            c.add(f"{context}x{width} pos={pos}", p, [c.normal(width)], width * context, {"position": pos})
        c.add(f"{context}x{width} edges", p, [c.wild(width)], width * context, {"position": 2})


def scores(c):
    scale = int(bits(F(0.35355338))[()])
    for heads, kv, dim in ((4, 2, 8), (2, 2, 20), (3, 1, 33)):
        p = {"heads": heads, "kv_heads": kv, "head_dim": dim, "context": 20, "scale": scale, "window": 20}
        q, k = c.normal(heads * dim), c.normal(20 * kv * dim)
        for pos in (0, 11, 20):
            for window in (20, 5, 1):
                c.add(f"{heads}/{kv}x{dim} pos={pos} of {window}", {**p, "window": window}, [q, k], heads * 20, {"position": pos})
        c.add(f"{heads}/{kv}x{dim} edges", p, [c.wild(heads * dim), c.wild(20 * kv * dim)], heads * 20, {"position": 9})
    c.add("heads that don't divide", p, [q, k], 60, change=lambda w: w.__setitem__(17, 2))
    c.add("no window", p, [q, k], 60, change=lambda w: w.__setitem__(21, 0))


def softmax(c):
    for heads, context in ((1, 1), (3, 20), (2, 100)):
        for pos, window in itertools.product((0, context // 2, context - 1, context), (context, 17, 1)):
            p = {"heads": heads, "context": context, "window": window}
            s = c.normal(heads * context, scale=3)
            c.add(f"{heads}x{context} pos={pos} of {window}", p, [s], heads * context, {"position": pos})
    p = {"heads": 2, "context": 24, "window": 24}
    for name, s in {
        "spread": c.normal(48, scale=60),
        "all -inf": np.full(48, 0xFF800000, np.uint32),
        "one inf": np.concatenate([c.normal(30), [0x7F800000], c.normal(17)]),
        "one -inf": np.concatenate([c.normal(30), [0xFF800000], c.normal(17)]),
        "one NaN": np.concatenate([c.normal(30), [0xFFC00000], c.normal(17)]),
        "all NaN": np.full(48, 0x7FC00000, np.uint32),
        "equal": np.full(48, 0xC1200000, np.uint32),
        "edges": c.wild(48),
    }.items():
        c.add(name, p, [s], 48, {"position": 22})


def weighted_sum(c):
    for heads, kv, dim in ((4, 2, 8), (2, 1, 80), (3, 3, 5)):
        p = {"heads": heads, "kv_heads": kv, "head_dim": dim, "context": 36, "window": 36}
        weights, v = c.normal(heads * 36, scale=0.1), c.normal(36 * kv * dim)
        for pos in (0, 16, 35, 36):
            for window in (36, 19, 1):
                c.add(f"{heads}/{kv}x{dim} pos={pos} of {window}", {**p, "window": window}, [weights, v], heads * dim, {"position": pos})
        c.add(f"{heads}/{kv}x{dim} edges", p, [c.wild(heads * 36), c.wild(36 * kv * dim)], heads * dim, {"position": 20})


def elementwise(c):
    pairs = np.array([(a, b) for a in EDGES for b in EDGES], np.uint32)
    c.add("random", {"len": 70}, [c.normal(70), c.normal(70)], 70)
    c.add("every magnitude", {"len": 256}, [c.wide(256), c.wide(256)], 256)
    c.add("pairs of edges", {"len": len(pairs)}, [pairs[:, 0].copy(), pairs[:, 1].copy()], len(pairs))
    c.add("wide gates", {"len": 256}, [c.normal(256, scale=40), c.normal(256)], 256)
    c.add("nothing", {"len": 0}, [c.normal(1), c.normal(1)], 0)


def scale(c):
    for factor in (0x42000000, 0x3F800000, 0x80000000, 0x00000001, 0x7F800000, 0x7FC00000):
        p = {"len": 70, "factor": factor}
        c.add(f"random by {factor:08x}", p, [c.normal(70)], 70)
        c.add(f"edges by {factor:08x}", p, [c.wild(70)], 70)


def probs(c):
    for vocab in (1, 100):
        for temperature in (0, 1, 700, 1000, 1500, 0xFFFFFFFF):
            control = {"temperature": temperature}
            c.add(f"{vocab} T={temperature}", {"vocab": vocab}, [c.normal(vocab, scale=4)], vocab, control)
    c.add("edges", {"vocab": 100}, [c.wild(100)], 100, {"temperature": 900})
    c.add("all NaN", {"vocab": 10}, [np.full(10, 0x7FC00000, np.uint32)], 10, {"temperature": 900})
    c.add("one NaN", {"vocab": 10}, [np.concatenate([c.normal(9), [0xFFC00000]])], 10, {"temperature": 900})


def sample(c):
    p = {"vocab": 90, "tokens_capacity": 10}

    def case(name, logits, weights, **control):
        c.add(name, p, [logits, weights], 10, {"position": 3, **control})

    logits = c.normal(90, scale=3)
    weights = bits(np.exp(c.random.standard_normal(90) * 3).astype(F))
    case("greedy", logits, weights)
    ties = logits.copy()
    ties[[20, 60]] = 0x42C80000
    case("greedy tie", ties, weights)
    case("greedy edges", c.wild(90), weights)
    case("greedy zeros", np.where(np.arange(90) % 2, 0, 0x80000000).astype(np.uint32), weights)
    case("greedy NaN", np.full(90, 0x7FC00000, np.uint32), weights)
    for pos in (0, 8, 9, 0xFFFFFFFF):
        case(f"pos={pos}", logits, weights, position=pos)
    for top_p in (0, 1, 500, 900, 999, 1000, 5000):
        for seed in range(4):
            case(f"top_p={top_p} seed={seed}", logits, weights, temperature=800, top_p=top_p, seed=seed << 33 | 77 + seed)
    equal = np.full(90, 0x3F000000, np.uint32)
    for seed in range(4):
        case(f"equal weights seed={seed}", logits, equal, temperature=1, top_p=700, seed=seed)
    few = bits(c.random.choice(np.array([0, 0.25, 0.5], F), 90))
    for seed in range(4):
        case(f"many ties seed={seed}", logits, few, temperature=1, top_p=900, seed=seed)
    case("no weight", logits, np.zeros(90, np.uint32), temperature=1, top_p=900)
    case("NaN weights", logits, np.full(90, 0x7FC00000, np.uint32), temperature=1, top_p=900)
    for seed in range(4):
        case(f"weights edges {seed}", logits, c.wild(90), temperature=1, top_p=950, seed=seed)
        case(f"weights finite edges {seed}", logits, c.wide(90), temperature=1, top_p=1000, seed=seed)
    tiny = np.arange(1, 91, dtype=np.uint32)
    case("subnormal weights", logits, tiny, temperature=1, top_p=800, seed=5)
    c.add("no vocabulary", p, [logits, weights], 10, change=lambda w: w.__setitem__(16, 0))
    filters = [dict(top_k=k) for k in (1, 2, 7, 89, 90, 91, 0xFFFFFFFF)] + [dict(min_p=m) for m in (1, 50, 500, 1000, 70_000)]
    filters += [dict(top_k=20, min_p=10), dict(top_k=5, top_p=600), dict(top_k=0, top_p=700, min_p=300), dict(top_k=12, top_p=900, min_p=30)]
    for chosen in filters:
        named = " ".join(f"{name}={value}" for name, value in chosen.items())
        for seed in range(3):
            case(f"{named} seed={seed}", logits, weights, **{"temperature": 800, "top_p": 1000, "seed": seed << 35 | 5 + seed, **chosen})
    for seed in range(3):
        drawn = dict(temperature=1, top_p=900, top_k=30, min_p=100, seed=seed)
        case(f"all filters, equal weights {seed}", logits, equal, **drawn)
        case(f"all filters, many ties {seed}", logits, few, **drawn)
        case(f"all filters, edges {seed}", logits, c.wild(90), **drawn)
        case(f"all filters, finite edges {seed}", logits, c.wide(90), **drawn)
    case("all filters, no weight", logits, np.zeros(90, np.uint32), **drawn)
    case("filters without temperature", logits, weights, top_k=3, min_p=500)


def penalize(c):
    p = {"vocab": 90, "tokens_capacity": 20}
    tokens = c.random.integers(0, 90, 20, np.uint32)
    tokens[[3, 9, 12]] = tokens[5]
    tokens[7], tokens[8] = 90, 0xFFFFFFFF

    def case(name, logits=None, **control):
        logits = c.normal(90, scale=3) if logits is None else logits
        c.add(name, p, [logits, tokens], 90, {"position": 14, "prompt_tokens": 6, **control})

    case("none")
    case("none, said otherwise", repetition_penalty=1000)
    for repetition in (1, 500, 999, 1001, 1300, 10_000, 0xFFFFFFFF):
        case(f"repetition {repetition}", repetition_penalty=repetition)
    for frequency in (-2000, -1, 1, 700, 2000, 0x7FFFFFFF, -0x80000000):
        case(f"frequency {frequency}", frequency_penalty=frequency)
        case(f"presence {frequency}", presence_penalty=frequency)
    every = dict(repetition_penalty=1200, frequency_penalty=-300, presence_penalty=900)
    case("all", **every)
    for position in (0, 5, 6, 18, 19, 20, 0xFFFFFFFF):
        case(f"all, pos={position}", **every, position=position)
    for prompt in (0, 14, 15, 16, 0xFFFFFFFF):
        case(f"all, {prompt} prompt tokens", **every, prompt_tokens=prompt)
    for kind, made in (("edges", c.wild), ("finite edges", c.wide)):
        case(f"all, {kind}", made(90), **every)
    case("zeros", np.where(np.arange(90) % 2, 0, 0x80000000).astype(np.uint32), **every)
    some = [c.normal(90), tokens]
    c.add("no vocabulary", p, some, 90, {"position": 3, **every}, change=lambda w: w.__setitem__(16, 0))
    c.add("too large a vocabulary", p, some, 90, {"position": 3, **every}, change=lambda w: w.__setitem__(16, (3 << 17) + 1))


MAKE = {
    "Embed": embed,
    "RmsNorm": rms_norm,
    "Linear": linear,
    "Rope": rope,
    "StoreRow": store_row,
    "Scores": scores,
    "Softmax": softmax,
    "WeightedSum": weighted_sum,
    "Add": elementwise,
    "SwiGlu": elementwise,
    "Probs": probs,
    "Sample": sample,
    "TokenizeIds": text_cases.tokenize,
    "TokenizeCount": text_cases.tokenize,
    "Detokenize": text_cases.detokenize,
    "DetokenizeLen": text_cases.detokenize,
    "Advance": text_cases.advance,
    "GeGlu": elementwise,
    "Scale": scale,
    "BpeIds": bpe_cases.tokenize,
    "BpeCount": bpe_cases.tokenize,
    "Reply": image_cases.reply,
    "Finish": image_cases.finish,
    "InputScale": image_cases.input_scale,
    "Relu": image_cases.relu,
    "Conv": image_cases.conv,
    "Pool": image_cases.pool,
    "RowSoftmax": image_cases.row_softmax,
    "ChannelAffine": image_cases.channel_affine,
    "WordPieceIds": word_piece_cases.tokenize,
    "WordPieceCount": word_piece_cases.tokenize,
    "RowsEmbed": rows_cases.rows_embed,
    "RowsLinear": rows_cases.rows_linear,
    "RowsAdd": rows_cases.on_rows,
    "LayerNorm": rows_cases.layer_norm,
    "RowsGelu": rows_cases.on_rows,
    "RowsScores": rows_cases.attention,
    "RowsSoftmax": rows_cases.attention,
    "RowsWeightedSum": rows_cases.attention,
    "RowsMean": rows_cases.on_rows,
    "UnitNorm": rows_cases.unit_norm,
    "TopExperts": experts.top_cases,
    "ExpertLinear": experts.linear_cases,
    "ExpertSum": experts.sum_cases,
    "Penalize": penalize,
    "FindStop": text_cases.find_stop,
}


def vectors(op):
    """All vectors of an operator."""
    cases = Cases(op, 1000 + list(MAKE).index(op))
    MAKE[op](cases)
    return cases.vectors
