#!/usr/bin/env python3
"""Makes llama_cpp.json: llama.cpp's perplexity of text.txt under each real file, each passage from an empty context.

    pip install llama-cpp-python==0.3.36        # builds llama.cpp
    python3 make_perplexities.py FOLDER         # where the files are

One thread, one batch, keys and values as F32, no flash attention.
"""

import json
import pathlib
import sys

import llama_cpp
import numpy as np

HERE = pathlib.Path(__file__).parent


def perplexity(path, passages):
    model = llama_cpp.Llama(
        str(path), n_ctx=512, n_batch=512, n_threads=1, n_threads_batch=1, type_k=0, type_v=0, flash_attn=False, logits_all=True, verbose=False
    )
    surprises, count = [], 0
    for passage in passages:
        tokens = model.tokenize(passage.encode(), add_bos=True, special=False)
        model.reset()
        model.eval(tokens)
        logits = np.array(model.scores[: len(tokens) - 1], np.float64)
        largest = logits.max(axis=1, keepdims=True)
        normal = np.log(np.exp(logits - largest).sum(axis=1)) + largest[:, 0]
        surprises.append(normal - logits[np.arange(len(tokens) - 1), tokens[1:]])
        count += len(tokens)
    return count, float(np.exp(np.concatenate(surprises).mean()))


def main():
    passages = (HERE / "text.txt").read_text().strip().split("\n\n")
    rows = []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.gguf")):
        tokens, value = perplexity(path, passages)
        rows.append(f"{json.dumps(path.name)}: {json.dumps({'tokens': tokens, 'perplexity': round(value, 6)})}")
    (HERE / "llama_cpp.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
