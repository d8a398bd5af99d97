"""WordPiece of docs/spec/numerics.md, over lists: the whole text is normalized, its marks sorted, then cut into words."""

import numpy as np

from .text import NONE, fragments, lexicon, prompt_of, put_count, put_ids

KEPT, SPACE, ALONE, DROPPED, BARRED, BECOMES, MARK = range(7)


def tables(p, inputs):
    """Class of a code point, and what it becomes."""
    packed = inputs[1].view(np.uint8)
    rows = inputs[2][: 4 * p["mappings"]].reshape(-1, 4)
    others = {int(row[0]): [int(c) for c in row[1:] if c] for row in rows}

    def class_of(code):
        return int(packed[code // 2]) >> 4 * (code % 2) & 15 if code < p["code_points"] else KEPT

    return class_of, others


def normalized(text, class_of, others):
    """Classes and code points, each kept, a space or alone, with marks in order."""
    characters = [ord(c) for c in text.decode("utf-8", "surrogateescape")]
    characters = [c for c in characters if not 0xD800 <= c < 0xE000]
    replaced = [d for c in characters for d in (others.get(c, []) if class_of(c) == BECOMES else [c])]
    # A barrier is an empty character that is no mark.
    parts = [(k, c) for k, c in ((class_of(c), c) for c in replaced) if k != DROPPED]
    ordered, marks = [], []
    for kind, code in [*parts, (BARRED, None)]:
        if kind >= MARK:
            marks.append((kind, code))
            continue
        ordered += sorted(marks, key=lambda mark: mark[0])
        marks = []
        if kind != BARRED:
            ordered.append((kind, code))
    return ordered


def words(text, class_of, others):
    """Words as lists of code points."""
    found, word = [], []
    for kind, code in [*normalized(text, class_of, others), (SPACE, None)]:
        if kind in (SPACE, ALONE):
            found += [word] if word else []
            word = []
            found += [[code]] if kind == ALONE else []
        else:
            word.append(code)
    return found


def tokens_of(word, p, begin, go_on):
    """Ids of a word."""
    if len(word) > p["most_characters"]:
        return [p["unk"]]
    rest = "".join(chr(c) for c in word if c < 0x110000 and not 0xD800 <= c < 0xE000).encode()
    ids, table = [], begin
    while rest:
        found = [t for t in table if t and rest.startswith(t)]
        if not found or len(ids) == len(word):
            return [p["unk"]]
        longest = max(found, key=len)
        ids.append(table[longest])
        rest, table = rest[len(longest) :], go_on
    return ids


def token_ids(p, control, inputs):
    """Ids of the prompt, for tables that are sorted."""
    class_of, others = tables(p, inputs)
    begin = lexicon(inputs[6:], p["words"], p["longest_word"])
    go_on = lexicon(inputs[9:], p["continuations"], p["longest_continuation"])
    ids = []
    for part in fragments(prompt_of(p, control, inputs), lexicon(inputs[3:], p["specials"], p["longest_special"])):
        if isinstance(part, int):
            ids.append(part)
            continue
        for word in words(part, class_of, others):
            ids += tokens_of(word, p, begin, go_on)
    first, last = ([p[end]] if p[end] != NONE else [] for end in ("first", "last"))
    return first + ids[: max(0, p["limit"] - len(first) - len(last))] + last


def word_piece_ids(p, control, inputs, out):
    put_ids(p, token_ids(p, control, inputs), out)


def word_piece_count(p, control, inputs, out):
    put_count(token_ids(p, control, inputs), out)
