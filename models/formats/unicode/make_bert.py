#!/usr/bin/env python3
"""Makes bert*.txt: what BERT's normalizer and pre-tokenizer make of each code point, asked of PyPI's tokenizers 0.23.3: lower case
without accents (bert.txt), lower case alone (bert-lower.txt), without accents alone (bert-strip.txt), neither (bert-cased.txt).

    python3 make_bert.py            # rewrites them
    python3 make_bert.py --check    # fails if one would differ

Lines are a class and code points, or for class M also what the code point becomes:

    S  space: ends a word
    I  isolated: a word of its own (signs, Chinese characters)
    D  dropped
    B  dropped, and marks are not sorted across it: it is of combining class 0
    0..9  kept, and sorted by the order of these digits among the marks beside it: it is of another combining class than 0
    M  mapped to up to three others; of a range the single ones to which it is mapped rise with it

What isn't listed is kept as it is. Marks are sorted, and Hangul syllables taken apart by a formula, only where accents go; syllables are left out.
"""

import argparse
import functools
import itertools
import pathlib
import sys

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

VERSION = "0.23.3"
FOLDER = pathlib.Path(__file__).parent
# Names of the files, and whether accents go and letters become lower case.
FORMS = {"bert.txt": (True, True), "bert-lower.txt": (False, True), "bert-strip.txt": (True, False), "bert-cased.txt": (False, False)}
DECOMPOSE = NFD().normalize_str
SPLIT = BertPreTokenizer().pre_tokenize_str
# Marks of combining class 1, the lowest, and of a higher one.
LOW, HIGH = "\u0334", "\u0300"
HANGUL = range(0xAC00, 0xD7A4)
SURROGATES = range(0xD800, 0xE000)


def is_sorted_mark(letter):
    """Whether a character that isn't taken apart has another combining class than 0: it changes places with one of the marks."""
    return DECOMPOSE(letter + LOW) == LOW + letter or DECOMPOSE(HIGH + letter) == letter + HIGH


def goes_after(one, other):
    """Whether the combining class of one mark is above that of another."""
    return DECOMPOSE(one + other) == other + one


def class_of(code, normalize, strips):
    """A class letter, None for what is kept, or what the code point is mapped to."""
    letter = chr(code)
    result = normalize(letter)
    if result == "" and not strips:
        return "D"
    if result == "":
        # Control characters go before marks are sorted, so they hinder nothing.
        cleaned = BertNormalizer(strip_accents=False, lowercase=False).normalize_str(letter)
        return "D" if cleaned == "" or all(map(is_sorted_mark, DECOMPOSE(letter))) else "B"
    if result == " ":
        return "S"
    kept = result.strip(" ")
    if kept != letter:
        return tuple(map(ord, kept))
    if kept != result or len(SPLIT("a" + letter + "a")) == 3:
        return "I"
    return "mark" if strips and is_sorted_mark(letter) else None


def ranked(classes):
    """The classes with a digit for each mark."""
    marks = [chr(code) for code, kind in classes.items() if kind == "mark"]
    order = functools.cmp_to_key(lambda a, b: goes_after(a, b) - goes_after(b, a))
    marks.sort(key=order)
    rank = 0
    for before, mark in zip([None] + marks, marks):
        rank += before is not None and goes_after(mark, before)
        classes[ord(mark)] = str(rank)
    return classes


def lines(strips, lowers):
    """A file's lines."""
    normalize = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=strips, lowercase=lowers).normalize_str
    codes = (code for code in range(0x110000) if code not in HANGUL and code not in SURROGATES)
    classes = ranked({code: class_of(code, normalize, strips) for code in codes})
    yield f"# What BERT's normalizer makes of code points. Made by make_bert.py with PyPI's tokenizers {VERSION}."

    def run(item):
        """What the neighbours in a range have in common."""
        code, kind = item
        if isinstance(kind, tuple) and len(kind) == 1:
            return ("M", kind[0] - code, 0)
        if isinstance(kind, tuple):
            return ("M", kind, code)
        return (kind, 0, 0)

    for _, items in itertools.groupby(classes.items(), run):
        items = list(items)
        start = 0
        for at in range(1, len(items) + 1):
            if at < len(items) and items[at][0] == items[at - 1][0] + 1:
                continue
            (first, kind), (last, _) = items[start], items[at - 1]
            start = at
            if kind is None:
                continue
            codes = f"{first:04X}..{last:04X}"
            if isinstance(kind, tuple):
                yield f"M {codes} " + " ".join(f"{code:04X}" for code in kind)
            else:
                yield f"{kind} {codes}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    check = parser.parse_args().check
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers is {tokenizers.__version__}, expected {VERSION}")
    for name, form in FORMS.items():
        text, file = "\n".join(lines(*form)) + "\n", FOLDER / name
        if not check:
            file.write_text(text)
        elif file.read_text() != text:
            sys.exit(f"{name} differs from what the script makes")


if __name__ == "__main__":
    main()
