"""How many sentences a second PyTorch makes vectors of, one after the other.

Usage: python time_pytorch.py FOLDER TEXTS THREADS
FOLDER has an encoder's files, TEXTS a sentence a line. All are computed twice, tokenizer, mean and length with the model; the faster round is
printed, in the words of gavel's own example.
"""

import sys
import time

import torch
from transformers import AutoTokenizer, BertModel


def main():
    folder, texts, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder).eval()
    with open(texts, encoding="utf-8") as file:
        texts = file.read().splitlines()
    best = float("inf")
    with torch.inference_mode():
        for _ in range(2):
            start = time.perf_counter()
            for text in texts:
                tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
                rows = model(**tokens).last_hidden_state
                torch.nn.functional.normalize(rows.mean(1))
            best = min(best, time.perf_counter() - start)
    print(f"PyTorch {torch.__version__}")
    print(f"{len(texts) / best:.1f} sentences/s")


main()
