#!/usr/bin/env python3
"""Makes the operator vectors: operators/*.vec. See README.md."""

import argparse
import pathlib
import sys

import numpy as np

from reference.cases import MAKE, vectors
from reference.records import encode

FOLDER = pathlib.Path(__file__).parent / "operators"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    differing = []
    with np.errstate(all="ignore"):
        for op in MAKE:
            path, content = FOLDER / f"{op}.vec", encode(vectors(op))
            if not check:
                path.write_bytes(content)
            elif not path.exists() or path.read_bytes() != content:
                differing.append(path.name)
    if differing:
        sys.exit(f"differ from what the script makes: {', '.join(differing)}")


if __name__ == "__main__":
    main()
