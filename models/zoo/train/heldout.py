"""Writes ../heldout.json: proposals that training has not seen, with the right answers, for tests of any engine.

    python heldout.py
"""

import json
from pathlib import Path

from evaluate import KEPT_OUT_SEED, SEED
from proposals import CATEGORIES, examples

SETS = (("another_seed", SEED, "train", 200), ("kept_out_wordings", KEPT_OUT_SEED, "kept_out", 100))


def rows(seed: int, wordings: str, count: int) -> list[dict[str, str]]:
    """The first `count` examples that evaluate.py measures too."""
    return [{"prompt": e.prompt, "category": e.category, "answer": e.answer} for e in examples(seed, count, wordings)]


def main() -> None:
    sets = {name: rows(seed, wordings, count) for name, seed, wordings, count in SETS}
    # One example per line keeps the file small and its changes readable.
    lines = [f' "categories": {json.dumps(CATEGORIES)}']
    for name, drawn in sets.items():
        lines.append(f' "{name}": [\n' + ",\n".join("  " + json.dumps(row) for row in drawn) + "\n ]")
    path = Path(__file__).parent.parent / "heldout.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
