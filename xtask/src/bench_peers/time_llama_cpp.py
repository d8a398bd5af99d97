"""Times llama.cpp on one model file, as often as it is asked.

Usage: python time_llama_cpp.py MODEL.gguf THREADS CONTEXT
Each line of the input is `prompt N` or `generation N`; the answer is one line, the seconds that it took. Nothing is sampled:
tokens are drawn beforehand, so that the model alone is timed. Before the first question one line says the version.
"""

import random
import sys
import time

import llama_cpp as lib


def tokens(vocab_size, count):
    """Random tokens above the control and byte tokens that many vocabularies begin with."""
    draw = random.Random(1)
    low = min(260, vocab_size - 1)
    return (lib.llama_token * count)(*(draw.randrange(low, vocab_size) for _ in range(count)))


def decode(context, batch):
    if lib.llama_decode(context, batch) != 0:
        sys.exit("llama_decode failed")


def prompt(context, vocab_size, count):
    """All tokens in one batch; the logits of the last one."""
    drawn = tokens(vocab_size, count)
    batch = lib.llama_batch_get_one(drawn, count)
    start = time.perf_counter()
    decode(context, batch)
    lib.llama_synchronize(context)
    return time.perf_counter() - start


def generation(context, vocab_size, count):
    """One token after the other, with the logits of each."""
    single = [(lib.llama_token * 1)(token) for token in tokens(vocab_size, count)]
    batches = [lib.llama_batch_get_one(token, 1) for token in single]
    start = time.perf_counter()
    for batch in batches:
        decode(context, batch)
        lib.llama_synchronize(context)
    return time.perf_counter() - start


def main():
    path, threads, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    quiet = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(quiet, None)
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    params = lib.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = length
    params.n_threads = params.n_threads_batch = threads
    context = lib.llama_init_from_model(model, params)
    if not context:
        sys.exit(f"llama.cpp does not load {path}")
    vocab_size = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    works = {"prompt": prompt, "generation": generation}
    prompt(context, vocab_size, 8)
    print(lib.__version__, flush=True)
    for line in sys.stdin:
        work, count = line.split()
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        print(works[work](context, vocab_size, int(count)), flush=True)


main()
