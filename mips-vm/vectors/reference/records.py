"""Node records, control slots and the vector file format."""

import struct

import numpy as np

FORMATS = ("F32", "F16", "Q8", "Q4", "BF16", "Q4_1", "Q5_0", "Q5_1", "Q4K", "Q5K", "Q6K", "IQ4NL")
FORMATS = {name: code for code, name in enumerate(FORMATS)}
TOKENIZER = ("vocab", "sorted_len", "prompt_capacity", "tokens_capacity", "bos", "eos", "unk", "flags", "max_text", "specials", "longest_special")
BPE = (
    "pretokenizer",
    "code_points",
    "merges",
    "specials",
    "longest_special",
    "whole",
    "longest_whole",
    "prompt_capacity",
    "tokens_capacity",
    "bos",
    "eos",
    "flags",
)
DETOKENIZER = ("vocab", "tokens_capacity", "output_capacity")
ADVANCE = ("context", "tokens_capacity", "output_capacity", "eos_count", "eos0", "eos1", "eos2", "eos3")
WORD_PIECE = (
    "code_points",
    "mappings",
    "specials",
    "longest_special",
    "words",
    "longest_word",
    "continuations",
    "longest_continuation",
    "most_characters",
    "limit",
    "prompt_capacity",
    "tokens_capacity",
    "first",
    "last",
    "unk",
)
ROWS = ("rows", "dim")
ROWS_ATTENTION = ("rows", "heads", "head_dim", "scale")
REPLY = ("len", "least", "most", "measure", "class")
WINDOWS = ("kernel_height", "kernel_width", "stride_height", "stride_width", "pad_top", "pad_left")
# Rows of the whole matrix before and after a shard.
SHARD = ("before", "after")
OPCODES = {
    "TokenizeIds": (1, TOKENIZER),
    "TokenizeCount": (2, TOKENIZER),
    "Embed": (3, ("dim", "vocab", "tokens_capacity", "format", *SHARD)),
    "RmsNorm": (4, ("rows", "dim", "eps")),
    "Linear": (5, ("rows", "cols", "format", *SHARD)),
    "Rope": (6, ("heads", "head_dim", "rotary", "context", "pairing")),
    "StoreRow": (7, ("width", "context")),
    "Scores": (8, ("heads", "kv_heads", "head_dim", "context", "scale", "window")),
    "Softmax": (9, ("heads", "context", "window")),
    "WeightedSum": (10, ("heads", "kv_heads", "head_dim", "context", "window")),
    "Add": (11, ("len",)),
    "SwiGlu": (12, ("len",)),
    "Probs": (13, ("vocab",)),
    "Sample": (14, ("vocab", "tokens_capacity")),
    "Detokenize": (15, DETOKENIZER),
    "DetokenizeLen": (16, DETOKENIZER),
    "Advance": (17, ADVANCE),
    "BpeIds": (18, BPE),
    "BpeCount": (19, BPE),
    "GeGlu": (20, ("len",)),
    "Scale": (21, ("len", "factor")),
    "Reply": (22, REPLY),
    "Finish": (23, REPLY),
    "InputScale": (24, ("channels", "plane", "divisor", *(f"{name}{c}" for name in ("mean", "deviation") for c in range(4)))),
    "Relu": (25, ("len",)),
    "Conv": (
        26,
        ("channels", "height", "width", "out_channels", "out_height", "out_width", *WINDOWS, "dilation_height", "dilation_width", "groups"),
    ),
    "Pool": (27, ("channels", "height", "width", "out_height", "out_width", *WINDOWS, "reduction")),
    "RowSoftmax": (28, ("rows", "dim")),
    "ChannelAffine": (29, ("channels", "plane")),
    "WordPieceIds": (30, WORD_PIECE),
    "WordPieceCount": (31, WORD_PIECE),
    "RowsEmbed": (32, ("rows", "dim", "vocab", "format")),
    "RowsLinear": (33, ("rows", "outputs", "cols", "format")),
    "RowsAdd": (34, ROWS),
    "LayerNorm": (35, ("rows", "dim", "eps")),
    "RowsGelu": (36, ROWS),
    "RowsScores": (37, ROWS_ATTENTION),
    "RowsSoftmax": (50, ROWS_ATTENTION),
    "RowsWeightedSum": (51, ROWS_ATTENTION),
    "RowsMean": (52, ROWS),
    "UnitNorm": (53, ("len",)),
    "Penalize": (38, ("vocab", "tokens_capacity")),
    "FindStop": (39, ("vocab", "tokens_capacity", "longest")),
    "TopExperts": (44, ("experts", "used")),
    "ExpertLinear": (45, ("experts", "used", "rows", "cols", "own", "format")),
    "ExpertSum": (46, ("experts", "used", "dim")),
}
SAMPLING = ("top_k", "min_p", "repetition_penalty", "frequency_penalty", "presence_penalty", "text_end")
CONTROL = ("phase", "position", "prompt_len", "prompt_tokens", "tokens_out", "max_tokens", "status", "output_len", "temperature", "top_p")


def record(op, params, inputs):
    """Words of a node that runs in every phase, reads slots 0, 1, .. and writes slot 99."""
    code, names = OPCODES[op]
    words = np.zeros(64, np.uint32)
    words[:4] = code, 31, 99, inputs
    words[4 : 4 + inputs] = range(inputs)
    params = {**dict.fromkeys(SHARD, 0), **params}
    words[16 : 16 + len(names)] = [FORMATS.get(params[name], params[name]) for name in names]
    return words


def control_slot(control):
    """Words of a control slot; fields that are not given are zero."""
    words = np.zeros(64, np.uint32)
    words[: len(CONTROL)] = [control.get(name, 0) for name in CONTROL]
    seed = control.get("seed", 0)
    words[10], words[11] = seed & 0xFFFFFFFF, seed >> 32
    words[12:18] = [control.get(name, 0) & 0xFFFFFFFF for name in SAMPLING]
    words[32:] = np.frombuffer(b"".join(stop_words(control)), "<u4")
    return words


def stop_words(control):
    """The four words of the stop texts: given as texts, or as whole words where a test wants them odd."""
    texts = [*control.get("stop", []), *[b""] * 4][:4]
    return [text if len(text) == 32 else text.ljust(31, b"\0") + bytes([len(text)]) for text in texts]


def encode(vectors):
    """Bytes of a file: see README.md."""
    words = lambda a: np.asarray(a, "<u4").tobytes()
    parts = [struct.pack("<II", 0x31435647, len(vectors))]
    for v in vectors:
        name = v["name"].encode()
        parts += [struct.pack("<I", len(name)), name, bytes(-len(name) % 4)]
        parts += [words(v["record"]), words(v["control"]), struct.pack("<I", len(v["inputs"]))]
        for tensor in v["inputs"]:
            parts += [struct.pack("<I", len(tensor)), words(tensor)]
        parts += [struct.pack("<I", len(v["old"])), words(v["old"]), words(v["expected"])]
    return b"".join(parts)
