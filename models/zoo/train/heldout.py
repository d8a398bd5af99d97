"""Proposals that training has not seen, and ../heldout.json with some of them for tests of any engine.

    python heldout.py
"""

import json
from pathlib import Path
from random import Random

from proposals import CATEGORIES, Example, example
from train import BATCH, POOL, SEED, STEPS

SETS = {"another_seed": (777, "train"), "kept_out_wordings": (778, "kept_out")}
"""Seed and wordings of each set. Both know every filler; the second has its own requests, openers and asides as well."""
WRITTEN = {"another_seed": 200, "kept_out_wordings": 100}


def training_prompts() -> set[str]:
    """Every prompt that `train.batches` draws in STEPS steps."""
    rng = Random(SEED)
    prompts = set()
    for _ in range(-(-STEPS // POOL)):
        prompts.update(example(rng, damaged=True).prompt for _ in range(BATCH * POOL))
        rng.shuffle(list(range(POOL)))
    return prompts


def held_out(counts: dict[str, int]) -> dict[str, list[Example]]:
    """So many proposals of each set, none of which training has drawn by chance (short ones repeat: about one in 200)."""
    seen = training_prompts()
    return {name: unseen(*SETS[name], count, seen) for name, count in counts.items()}


def unseen(seed: int, wordings: str, count: int, seen: set[str]) -> list[Example]:
    """The first `count` proposals of a seed that are not in `seen`."""
    rng = Random(seed)
    found: list[Example] = []
    while len(found) < count:
        drawn = example(rng, wordings)
        if drawn.prompt not in seen:
            found.append(drawn)
    return found


def main() -> None:
    # One example per line keeps the file small and its changes readable.
    lines = [f' "categories": {json.dumps(CATEGORIES)}']
    for name, drawn in held_out(WRITTEN).items():
        rows = [{"prompt": e.prompt, "category": e.category, "answer": e.answer} for e in drawn]
        lines.append(f' "{name}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]")
    path = Path(__file__).parent.parent / "heldout.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
