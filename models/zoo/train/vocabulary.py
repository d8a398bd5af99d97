"""Makes the vocabulary from the generator's text: byte-pair encoding, its merges ranked by the order in which they were found.

The score of a merged piece is minus its rank, so that merging by score (spm.py) repeats the merges in that order. Each merged piece
is the join of two pieces found before it. Pieces stay inside a word; digits and punctuation are never merged, so that amounts are
copied digit by digit.
"""

import re
from collections import Counter

from proposals import examples
from spm import BYTE, CONTROL, NORMAL, SPACE, UNKNOWN, Vocab

SIZE = 1024
SEED = 11
SAMPLE = 20_000

SPECIAL = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
CHARACTERS = [SPACE] + [chr(code) for code in range(33, 127)]
WORD = re.compile(rf"{SPACE}?[A-Za-z]+|.", re.DOTALL)


def words(text: str) -> list[str]:
    """Stretches inside which pieces may grow."""
    return WORD.findall(SPACE + text.replace(" ", SPACE))


def replaced(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The word with each occurrence of the pair joined, from the left."""
    out: list[str] = []
    i = 0
    while i < len(word):
        if word[i : i + 2] == pair:
            out.append(word[i] + word[i + 1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


def merges(counts: Counter[str], wanted: int) -> list[str]:
    """The `wanted` most useful merged pieces, in the order of merging. Ties go to the pair that sorts first."""
    split = {word: tuple(word) for word in counts}
    pairs: Counter[tuple[str, str]] = Counter()
    for word, count in counts.items():
        for pair in zip(split[word], split[word][1:]):
            pairs[pair] += count
    found: list[str] = []
    while len(found) < wanted:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        piece = best[0] + best[1]
        if piece not in found:
            found.append(piece)
        for word in [word for word, parts in split.items() if best in zip(parts, parts[1:])]:
            count, old = counts[word], split[word]
            split[word] = new = replaced(old, best)
            for pair in zip(old, old[1:]):
                pairs[pair] -= count
            for pair in zip(new, new[1:]):
                pairs[pair] += count
        pairs = +pairs
    return found


def build() -> Vocab:
    """The vocabulary of the model, a function of the constants above."""
    counts: Counter[str] = Counter()
    for drawn in examples(SEED, SAMPLE):
        counts.update(words(drawn.prompt + drawn.answer))
    fixed = len(SPECIAL) + 256 + len(CHARACTERS)
    found = merges(counts, SIZE - fixed)
    pieces = [piece for piece, _ in SPECIAL] + [f"<0x{byte:02X}>" for byte in range(256)] + found + CHARACTERS
    types = [kind for _, kind in SPECIAL] + [BYTE] * 256 + [NORMAL] * (len(found) + len(CHARACTERS))
    ranks = [-float(rank) for rank in range(len(found) + len(CHARACTERS))]
    return Vocab(pieces, [0.0] * (len(SPECIAL) + 256) + ranks, types)
