"""Byte-level BPE of docs/spec/numerics.md: the patterns as regular expressions, with the letters, numbers and spaces that the table of
classes names; a merge after the other over lists."""

import functools
import re

import numpy as np

from .text import fragments, lexicon, prompt_of, put_count, put_ids, with_ends

# \p{L} is @, \p{N} is #, \s is _ here, each to be replaced by the characters that the table names.
GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?[@]+| ?[#]+| ?[^_@#]+|[_]+(?![^_])|[_]+"
LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n@#]?[@]+|[#]{1,3}| ?[^_@#]+[\r\n]*|[_]*[\r\n]+|[_]+(?![^_])|[_]+"
PATTERNS = [GPT2, LLAMA3, LLAMA3.replace("{1,3}", "")]


def ranges(codes):
    """Code points as the inside of a bracket expression."""
    codes = [int(c) for c in codes]
    starts = [c for c in codes if c - 1 not in set(codes)]
    ends = [c for c in codes if c + 1 not in set(codes)]
    # An empty class: U+10FFFF is in none of the tables here.
    return "".join(rf"\U{a:08x}-\U{b:08x}" for a, b in zip(starts, ends)) or r"\U0010ffff"


@functools.lru_cache
def pattern(pretokenizer, table, code_points):
    """The compiled expression."""
    packed = np.frombuffer(table, np.uint8)
    classes = np.stack([packed >> shift & 3 for shift in (0, 2, 4, 6)], axis=1).reshape(-1)[:code_points]
    expression = PATTERNS[pretokenizer]
    for mark, number in (("@", 1), ("#", 2), ("_", 3)):
        expression = expression.replace(mark, ranges(np.flatnonzero(classes == number)))
    return re.compile(expression)


def words(text, expression):
    """The words of a text, as bytes. Bytes that begin no character are characters of their own."""
    found = expression.findall(text.decode("utf-8", "surrogateescape"))
    found = [word.encode("utf-8", "surrogateescape") for word in found]
    assert b"".join(found) == text
    return found


def merged(tokens, ranks):
    """The tokens of a word after all merges; those at 2^31 and above take no part."""
    while True:
        found = [(ranks[pair], at) for at, pair in enumerate(zip(tokens, tokens[1:])) if pair in ranks and max(pair) < 1 << 31]
        if not found:
            return [token for token in tokens if token < 1 << 31]
        (_, result), at = min(found)
        tokens = [*tokens[:at], result, *tokens[at + 2 :]]


def token_ids(p, control, inputs):
    """Ids of the prompt, for tables that are sorted."""
    rows = inputs[3][: 3 * p["merges"]].reshape(-1, 3)
    ranks = {(int(l), int(r)): (int(rank), int(inputs[4][rank])) for l, r, rank in rows if rank < p["merges"]}
    whole = lexicon(inputs[8:], p["whole"], p["longest_whole"])
    expression = pattern(p["pretokenizer"], inputs[1].tobytes(), p["code_points"])
    ids = []
    for part in fragments(prompt_of(p, control, inputs), lexicon(inputs[5:], p["specials"], p["longest_special"])):
        if isinstance(part, int):
            ids.append(part)
            continue
        for word in words(part, expression):
            ids += [whole[word]] if word in whole else merged([int(inputs[2][byte]) for byte in word], ranks)
    return with_ends(p, ids)


def bpe_ids(p, control, inputs, out):
    put_ids(p, token_ids(p, control, inputs), out)


def bpe_count(p, control, inputs, out):
    put_count(token_ids(p, control, inputs), out)
