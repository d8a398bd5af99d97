"""The trained model as a GGUF file that any Llama runtime reads, and back."""

from pathlib import Path

import torch

import gguf_file
from gguf_file import BOOL, FLOAT, I32, STRING, U32
from model import Llama, Shape
from spm import BOS, EOS, UNK, Vocab

NAME = "gavel-dao-clerk"
MOSTLY_Q8_0 = 7
"""general.file_type: matrices in Q8_0, vectors in F32."""


def metadata(shape: Shape, vocab: Vocab) -> list[tuple[str, int, object]]:
    """Keys, types and values of the file's head."""
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, NAME),
        ("general.license", STRING, "MIT OR Apache-2.0"),
        ("llama.context_length", U32, shape.context),
        ("llama.embedding_length", U32, shape.dim),
        ("llama.block_count", U32, shape.layers),
        ("llama.feed_forward_length", U32, shape.hidden),
        ("llama.attention.head_count", U32, shape.heads),
        ("llama.attention.head_count_kv", U32, shape.kv_heads),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT, shape.epsilon),
        ("llama.rope.dimension_count", U32, shape.head_dim),
        ("llama.rope.freq_base", FLOAT, shape.rope_base),
        ("llama.vocab_size", U32, shape.vocab),
        ("general.file_type", U32, MOSTLY_Q8_0),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", STRING, vocab.pieces),
        ("tokenizer.ggml.scores", FLOAT, vocab.scores),
        ("tokenizer.ggml.token_type", I32, vocab.types),
        ("tokenizer.ggml.bos_token_id", U32, BOS),
        ("tokenizer.ggml.eos_token_id", U32, EOS),
        ("tokenizer.ggml.unknown_token_id", U32, UNK),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.ggml.add_space_prefix", BOOL, True),
    ]


def save(path: Path, model: Llama, vocab: Vocab) -> None:
    """Writes the model, its matrices rounded to Q8_0."""
    tensors = {name: value.detach().numpy() for name, value in model.gguf_tensors().items()}
    gguf_file.write(path, metadata(model.shape, vocab), tensors)


def load(path: Path) -> tuple[Llama, Vocab]:
    """The model of a file, with the values that its Q8_0 blocks stand for."""
    head, tensors = gguf_file.read(path)
    shape = Shape(
        vocab=len(head["tokenizer.ggml.tokens"]),
        context=head["llama.context_length"],
        dim=head["llama.embedding_length"],
        layers=head["llama.block_count"],
        heads=head["llama.attention.head_count"],
        kv_heads=head["llama.attention.head_count_kv"],
        hidden=head["llama.feed_forward_length"],
        epsilon=head["llama.attention.layer_norm_rms_epsilon"],
        rope_base=head["llama.rope.freq_base"],
    )
    model = Llama(shape)
    with torch.no_grad():
        for name, value in model.gguf_tensors().items():
            value.copy_(torch.from_numpy(tensors[name]))
    return model, Vocab(*(head[f"tokenizer.ggml.{key}"] for key in ("tokens", "scores", "token_type")))
