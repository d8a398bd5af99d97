"""Trains the model on one core and writes the GGUF file.

    python train.py --out ../gavel-dao-clerk.gguf [--steps 1600]

Proposals are drawn fresh for every batch, so no example is seen twice. The answer's tokens count fully, those of the prompt a
little: reading proposals is practice for answering. The same torch version on the same kind of CPU gives the same file.
"""

import argparse
import time
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from torch.nn import functional

import vocabulary
from export import save
from model import Llama, Shape
from muon import Muon
from proposals import example
from spm import EOS, Vocab

SEED = 20_240
STEPS = 1600
BATCH = 48
POOL = 8
"""Batches drawn and sorted by length together, so that little is padded."""
PROMPT_WEIGHT = 0.1
PEAK_RATE = 4e-3
MATRIX_RATE = 0.025
WARM_UP = 100
IGNORE = -1


def batches(rng: Random, vocab: Vocab):
    """Endless (ids [batch, position], targets [batch, position], weights [batch, position]) of similar lengths."""
    while True:
        drawn = [encoded(rng, vocab) for _ in range(BATCH * POOL)]
        drawn.sort(key=lambda pair: len(pair[0]))
        order = list(range(POOL))
        rng.shuffle(order)
        for i in order:
            yield padded(drawn[i * BATCH : (i + 1) * BATCH])


def encoded(rng: Random, vocab: Vocab) -> tuple[list[int], int]:
    """Token ids of a proposal with its answer and the end token, and the length of its prompt."""
    drawn = example(rng, damaged=True)
    ids = vocab.encode(drawn.prompt + drawn.answer) + [EOS]
    return ids, len(vocab.encode(drawn.prompt))


def padded(drawn: list[tuple[list[int], int]]) -> tuple[Tensor, Tensor, Tensor]:
    """One batch; what is past the end of a row has weight 0."""
    length = max(len(ids) for ids, _ in drawn) - 1
    inputs = torch.full((len(drawn), length), EOS)
    targets = torch.full((len(drawn), length), EOS)
    weights = torch.zeros(len(drawn), length)
    for row, (ids, prompt) in enumerate(drawn):
        end = len(ids) - 1
        inputs[row, :end] = torch.tensor(ids[:-1])
        targets[row, :end] = torch.tensor(ids[1:])
        weights[row, :end] = PROMPT_WEIGHT
        weights[row, prompt - 1 : end] = 1.0
    return inputs, targets, weights


def loss_of(model: Llama, inputs: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean cross-entropy of all tokens, and the mean over the answers alone for the log."""
    keep = weights.flatten().nonzero().squeeze(1)
    states = model.hidden(inputs).flatten(0, 1)[keep]
    weight = weights.flatten()[keep]
    losses = functional.cross_entropy(model.head(states), targets.flatten()[keep], reduction="none")
    return (losses * weight).sum() / weight.sum(), losses.detach()[weight == 1].mean()


def optimisers(model: Llama) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, Adam for embeddings and norms."""
    inner = [p for p in model.blocks.parameters() if p.ndim == 2]
    other = [p for p in model.parameters() if not any(p is q for q in inner)]
    return [
        Muon(inner, lr=MATRIX_RATE),
        torch.optim.AdamW(other, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, steps: int) -> float:
    """Factor of the learning rates: a linear rise, a plateau, then a linear fall to zero over the last half."""
    return min(1.0, (step + 1) / WARM_UP, 2 * (steps - step) / steps)


def train(steps: int) -> tuple[Llama, Vocab]:
    """The trained model and its vocabulary, a function of `steps` and the constants of this folder."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    vocab = vocabulary.build()
    model = Llama(Shape(vocab=len(vocab.pieces)))
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    optimisers_ = optimisers(model)
    peaks = [optimiser.param_groups[0]["lr"] for optimiser in optimisers_]
    began, mean = time.process_time(), None
    for step, batch in zip(range(steps), batches(Random(SEED), vocab)):
        loss, answer_loss = loss_of(model, *batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser, peak in zip(optimisers_, peaks):
            optimiser.param_groups[0]["lr"] = peak * schedule(step, steps)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        mean = answer_loss.item() if mean is None else 0.98 * mean + 0.02 * answer_loss.item()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}: answer loss {mean:.4f}, {time.process_time() - began:.0f} s", flush=True)
    return model, vocab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    model, vocab = train(args.steps)
    save(args.out, model, vocab)


if __name__ == "__main__":
    main()
