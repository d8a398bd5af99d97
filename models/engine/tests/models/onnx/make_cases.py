#!/usr/bin/env python3
"""Makes cases.json: small graphs of every imported operator, as files in hexadecimal, with bytes of input and what onnxruntime gives for them.

    pip install numpy onnx onnxruntime
    python3 make_cases.py
"""

import json
import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.Generator(np.random.PCG64(26))


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def node(op, *constants, **attributes):
    """An operator on the value before it, with constants as further inputs."""
    return op, constants, attributes


def model(shape, steps, opset, batch="batch"):
    """A chain of operators; an integer among the constants names an earlier value, counted from the input at 0."""
    nodes, weights = [], []
    for place, (op, constants, attributes) in enumerate(steps):
        inputs = [f"v{place}"] if op != "Constant" else []
        for constant in constants:
            if constant is None or isinstance(constant, str):
                inputs.append(constant or "")
            elif isinstance(constant, int):
                inputs.append(f"v{constant}")
            else:
                weights.append(numpy_helper.from_array(np.asarray(constant), f"w{len(weights)}"))
                inputs.append(weights[-1].name)
        nodes.append(helper.make_node(op, inputs, [f"v{place + 1}"], **attributes))
    value = lambda name, dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
    graph = helper.make_graph(nodes, "case", [value("v0", [batch, *shape])], [value(f"v{len(steps)}", None)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


IMAGE = (3, 7, 6)
NORM = lambda n: (normal(n), normal(n), normal(n), RANDOM.random(n).astype(np.float32) + np.float32(0.1))
ints = lambda *values: np.array(values, np.int64)
# Name, shape of the input, operators, version of the operator set.
CASES = [
    ("relu", (10,), [node("Relu")], 13),
    ("gemm by rows", (9,), [node("Gemm", normal(5, 9), normal(5), transB=1)], 13),
    ("gemm by columns", (9,), [node("Gemm", normal(9, 5), normal(1, 5))], 11),
    ("gemm scaled", (9,), [node("Gemm", normal(9, 5), normal(1), alpha=0.5, beta=-2.0)], 13),
    ("gemm without bias", (9,), [node("Gemm", normal(5, 9), transB=1)], 13),
    ("matmul", (9,), [node("MatMul", normal(9, 4)), node("Add", normal(4))], 13),
    ("add a number", IMAGE, [node("Add", normal(1)), node("Add", np.float32(0.25))], 13),
    ("add a channel", IMAGE, [node("Add", normal(3, 1, 1))], 13),
    ("add an image", IMAGE, [node("Add", normal(1, *IMAGE))], 13),
    ("add rows and columns", IMAGE, [node("Add", normal(7, 1)), node("Add", normal(6))], 13),
    ("add what was", IMAGE, [node("Conv", normal(3, 3, 1, 1)), node("Relu"), node("Add", 0)], 13),
    ("softmax", (12,), [node("Softmax")], 13),
    ("softmax of rows", (4, 5), [node("Softmax", axis=-1)], 13),
    ("softmax of all, as it was", (4, 5), [node("Softmax")], 11),
    ("flatten", IMAGE, [node("Flatten"), node("Gemm", normal(126, 3))], 13),
    ("flatten all", IMAGE, [node("Flatten", axis=0)], 13),
    ("reshape", IMAGE, [node("Reshape", ints(0, -1)), node("Gemm", normal(126, 3))], 13),
    ("reshape to an image", (24,), [node("Reshape", ints(1, 2, 3, 4)), node("Conv", normal(2, 2, 2, 2))], 13),
    ("squeeze", (5, 1, 1), [node("Squeeze", ints(2, 3)), node("Gemm", normal(5, 3))], 13),
    ("squeeze, as it was", (5, 1, 1), [node("Squeeze", axes=[2, -1]), node("Gemm", normal(5, 3))], 11),
    ("transpose", (1, 7, 1), [node("Transpose", perm=[0, 2, 3, 1])], 13),
    ("identity and dropout", (6,), [node("Identity"), node("Dropout"), node("Relu")], 13),
    ("dropout, as it was", (6,), [node("Dropout", ratio=0.5)], 11),
    ("batch norm", IMAGE, [node("BatchNormalization", *NORM(3))], 15),
    ("batch norm of a vector", (8,), [node("BatchNormalization", *NORM(8), epsilon=0.01)], 9),
    ("global average", IMAGE, [node("GlobalAveragePool")], 13),
    ("sub a channel", IMAGE, [node("Sub", normal(3, 1, 1))], 13),
    ("sub what was", IMAGE, [node("Conv", normal(3, 3, 1, 1)), node("Sub", 0)], 13),
    ("mul by a number", IMAGE, [node("Mul", np.float32(-1.75))], 13),
    ("mul by a channel", IMAGE, [node("Mul", normal(3, 1, 1))], 13),
    ("mul by columns", IMAGE, [node("Mul", normal(6))], 13),
    ("div by a number", IMAGE, [node("Div", np.float32(0.3))], 13),
    ("div by an image", IMAGE, [node("Div", RANDOM.random(IMAGE).astype(np.float32) + np.float32(0.5))], 13),
    ("leaky relu", IMAGE, [node("Sub", np.float32(0.5)), node("LeakyRelu")], 13),
    ("leaky relu, steep", IMAGE, [node("Sub", np.float32(0.5)), node("LeakyRelu", alpha=-0.75)], 13),
    ("unsqueeze", (24,), [node("Unsqueeze", ints(1, -1)), node("Squeeze", ints(1)), node("Conv", normal(2, 24, 1))], 13),
    ("unsqueeze, as it was", (24,), [node("Unsqueeze", axes=[1]), node("Conv", normal(2, 1, 5))], 11),
    ("conv of a line", (3, 11), [node("Conv", normal(4, 3, 3), normal(4), pads=[2, 1], strides=[2], dilations=[2])], 13),
    ("conv of a line, same", (4, 11), [node("Conv", normal(4, 2, 4), group=2, strides=[3], auto_pad="SAME_UPPER")], 13),
    ("MaxPool of a line", (3, 11), [node("Conv", normal(3, 3, 1)), node("MaxPool", kernel_shape=[3], strides=[2], pads=[1, 0])], 13),
    ("AveragePool of a line", (3, 11), [node("AveragePool", kernel_shape=[3], strides=[2], pads=[1, 1], count_include_pad=1)], 13),
    ("global average of a line", (3, 11), [node("GlobalAveragePool")], 13),
]
for name, attributes in {
    "plain": {},
    "pads": {"pads": [1, 2, 0, 1]},
    "strides": {"strides": [2, 3], "pads": [1, 1, 1, 1]},
    "dilated": {"dilations": [2, 1], "pads": [2, 0, 2, 0]},
    "same upper": {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    "same lower": {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
    "valid": {"auto_pad": "VALID"},
}.items():
    CASES.append((f"conv {name}", IMAGE, [node("Conv", normal(2, 3, 3, 2), normal(2), **attributes)], 13))
CASES.append(("conv grouped", (4, 5, 5), [node("Conv", normal(6, 2, 3, 3), normal(6), group=2)], 13))
CASES.append(("conv by depth", (4, 5, 5), [node("Conv", normal(4, 1, 3, 3), group=4, pads=[1, 1, 1, 1], kernel_shape=[3, 3])], 13))
for op in ("MaxPool", "AveragePool"):
    for name, attributes in {
        "plain": {"kernel_shape": [2, 3]},
        "strides": {"kernel_shape": [3, 2], "strides": [2, 2]},
        "pads": {"kernel_shape": [3, 3], "strides": [2, 1], "pads": [1, 2, 1, 0]},
        "same": {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    }.items():
        CASES.append((f"{op} {name}", IMAGE, [node("Conv", normal(3, 3, 1, 1)), node(op, **attributes)], 13))
CASES.append(
    ("AveragePool pads included", IMAGE, [node("AveragePool", kernel_shape=[3, 3], strides=[2, 1], pads=[1, 2, 1, 0], count_include_pad=1)], 13)
)


def main():
    cases = []
    for name, shape, steps, opset in CASES:
        content = model(shape, steps, opset).SerializeToString()
        pixels = RANDOM.integers(0, 256, int(np.prod(shape)), np.uint8)
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        (output,) = session.run(None, {"v0": (pixels.astype(np.float32) / np.float32(255)).reshape(1, *shape)})
        numbers = [float(f"{v:.9g}") for v in output.reshape(-1)]
        cases.append({"name": name, "model": content.hex(), "input": pixels.tolist(), "output": numbers})
    lines = ",\n".join(json.dumps(case) for case in cases)
    pathlib.Path(__file__).with_name("cases.json").write_text(f"[\n{lines}\n]\n")
    print(len(cases), "cases,", onnxruntime.__version__)


if __name__ == "__main__":
    main()
