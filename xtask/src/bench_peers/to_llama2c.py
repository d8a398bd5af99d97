"""Writes a Llama model of F32 tensors in llama2.c's first format: model.bin and tokenizer.bin.

Usage: python to_llama2c.py MODEL.gguf FOLDER

That format has as many key and value heads as query heads, so shared heads are written once for each query head that reads them.
"""

import struct
import sys
from pathlib import Path

import numpy
from gguf import GGUFReader


def main():
    reader = GGUFReader(sys.argv[1])
    folder = Path(sys.argv[2])
    field = lambda name: reader.fields[name].contents()
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    dim = field("llama.embedding_length")
    layers = field("llama.block_count")
    heads = field("llama.attention.head_count")
    kv_heads = field("llama.attention.head_count_kv")
    context = field("llama.context_length")
    head_dim = dim // heads
    vocab = field("tokenizer.ggml.tokens")

    def tensor(name):
        data = tensors[name].data
        if data.dtype != numpy.float32:
            sys.exit(f"{name} is not F32")
        return data

    def shared(name):
        """Rows of heads, each as often as query heads read it."""
        rows = tensor(name).reshape(kv_heads, head_dim, dim)
        return numpy.repeat(rows, heads // kv_heads, axis=0)

    every = lambda name, read=tensor: [read(f"blk.{layer}.{name}.weight") for layer in range(layers)]
    pairs = numpy.arange(0, head_dim, 2) / head_dim
    angles = numpy.outer(numpy.arange(context), 10000.0 ** -pairs)
    is_tied = "output.weight" not in tensors
    parts = [
        [tensor("token_embd.weight")],
        every("attn_norm"),
        every("attn_q"),
        every("attn_k", shared),
        every("attn_v", shared),
        every("attn_output"),
        every("ffn_norm"),
        every("ffn_gate"),
        every("ffn_down"),
        every("ffn_up"),
        [tensor("output_norm.weight"), numpy.cos(angles), numpy.sin(angles)],
        [] if is_tied else [tensor("output.weight")],
    ]
    hidden = field("llama.feed_forward_length")
    size = len(vocab) if is_tied else -len(vocab)
    with open(folder / "model.bin", "wb") as file:
        file.write(struct.pack("<7i", dim, hidden, layers, heads, heads, size, context))
        for part in parts:
            for data in part:
                file.write(numpy.ascontiguousarray(data, dtype="<f4").tobytes())
    texts = [text.replace("\u2581", " ").encode() or b" " for text in vocab]
    with open(folder / "tokenizer.bin", "wb") as file:
        file.write(struct.pack("<i", max(map(len, texts))))
        for text, score in zip(texts, field("tokenizer.ggml.scores")):
            file.write(struct.pack("<fi", score, len(text)) + text)


main()
