"""Reading and writing GGUF version 3, as far as this model needs it: metadata, F32 and Q8_0 tensors."""

import struct
from pathlib import Path

import numpy as np

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32
F32, Q8_0 = 0, 8
BLOCK = 32
U32, I32, FLOAT, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", U32: "I", I32: "i", FLOAT: "f", BOOL: "?", 10: "Q", 11: "q", 12: "d"}


def quantize(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q8_0 of a float32 array [.., K]: int8 quants [.., K/32, 32] and float16 scales [.., K/32, 1].

    The scale is the block's largest magnitude over 127; quants are divided by the unrounded scale and rounded half away from zero.
    """
    blocks = rows.reshape(*rows.shape[:-1], -1, BLOCK).astype(np.float32)
    scale = np.abs(blocks).max(axis=-1, keepdims=True) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale > 0)
    scaled = blocks * inverse
    quants = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)
    return quants.astype(np.int8), scale.astype(np.float16)


def dequantize(quants: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The float32 array [.., K] that Q8_0 quants and scales stand for."""
    blocks = quants.astype(np.float32) * scales.astype(np.float32)
    return blocks.reshape(*blocks.shape[:-2], -1)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(kind: int, value) -> bytes:
    return _string(value) if kind == STRING else struct.pack("<" + SCALARS[kind], value)


def _entry(key: str, kind: int, value) -> bytes:
    if isinstance(value, list):
        items = b"".join(_value(kind, item) for item in value)
        return _string(key) + struct.pack("<IIQ", ARRAY, kind, len(value)) + items
    return _string(key) + struct.pack("<I", kind) + _value(kind, value)


def _tensor(data: np.ndarray) -> tuple[int, bytes]:
    """Type and bytes: matrices as Q8_0 blocks (scale, then 32 quants), vectors as F32."""
    if data.ndim == 1:
        return F32, data.astype("<f4").tobytes()
    quants, scales = quantize(data)
    return Q8_0, np.concatenate([scales.astype("<f2").view(np.int8), quants], axis=-1).tobytes()


def write(path: Path, metadata: list[tuple[str, int, object]], tensors: dict[str, np.ndarray]) -> None:
    """Writes a file; metadata are (key, type of the value or of its elements, value or list)."""
    infos, body = b"", b""
    for name, data in tensors.items():
        kind, raw = _tensor(data)
        shape = data.shape[::-1]
        infos += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, len(body))
        body += raw + bytes(-len(raw) % ALIGNMENT)
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(metadata))
    head += b"".join(_entry(*item) for item in metadata) + infos
    path.write_bytes(head + bytes(-len(head) % ALIGNMENT) + body)


class _Cursor:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, form: str):
        values = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def string(self) -> str:
        length = self.take("Q")
        self.at += length
        return self.raw[self.at - length : self.at].decode()

    def value(self, kind: int):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, length = self.take("IQ")
            return [self.value(inner) for _ in range(length)]
        return self.take(SCALARS[kind])


def read(path: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Metadata and tensors of a file, Q8_0 tensors as the float32 values they stand for."""
    cursor = _Cursor(path.read_bytes())
    if cursor.raw[:4] != MAGIC:
        raise ValueError(f"{path}: no GGUF file")
    cursor.at = 4
    _version, tensor_count, metadata_count = cursor.take("IQQ")
    metadata = {}
    for _ in range(metadata_count):
        key = cursor.string()
        metadata[key] = cursor.value(cursor.take("I"))
    infos = []
    for _ in range(tensor_count):
        name, dims = cursor.string(), cursor.take("I")
        shape = [cursor.take("Q") for _ in range(dims)][::-1]
        infos.append((name, shape, *cursor.take("IQ")))
    start = -(-cursor.at // ALIGNMENT) * ALIGNMENT
    return metadata, {name: _load(cursor.raw, start + at, shape, kind) for name, shape, kind, at in infos}


def _load(raw: bytes, at: int, shape: list[int], kind: int) -> np.ndarray:
    count = int(np.prod(shape))
    if kind == F32:
        return np.frombuffer(raw, "<f4", count, at).reshape(shape).copy()
    if kind != Q8_0:
        raise ValueError(f"tensor type {kind} is not read here")
    blocks = np.frombuffer(raw, np.int8, count // BLOCK * (BLOCK + 2), at).reshape(*shape[:-1], -1, BLOCK + 2)
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2")
    return dequantize(blocks[..., 2:], scales)
