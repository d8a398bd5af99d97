"""Measures the committed file: how often category and whole answer are right, on proposals that training has not seen.

    python evaluate.py ../gavel-dao-clerk.gguf [--count 1000] [--show 10]

Weights are what the file's Q8_0 blocks stand for, and activations are rounded to Q8_0 before each matrix product. Sums are torch's
float32 sums, so single tokens can differ from an engine with another order of summation.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from export import load
from gguf_file import BLOCK
from heldout import SETS, held_out
from model import Llama
from proposals import Example
from spm import EOS, Vocab

MAX_TOKENS = 64


def rounded(x: Tensor) -> Tensor:
    """Activations [.., K] through Q8_0 blocks and back; the same rule as gguf_file.quantize."""
    blocks = x.unflatten(-1, (-1, BLOCK))
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    scaled = torch.where(scale > 0, blocks / scale, torch.zeros_like(blocks))
    quants = torch.copysign((scaled.abs() + 0.5).floor(), scaled)
    return (quants * scale.half().float()).flatten(-2)


def quantizing_linear(x: Tensor, weight: Tensor) -> Tensor:
    """A matrix product with rounded activations."""
    return functional.linear(rounded(x), weight)


@torch.no_grad()
def answer(model: Llama, vocab: Vocab, prompts: list[str]) -> list[str]:
    """Greedy answers to a batch of prompts, without their end token."""
    rows = [vocab.encode(prompt) for prompt in prompts]
    starts = [len(row) for row in rows]
    for _ in range(MAX_TOKENS):
        going = [i for i, row in enumerate(rows) if row[-1] != EOS]
        if not going:
            break
        width = max(len(rows[i]) for i in going)
        ids = torch.tensor([rows[i] + [EOS] * (width - len(rows[i])) for i in going])
        states = model.hidden(ids, quantizing_linear)
        last = states[torch.arange(len(going)), torch.tensor([len(rows[i]) - 1 for i in going])]
        for i, token in zip(going, model.head(last, quantizing_linear).argmax(-1).tolist()):
            rows[i].append(token)
    return [vocab.decode(row[start:]) for row, start in zip(rows, starts)]


def category_of(text: str) -> str:
    """The word before the colon."""
    return text.split(":")[0].strip()


def measure(model: Llama, vocab: Vocab, asked: list[Example], show: int) -> tuple[float, float]:
    """Shares of right categories and of answers right to the letter; prints the first `show` wrong ones."""
    category = whole = shown = 0
    for at in range(0, len(asked), 100):
        part = asked[at : at + 100]
        for wanted, got in zip(part, answer(model, vocab, [drawn.prompt for drawn in part])):
            category += category_of(got) == wanted.category
            whole += got == wanted.answer
            if got != wanted.answer and shown < show:
                shown += 1
                print(f"{wanted.prompt}{wanted.answer}\n   got:{got}\n")
    return category / len(asked), whole / len(asked)


def lengths(vocab: Vocab, asked: list[Example]) -> str:
    """Mean and maximum of the tokens of prompts (with BOS) and of right answers (with the end token)."""
    prompts = [len(vocab.encode(drawn.prompt)) for drawn in asked]
    answers = [len(vocab.encode(drawn.prompt + drawn.answer)) + 1 - before for drawn, before in zip(asked, prompts)]
    return ", ".join(
        f"{name} {sum(tokens) / len(tokens):.0f} tokens, at most {max(tokens)}"
        for name, tokens in (("prompts", prompts), ("answers", answers))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, vocab = load(args.file)
    for name, asked in held_out(dict.fromkeys(SETS, args.count)).items():
        category, whole = measure(model, vocab, asked, args.show)
        print(f"{name}: category {category:.1%}, whole answer {whole:.1%} of {args.count}; {lengths(vocab, asked)}")


if __name__ == "__main__":
    main()
