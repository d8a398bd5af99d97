#!/usr/bin/env python3
"""Makes encodings.json: hashes, roots and first values from the text of docs/spec alone, for Rust and Solidity to equal.

Plain Python, nothing to install. `--check` compares with the file instead of writing it.
"""

import argparse
import json
import pathlib
import sys

from reference.keccak import keccak

FILE = pathlib.Path(__file__).parent / "encodings.json"
EMPTY_KECCAK = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
HEADER = """weightsRoot graphRoot slotsRoot templateRoot scratchRoot imageRoot entry imageDepth nodeCount weightCount
persistentCount scratchCount promptSlot controlSlot outputSlot promptDepth outputDepth weightDepth slotDepth nodeDepth
stepDepth traceDepth maxPromptBytes context maxOutputBytes abiVersion""".split()
WEIGHT = 1 << 31


def word(value):
    """A 32-byte word: big-endian, addresses to the right."""
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return bytes(32 - len(value)) + value


def tagged(name, *values):
    return keccak(name.encode().ljust(32, b"\0") + b"".join(word(value) for value in values))


def node(left, right):
    return keccak(left + right)


def zero_root(depth):
    root = bytes(32)
    for _ in range(depth):
        root = node(root, root)
    return root


def root(leaves, depth, base=0):
    """Over `leaves`, roots of trees of depth `base`; zero trees past their end."""
    level = list(leaves)
    for height in range(depth):
        if len(level) % 2 or not level:
            level.append(zero_root(base + height))
        level = [node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    assert len(level) == 1, "the leaves exceed the tree"
    return level[0]


def root_of_bytes(data, depth):
    padded = data + bytes(-len(data) % 32)
    leaves = [padded[i : i + 32] for i in range(0, len(padded), 32)] or [bytes(32)]
    return root(leaves, depth)


def raised(subtree, start, end):
    for height in range(start, end):
        subtree = node(subtree, zero_root(height))
    return subtree


def proof(leaves, index, depth, base=0):
    """Mask and written siblings of a leaf, lowest first; siblings that are zero trees are left out."""
    level = leaves + [zero_root(base)] * ((1 << depth) - len(leaves))
    mask, siblings = 0, []
    for height in range(depth):
        sibling = level[(index >> height) ^ 1]
        if sibling != zero_root(base + height):
            mask |= 1 << height
            siblings.append(sibling)
        level = [node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return {"mask": mask, "siblings": siblings}


def made(name):
    """Bytes that nobody chose."""
    return keccak(name.encode())


def text(length):
    return b"".join(made(f"text {i}") for i in range(length // 32 + 1))[:length]


def roots():
    cases = [(0, 0), (0, 1), (0, 32), (1, 33), (2, 0), (2, 96), (3, 1), (3, 255), (3, 256), (5, 1000), (12, 0), (12, 70)]
    return [{"depth": depth, "data": text(length), "root": root_of_bytes(text(length), depth)} for depth, length in cases]


PARAMS = "maxTokens temperature topK topP minP repetitionPenalty frequencyPenalty presencePenalty seed".split()


def parameters():
    cases = [
        (1, 0, 0, 1000, 0, 1000, 0, 0, 0, []),
        (64, 700, 40, 950, 50, 1100, 250, -500, 42, [b"\n\n", b"User:"]),
        (2**32 - 1, 100_000, 2**32 - 1, 1, 1000, 10_000, -2000, 2000, 2**64 - 1, [text(31), b"\0", b"", text(30)]),
    ]
    stops = [[stop_word(text) for text in [*case[-1], *[b""] * 4][:4]] for case in cases]
    return [dict(zip(PARAMS, case)) | {"stop": stop} for case, stop in zip(cases, stops)]


def stop_word(text):
    """A stop text: its bytes, zeros, its length."""
    return text.ljust(31, b"\0") + bytes([len(text)])


def params_hash(of):
    return tagged("gavel.params", *(of[name] % 2**256 for name in PARAMS), *of["stop"])


def requests():
    cases = []
    for i, params in enumerate(parameters()):
        request = {
            "chainId": [1, 31337, 2**63][i],
            "hub": made(f"hub {i}")[:20],
            "lane": [0, 7, 2**64 - 1][i],
            "index": [0, 2**40, 2**64 - 1][i],
            "programId": made(f"program {i}"),
            "requester": made(f"requester {i}")[:20],
            "promptRoot": root_of_bytes(text(100 * i + 1), 8),
            "promptLength": 100 * i + 1,
            "params": params,
            "paramsHash": params_hash(params),
        }
        cases.append(request | {"id": request_id(request)})
    return cases


def request_id(of):
    names = "chainId hub lane index programId requester promptRoot promptLength paramsHash".split()
    return tagged("gavel.request", *(of[name] for name in names))


def results():
    cases = []
    for status in range(8):
        output = text(50 * status)
        values = (made(f"id {status}"), status, 2**32 - 1 - status, len(output), root_of_bytes(output, 5))
        result = dict(zip(("requestId", "status", "tokensOut", "outputLength", "outputRoot"), values))
        cases.append(result | {"hash": tagged("gavel.result", *values)})
    return cases


def program_id(header):
    return tagged("gavel.program", *(header[name] for name in HEADER))


def headers():
    """One with a different value in every field, one with the largest."""
    roots_of = {name: made(name) for name in HEADER[:6]}
    different = roots_of | {name: 10 + i for i, name in enumerate(HEADER[6:])}
    largest = roots_of | {name: 2**8 - 1 if name.endswith("Depth") else 2**32 - 1 for name in HEADER[6:]}
    return [header | {"id": program_id(header)} for header in (different, largest)]


def control_words(prompt_length, params):
    words = [0] * 64
    words[2], words[5] = prompt_length, params["maxTokens"]
    words[8], words[9] = params["temperature"], params["topP"]
    words[10], words[11] = params["seed"] % 2**32, params["seed"] >> 32
    penalties = (params[f"{name}Penalty"] % 2**32 for name in ("repetition", "frequency", "presence"))
    words[12:17] = params["topK"], params["minP"], *penalties
    return b"".join(value.to_bytes(4, "little") for value in words[:32]) + b"".join(params["stop"])


def first_values():
    """A small program: env_0 of a request, then the inputs root and M_0 of a tile that reads a slot and a weight."""
    slot_depth, prompt_slot, control_slot, chunk_depth = 3, 4, 1, 3
    template = [made("template 0"), zero_root(3), made("template 2"), bytes(32), zero_root(8)]
    scratch = [zero_root(6), zero_root(3)]
    header = {name: 0 for name in HEADER}
    header |= {name: made(name) for name in HEADER[:6]}
    header |= {"templateRoot": root(template, slot_depth), "scratchRoot": root(scratch, slot_depth)}
    header |= {"entry": 0x1234, "promptSlot": prompt_slot, "controlSlot": control_slot, "promptDepth": 8}
    header |= {"slotDepth": slot_depth, "imageDepth": 9, "traceDepth": 20}
    identity = program_id(header)
    request = requests()[1] | {"programId": identity}
    request["id"] = request_id(request)

    prompted = template[:prompt_slot] + [request["promptRoot"]]
    control_root = root_of_bytes(control_words(request["promptLength"], request["params"]), 3)
    persistent = prompted[:control_slot] + [control_root] + prompted[control_slot + 1 :]
    env = node(root(persistent, slot_depth), header["scratchRoot"])

    all_slots = persistent + [bytes(32)] * (2**slot_depth - len(persistent)) + scratch
    assert root(all_slots, slot_depth + 1) == env
    record_root, tile, output_depth = made("record"), 5, 7
    chunks = [root_of_bytes(text(256 + i)[i:], chunk_depth) for i in range(6)]
    inputs = [
        {"code": prompt_slot, "depth": 8, "root": bytes(32)},
        {"code": WEIGHT | 17, "depth": 11, "root": made("weight 17")},
    ]
    tile_leaf = tile.to_bytes(4, "little") + bytes(28)
    boot = node(record_root, root([tile_leaf], 3))
    windows = [bytes(32), raised(boot, 4, 23), raised(control_root, 3, 23)]
    windows += [raised(request["promptRoot"], 8, 23), raised(made("weight 17"), 11, 23)]
    windows += [zero_root(23)] * (15 - len(windows)) + [bytes(32)]
    registers = header["entry"].to_bytes(4, "big") + (header["entry"] + 4).to_bytes(4, "big") + bytes(144)
    registers_hash = keccak(b"gavel.registers".ljust(32, b"\0") + registers)
    return {
        "header": header | {"id": identity},
        "template": template,
        "request": request,
        "promptOld": template[prompt_slot],
        "promptPath": proof(template, prompt_slot, slot_depth),
        "controlOld": template[control_slot],
        "controlPath": proof(prompted, control_slot, slot_depth),
        "controlRoot": control_root,
        "env": env,
        "recordRoot": record_root,
        "tile": tile,
        "outputDepth": output_depth,
        "tensorOld": root(chunks, output_depth - chunk_depth, chunk_depth),
        "oldChunk": chunks[tile],
        "oldChunkBytes": text(256 + tile)[tile:],
        "chunkPath": proof(chunks, tile, output_depth - chunk_depth, chunk_depth),
        "inputs": inputs,
        "slotRoot": request["promptRoot"],
        "slotPath": proof(all_slots, prompt_slot, slot_depth + 1),
        "inputsRoot": root(windows, 4),
        "start": tagged("gavel.machine", raised(chunks[tile], chunk_depth, 17), registers_hash),
    }


def written(value):
    """Bytes as 0x-hex, all else as JSON has it."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {key: written(entry) for key, entry in value.items()}
    return [written(entry) for entry in value] if isinstance(value, list) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    assert keccak(b"").hex() == EMPTY_KECCAK
    content = {
        "roots": roots(),
        "requests": requests(),
        "results": results(),
        "headers": headers(),
        "first": first_values(),
    }
    made_now = json.dumps(written(content), indent=1) + "\n"
    if not parser.parse_args().check:
        FILE.write_text(made_now)
    elif not FILE.exists() or FILE.read_text() != made_now:
        sys.exit("encodings.json differs from what the script makes")


if __name__ == "__main__":
    main()
