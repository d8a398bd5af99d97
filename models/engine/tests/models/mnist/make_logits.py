#!/usr/bin/env python3
"""Makes logits.json: what the MNIST networks give for the first test images, in float64 (numpy and torch) and by onnxruntime.

    pip install numpy torch onnx onnxruntime
    python3 make_logits.py FOLDER        # the folder with the model files and the test set
"""

import gzip
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

IMAGES = 24
DENSE = "mlgo-ggml-model-small-f32.bin", "mlgo-ggml-model-f32.bin"
ONNX = "baskov-mnist-8.onnx"


def images(folder):
    raw = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)[:IMAGES]


def dense(path, x):
    """A file of opML's in float64."""
    raw, at, tensors = path.read_bytes(), 4, []
    while at < len(raw):
        (count,) = np.frombuffer(raw, "<i4", 1, at)
        dims = np.frombuffer(raw, "<i4", count, at + 4)[::-1]
        at += 4 + 4 * count
        tensors.append(np.frombuffer(raw, "<f4", np.prod(dims), at).reshape(dims).astype(np.float64))
        at += 4 * tensors[-1].size
    for layer in range(0, len(tensors), 2):
        x = np.maximum(x, 0) if layer else x
        x = x @ tensors[layer].T + tensors[layer + 1]
    return x


def convolutional(path, x):
    """The ONNX file's layers in float64, in the order in which its nodes stand."""
    graph = onnx.load(path).graph
    w = {t.name: torch.from_numpy(numpy_helper.to_array(t).astype(np.float64)) for t in graph.initializer}
    x = torch.from_numpy(x.reshape(-1, 1, 28, 28))
    for layer in ("conv1", "conv2"):
        x = torch.nn.functional.conv2d(x, w[f"{layer}.weight"], w[f"{layer}.bias"], padding=1)
        x = torch.nn.functional.max_pool2d(torch.relu(x), 2)
    x = torch.relu(x.flatten(1) @ w["fc1.weight"].T + w["fc1.bias"])
    return (x @ w["fc2.weight"].T + w["fc2.bias"]).numpy()


def main():
    folder = pathlib.Path(sys.argv[1])
    pixels = images(folder)
    exact = {name: dense(folder / name, pixels / 255) for name in DENSE}
    exact[ONNX] = convolutional(folder / ONNX, (pixels / 255 - 0.1307) / 0.3081)
    session = onnxruntime.InferenceSession(folder / ONNX, providers=["CPUExecutionProvider"])
    scaled = (pixels.astype(np.float32) / np.float32(255) - np.float32(0.1307)) / np.float32(0.3081)
    (peer,) = session.run(None, {session.get_inputs()[0].name: scaled.reshape(-1, 1, 28, 28)})
    rounded = lambda rows: [[float(f"{v:.9g}") for v in row] for row in rows]
    report = {
        "float64": {name: rounded(rows) for name, rows in exact.items()},
        "onnxruntime": {"version": onnxruntime.__version__, ONNX: rounded(peer)},
    }
    text = json.dumps(report, indent=0).replace(",\n", ",").replace("[\n", "[").replace("\n]", "]").replace("],", "],\n")
    pathlib.Path(__file__).with_name("logits.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
