"""What is tried of byte-level BPE."""

import unicodedata

import numpy as np

from . import text
from .text_cases import joined, packed

NEWEST = 0x250
ALL_SPACES = 0x3004
TEXTS = [
    "Hello  world!\n\n  it's 12345 o'clock, I'LL we'Ve '\u017ft\t\r\n \u00a0end  ".encode(),
    "The the THE  the'd\u00e9j\u00e0 \u00bd\u00b2\u00b3 \u0432\u0441\u0451 \U0001f600\u0301 ... \u00d7\u00f7 '".encode(),
    b"  \n \n\t x\n\n\n1 22 333 4444 55555\r\r\n  - a\n",
]
PIECES = [b" ", b"\n", b"\r", b"\t", b"a", b"b", b"'", b"s", b"S", b"1", b"9", b"!", "é".encode(), "²".encode(), b"\xa0", b"\xe2\x80", b"\xff", b"ll", b"<x>", b"  "]
ODD = [b" ", b" ", b"\n", b"\r", b"\t", b"a", b"a", b"1", b"!", b"'"]
MERGED = [b"he", b"th", b"the", b" the", b"ll", b"lo", b"llo", b"He", b"Hello", b"in", b"er", b"  ", b" w", b" wo", b"\n\n", b"12", b"123", b"'s", b"aa", b"ab", b"aab", b"\xc3\xa9"]


def classes(code_points):
    """The table of classes for the first code points, from the general categories."""
    table = np.zeros(-(-code_points // 4), np.uint8)
    for code in range(code_points):
        kind = unicodedata.category(chr(code))[0]
        space = kind == "Z" or code in (9, 10, 11, 12, 13, 0x85)
        table[code // 4] |= (3 if space else {"L": 1, "N": 2}.get(kind, 0)) << 2 * (code % 4)
    return packed(table.tobytes())


def reclass(code, number):
    """A change of the table of classes."""

    def change(inputs):
        table = inputs[1].view(np.uint8).copy()
        table[code // 4] = int(table[code // 4]) & ~(3 << 2 * (code % 4)) | number << 2 * (code % 4)
        inputs[1] = table.view(np.uint32)

    return change


def in_order(tokens):
    """The three inputs of a lexicon."""
    tokens = sorted(tokens.items())
    return [*joined([t for t, _ in tokens]), np.array([i for _, i in tokens], np.uint32)]


def merge_tables(c, texts, falling=False):
    """Merges that make each text of two parts, wherever both are tokens; ids after the bytes' in the order of the texts."""
    ids = {bytes([b]): b for b in range(256)}
    ids.update({t: 256 + i for i, t in enumerate(texts)})
    pairs = [(ids[t[:k]], ids[t[k:]], ids[t]) for t in texts for k in range(1, len(t)) if t[:k] in ids and t[k:] in ids]
    ranks = np.arange(len(pairs))[::-1] if falling else np.arange(len(pairs))
    rows = sorted((l, r, int(rank)) for (l, r, _), rank in zip(pairs, ranks))
    results = np.zeros(len(pairs), np.uint32)
    for (_, _, made), rank in zip(pairs, ranks):
        results[rank] = made
    return np.array(rows, np.uint32).reshape(-1), results, ids


def tokenizer(c, prompt, texts=MERGED, pretokenizer=0, specials=None, whole=None, falling=False, code_points=NEWEST, **rest):
    """Parameters and inputs of a node."""
    rows, results, _ = merge_tables(c, texts, falling)
    specials, whole = specials or {}, whole or {}
    p = {
        "pretokenizer": pretokenizer,
        "code_points": code_points,
        "merges": len(results),
        "specials": len(specials),
        "longest_special": max(map(len, specials), default=0),
        "whole": len(whole),
        "longest_whole": max(map(len, whole), default=0),
        "prompt_capacity": 96,
        "tokens_capacity": 100,
        "bos": 500,
        "eos": 501,
        "flags": 0,
        **rest,
    }
    slot = packed(prompt.ljust(p["prompt_capacity"], b"\0"))
    return p, [slot, classes(code_points), np.arange(256, dtype=np.uint32), rows, results, *in_order(specials), *in_order(whole)]


def tokenize(c):
    """For both operators."""

    def add(name, p, inputs, prompt_len):
        out = p["tokens_capacity"] if c.op == "BpeIds" else 64
        c.add(name, p, inputs, out, {"prompt_len": prompt_len})

    def case(name, prompt, prompt_len=None, change=None, **rest):
        p, inputs = tokenizer(c, prompt, **rest)
        if change:
            change(inputs)
        add(name, p, inputs, len(prompt) if prompt_len is None else prompt_len)

    for kind in range(3):
        for number, prompt in enumerate(TEXTS):
            case(f"pattern {kind}, text {number}", prompt, pretokenizer=kind)
        case(f"pattern {kind}, spaces of all kinds", "a\u2003\u2028\u3000b\u1680\n \u205f1\u202f!".encode(), pretokenizer=kind, code_points=ALL_SPACES)
        for seed in range(10):
            prompt = b"".join(PIECES[i] for i in c.random.choice(len(PIECES), 40))[:96]
            case(f"pattern {kind}, random {seed}", prompt, pretokenizer=kind, falling=seed % 2 == 1)
        for code in (10, 32, 39):
            for number in range(4):
                prompt = b"".join(ODD[i] for i in c.random.choice(len(ODD), 60))
                case(f"pattern {kind}, code point {code} is {number}", prompt, pretokenizer=kind, change=reclass(code, number), code_points=128)
    case("no classes", TEXTS[0], code_points=0)
    case("no merges", TEXTS[0], texts=[])
    case("nothing", b"", flags=5)
    case("BOS and end token", b"the", flags=5)
    case("BOS and end token that are none", b"the", flags=5, bos=text.NONE, eos=text.NONE)
    case("longer than the slot says", TEXTS[0], prompt_len=7)
    case("longer than its slot", b"a" * 96, prompt_len=0xFFFFFFFF)
    case("more tokens than their slot", b"q" * 60, tokens_capacity=9)
    case("ill-formed", b"\xc3\xa9 \xc3 \xe2\x82 \xed\xa0\x80 \xf0\x80\x80\x80 \xf4\x90\x80\x80 \xc1\x81 \xf8\x88 \x80\xbf\xe2\x80\x83", code_points=ALL_SPACES)
    case("one word", (b"aab" * 32), falling=True)
    case("doubling runs", b"a" * 95, texts=[b"a" * 2**k for k in range(1, 6)])
    case("runs by rising length", b"a" * 95, texts=[b"a" * k for k in range(2, 20)], falling=True)
    named = {b"<x>": 900, b"<x>y": 901, b"<": 902, b"<xyz>": 903, b"\n": 904}
    for number, prompt in enumerate([b"a<x>y<x>z<xyz><xy", b"<<x><x", b"the\n\n<x> the", b"<xyz"]):
        case(f"special tokens {number}", prompt, specials=named)
    case("a special token that is too long", b"a<xyz><x>", specials=named, longest_special=3)
    whole = {b" the": 800, b"Hello": 801, b"\n\n": 802, "é".encode(): 803, b"clock": 804}
    for kind in range(3):
        case(f"whole words, pattern {kind}", TEXTS[0], whole=whole, pretokenizer=kind)
    case("a whole word that is too long", TEXTS[0], whole=whole, longest_whole=4)
    case("bytes without tokens", TEXTS[0], change=lambda i: i.__setitem__(2, np.where(i[2] % 5 == 0, text.NONE, i[2]).astype(np.uint32)))
    none = lambda i: i.__setitem__(4, np.where(np.arange(len(i[4])) % 3 == 0, 1 << 31, i[4]).astype(np.uint32))
    case("merges that make none", TEXTS[0], change=none)
    outside = lambda i: i[3].__setitem__(slice(2, None, 3), i[3][2::3] + 5)
    case("ranks outside the table", TEXTS[0], change=outside)
    p, inputs = tokenizer(c, TEXTS[0])
    for name, word, value in (("pattern", 16, 3), ("code points", 17, 0x110001), ("prompt slot", 23, 32769)):
        c.add(f"a {name} outside the domain", p, inputs, 100, {"prompt_len": 5}, change=lambda w, at=word, value=value: w.__setitem__(at, value))
