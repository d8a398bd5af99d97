"""What is tried of the operators in `rows`."""

import numpy as np

from .arithmetic import F, bits
from .records import FORMATS
from .weights import FLOATS, block

EPS = 0x2B8CBCCC


def counted(number):
    """A tensor with a count."""
    words = np.full(64, 5, np.uint32)
    words[0] = number
    return words


def domain(c, p, inputs, out, changes):
    """Records outside the domain change nothing."""
    for name, word, value in changes:
        c.add(name, p, inputs, out, change=lambda w, word=word, value=value: w.__setitem__(word, value))


def each_count(c, p, inputs, out):
    """Every interesting number of rows."""
    for n in (0, 1, p["rows"] - 1, p["rows"], 0xFFFFFFFF):
        c.add(f"{n} of {p['rows']} rows", p, [counted(n), *inputs], out)


def rows_embed(c):
    for fmt in FORMATS:
        dim = max(32, block(fmt))
        p = {"rows": 5, "dim": dim, "vocab": 4, "format": fmt}
        tokens = np.array([3, 0, 4, 0xFFFFFFFF, 1], np.uint32)
        c.add(fmt, p, [counted(5), tokens, *c.planes(fmt, 4, dim)], 5 * dim)
        c.add(f"{fmt} wild", p, [counted(4), tokens, *c.planes(fmt, 4, dim, True)], 5 * dim)
    p = {"rows": 5, "dim": 50, "vocab": 4, "format": "F32"}
    each_count(c, p, [tokens, c.normal(200)], 250)
    inputs = [counted(5), tokens, c.normal(200)]
    domain(c, p, inputs, 250, (("no table", 18, 0), ("no columns", 17, 0), ("another format", 19, 99)))


def rows_linear(c):
    for fmt in FORMATS:
        cols = 33 if fmt in FLOATS else max(64, block(fmt))
        p = {"rows": 4, "outputs": 40, "cols": cols, "format": fmt}
        c.add(fmt, p, [counted(3), c.normal(4 * cols), c.normal(40), *c.planes(fmt, 40, cols)], 160)
        c.add(f"{fmt} wild", p, [counted(4), c.wild(4 * cols), c.wild(40), *c.planes(fmt, 40, cols, True)], 160)
    p = {"rows": 3, "outputs": 70, "cols": 20, "format": "F32"}
    inputs = [c.normal(60), c.normal(70), c.normal(1400)]
    each_count(c, p, inputs, 210)
    c.add("long rows", {"rows": 2, "outputs": 3, "cols": 400, "format": "F32"}, [counted(2), c.normal(800), c.normal(3), c.normal(1200)], 6)
    domain(c, p, [counted(3), *inputs], 210, (("no outputs", 17, 0), ("no columns", 18, 0), ("a parameter too many", 20, 1)))


def on_rows(c):
    """RowsAdd, RowsGelu and RowsMean."""
    terms = {"RowsAdd": 2}.get(c.op, 1)
    for rows, dim in ((1, 1), (3, 30), (2, 64), (40, 5), (70, 1)):
        p = {"rows": rows, "dim": dim}
        out = dim if c.op == "RowsMean" else rows * dim
        c.add(f"{rows}x{dim}", p, [counted(rows), *(c.normal(rows * dim, scale=2) for _ in range(terms))], out)
    p = {"rows": 6, "dim": 50}
    out = 50 if c.op == "RowsMean" else 300
    each_count(c, p, [c.normal(300) for _ in range(terms)], out)
    c.add("edges", p, [counted(6), *(c.wild(300) for _ in range(terms))], out)
    c.add("every magnitude", p, [counted(5), *(c.wide(300) for _ in range(terms))], out)
    c.add("wide", p, [counted(6), *(c.normal(300, scale=6) for _ in range(terms))], out)
    ends = [0x4167FFFF, 0x41680000, 0x41680001, 0x3F800000, 0x41000000, 0x41552000, 0x00800000, 0x7F7FFFFF]
    ends = np.array([*ends, *(e | 0x80000000 for e in ends)], np.uint32)
    c.add("ends of the tail", {"rows": 2, "dim": 8}, [counted(2), *[ends] * terms], 8 if c.op == "RowsMean" else 16)
    c.add("no columns", {"rows": 6, "dim": 0}, [counted(6), *[c.normal(1)] * terms], 0)
    c.add("input missing", p, [counted(6), c.normal(300), c.normal(300)], out, change=lambda w: w.__setitem__(3, 1))


def layer_norm(c):
    for rows, dim in ((1, 1), (2, 15), (3, 50), (2, 64), (1, 130), (40, 3)):
        p = {"rows": rows, "dim": dim, "eps": EPS}
        c.add(f"{rows}x{dim}", p, [counted(rows), c.normal(rows * dim), c.normal(dim), c.normal(dim)], rows * dim)
    p = {"rows": 5, "dim": 40, "eps": EPS}
    scale = [c.normal(40), c.normal(40)]
    each_count(c, p, [c.normal(200), *scale], 200)
    for name, x in {
        "equal": np.full(200, 0x40490FDB, np.uint32),
        "subnormal": c.normal(200, scale=1e-41),
        "overflow": c.normal(200, scale=1e20),
        "every magnitude": c.wide(200),
        "edges": c.wild(200),
        "around a hundred": bits((c.normal(200).view(F) + F(100)).astype(F)),
    }.items():
        c.add(name, p, [counted(5), x, *scale], 200)
    c.add("no eps", {**p, "eps": 0}, [counted(5), np.full(200, 0x40490FDB, np.uint32), *scale], 200)
    domain(c, p, [counted(5), c.normal(200), *scale], 200, (("no columns", 17, 0), ("longer than is counted exactly", 17, (1 << 24) + 1)))


def attention(c):
    for rows, heads, head_dim in ((1, 1, 1), (5, 2, 8), (3, 3, 40), (20, 1, 16), (70, 1, 2), (33, 2, 32)):
        p = {"rows": rows, "heads": heads, "head_dim": head_dim, "scale": 0x3E800000}
        c.add(f"{rows}x{heads}x{head_dim}", p, [counted(rows), *inputs_of(c, p, c.normal)], out_of(c, p))
    p = {"rows": 9, "heads": 3, "head_dim": 20, "scale": 0x3F000000}
    each_count(c, p, inputs_of(c, p, c.normal), out_of(c, p))
    for n in (4, 9):
        c.add(f"edges {n}", p, [counted(n), *inputs_of(c, p, c.wild)], out_of(c, p))
        c.add(f"every magnitude {n}", p, [counted(n), *inputs_of(c, p, c.wide)], out_of(c, p))
    changes = (("no rows", 16, 0), ("no heads", 17, 0), ("no head", 18, 0), ("more rows than the scratch", 16, (3 << 17) + 1))
    domain(c, p, [counted(9), *inputs_of(c, p, c.normal)], out_of(c, p), changes)


def sizes(p):
    return p["rows"] * p["heads"] * p["head_dim"], p["heads"] * p["rows"] ** 2


def inputs_of(c, p, words):
    vectors, scores = sizes(p)
    wanted = {"RowsScores": [vectors, vectors], "RowsSoftmax": [scores], "RowsWeightedSum": [scores, vectors]}
    return [words(size) for size in wanted[c.op]]


def out_of(c, p):
    vectors, scores = sizes(p)
    return vectors if c.op == "RowsWeightedSum" else scores


def unit_norm(c):
    for size in (1, 16, 70, 384):
        c.add(f"{size}", {"len": size}, [c.normal(size)], size)
    c.add("edges", {"len": 40}, [c.wild(40)], 40)
    c.add("zeros", {"len": 40}, [np.zeros(40, np.uint32)], 40)
    c.add("short", {"len": 40}, [c.normal(40, scale=1e-14)], 40)
    c.add("subnormal", {"len": 40}, [c.normal(40, scale=1e-41)], 40)
    c.add("every magnitude", {"len": 40}, [c.wide(40)], 40)
    c.add("nothing", {"len": 0}, [c.normal(1)], 0)
