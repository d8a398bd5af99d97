"""The generator: short DAO proposals with the category and the reason that a reader would give.

    python proposals.py --seed 7 --count 5 [--wordings kept_out]

A proposal is one request (a wording of wordings.toml with its slots filled) between sentences that decide nothing (context.toml).
Text for training may be damaged a little, outside the slots, so that the model leans on more than one word of a wording.
"""

import argparse
import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

import slots

HERE = Path(__file__).parent
KINDS = tomllib.loads((HERE / "wordings.toml").read_text())
CONTEXT = tomllib.loads((HERE / "context.toml").read_text())
CATEGORIES = sorted({kind["category"] for kind in KINDS.values()})

PROMPT = "Proposal: {text}\nAnswer:"
"""What the model is asked. The answer starts with a space, as the tokenizer's word marks want it."""


@dataclass(frozen=True)
class Example:
    """One proposal and its right answer."""

    kind: str
    category: str
    prompt: str
    answer: str


def capital(text: str) -> str:
    """The text with its first letter in upper case; a slot at the start is left for `finish`."""
    return text[:1].upper() + text[1:]


def finish(text: str) -> str:
    """Sentences start with a capital, also where a slot opened one with "the" or "a"."""
    return re.sub(r"(^|[.!?:] )(the|a|an) ", lambda m: m[1] + m[2].capitalize() + " ", text)


def damage(rng: Random, wording: str) -> str:
    """Drops, mistypes or replaces some words outside the slots, as hurried writers and other vocabularies would."""
    words = []
    for word in wording.split(" "):
        roll = rng.random()
        if "{" in word or roll >= 0.16:
            words.append(word)
        elif roll < 0.06:
            continue
        elif roll < 0.11 and len(word) > 3:
            at = rng.randrange(len(word) - 1)
            words.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
        else:
            words.append(slots.invented(rng).lower())
    return " ".join(words)


def request(rng: Random, kind: dict, wordings: str) -> str:
    """The sentence that matters, slots still open."""
    prefix = "kept_out_" if wordings == "kept_out" else ""
    verbs, sentences = kind[prefix + "verbs"], kind[prefix + "sentences"]
    if rng.random() < len(sentences) / (len(verbs) + len(sentences)):
        return rng.choice(sentences)
    # A kept-out wording comes with a familiar or a kept-out opener.
    openers = CONTEXT["openers"]["train"] + (CONTEXT["openers"]["kept_out"] * 3 if wordings == "kept_out" else [])
    do = rng.choice(verbs)
    return rng.choice(openers).replace("{do}", do).replace("{Do}", capital(do))


def aside(rng: Random, place: str, wordings: str) -> str:
    """A sentence before or after the request, filled with its own values."""
    known = CONTEXT[place]
    sentences = known["train"] + (known["kept_out"] if wordings == "kept_out" else [])
    return rng.choice(sentences).format(**slots.fill(rng))


def example(rng: Random, wordings: str = "train", damaged: bool = False) -> Example:
    """Draws a proposal. `wordings` is "train" or "kept_out"; `damaged` lets some of the text be hurt."""
    name = rng.choice(list(KINDS))
    kind = KINDS[name]
    filled = slots.fill(rng)
    wording = request(rng, kind, wordings)
    if damaged and rng.random() < 0.5:
        wording = damage(rng, wording)
    parts = [wording.format(**filled)]
    if rng.random() < 0.3:
        parts.insert(0, aside(rng, "before", wordings))
    if rng.random() < 0.4:
        parts.append(aside(rng, "after", wordings))
    text = finish(" ".join(parts))
    if damaged and rng.random() < 0.08:
        text = text.removesuffix(".")
    answer = f" {kind['category']}: {kind['reason'].format(**filled)}"
    return Example(name, kind["category"], PROMPT.format(text=text), answer)


def examples(seed: int, count: int, wordings: str = "train", damaged: bool = False) -> list[Example]:
    """`count` proposals, a function of the arguments alone."""
    rng = random.Random(seed)
    return [example(rng, wordings, damaged) for _ in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--wordings", choices=("train", "kept_out"), default="train")
    parser.add_argument("--damaged", action="store_true")
    args = parser.parse_args()
    for drawn in examples(args.seed, args.count, args.wordings, args.damaged):
        print(f"{drawn.prompt}{drawn.answer}\n")


if __name__ == "__main__":
    main()
