#!/usr/bin/env python3
"""Makes classes.txt: the code points of general category L and N and of White_Space, as ranges. Needs unicodedata2 16.0.0.

    python3 make_classes.py            # rewrites classes.txt
    python3 make_classes.py --check    # fails if the file would differ
"""

import argparse
import itertools
import pathlib
import sys

import unicodedata2

VERSION = "16.0.0"
FILE = pathlib.Path(__file__).parent / "classes.txt"
# PropList.txt, White_Space: separators and these controls.
CONTROLS = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}


def class_of(code):
    """L, N, S, or a dot for what is in no class."""
    category = unicodedata2.category(chr(code))
    if code in CONTROLS or category[0] == "Z":
        return "S"
    return category[0] if category[0] in "LN" else "."


def lines():
    """The file's lines."""
    yield f"# Unicode {VERSION}: L letters (\\p{{L}}), N numbers (\\p{{N}}), S whitespace (\\s). Made by make_classes.py."
    for name, codes in itertools.groupby(range(0x110000), class_of):
        codes = list(codes)
        if name != ".":
            yield f"{name} {codes[0]:04X}..{codes[-1]:04X}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    if unicodedata2.unidata_version != VERSION:
        sys.exit(f"unicodedata2 is of Unicode {unicodedata2.unidata_version}, expected {VERSION}")
    text = "\n".join(lines()) + "\n"
    if not parser.parse_args().check:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.exit(f"{FILE.name} differs from what the script makes")


if __name__ == "__main__":
    main()
