#!/usr/bin/env python3
"""Makes logits.json: what llama.cpp says after a prompt, for a random-weight model of each storage and family.

    pip install llama-cpp-python==0.3.36        # builds llama.cpp
    python3 make_logits.py                      # writes the models with `cargo xtask random-gguf` and runs them

One thread, one batch, keys and values as F32, no flash attention. llama.cpp's own quantized arithmetic differs between processors, so
the numbers are no expectation to the last digit: `random_models.rs` says how near ours must be.
"""

import json
import pathlib
import subprocess
import tempfile

import llama_cpp
import numpy as np

SHAPE = {"dim": 256, "layers": 2, "heads": 4, "kv-heads": 2, "ffn": 512, "vocab": 400, "context": 64, "seed": 5}
STORAGES = ("f32", "f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k", "iq4_nl", "q4_k_m")
FAMILIES = ("llama3", "qwen2", "qwen3", "qwen3moe", "gemma3", "phi3")
# Of six layers of a Gemma the last one is of another kind.
LAYERS = {"gemma3": 6}
PROMPT = "One day, another one came by and said: no"


def logits(path):
    """Tokens of the prompt and logits after it."""
    model = llama_cpp.Llama(
        str(path), n_ctx=64, n_batch=64, n_threads=1, n_threads_batch=1, type_k=0, type_v=0, flash_attn=False, logits_all=True, verbose=False
    )
    tokens = model.tokenize(PROMPT.encode(), add_bos=True, special=False)
    model.eval(tokens)
    return tokens, np.array(model.scores[len(tokens) - 1], np.float64)


def main():
    cases = [("llama", storage) for storage in STORAGES]
    cases += [(family, storage) for family in FAMILIES for storage in ("f32", "q8_0", "q4_k_m")]
    models = []
    with tempfile.TemporaryDirectory() as folder:
        for family, storage in cases:
            path = pathlib.Path(folder) / f"{family}-{storage}.gguf"
            shape = {**SHAPE, "layers": LAYERS.get(family, SHAPE["layers"])}
            options = [f"--{name}={value}" for name, value in shape.items()]
            command = ["cargo", "xtask", "random-gguf", f"--out={path}", f"--family={family}", f"--type={storage}", *options]
            subprocess.run(command, check=True)
            tokens, numbers = logits(path)
            models.append({"family": family, "storage": storage, "layers": shape["layers"], "tokens": tokens, "logits": [round(x, 5) for x in numbers]})
    rows = ",\n".join(json.dumps(model) for model in models)
    content = f'{{"prompt": {json.dumps(PROMPT)}, "models": [\n{rows}\n]}}\n'
    pathlib.Path(__file__).with_name("logits.json").write_text(content)


if __name__ == "__main__":
    main()
