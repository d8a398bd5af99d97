"""The text operators of docs/spec/numerics.md and the control table of docs/spec/program.md. Like `operators`: each changes `out`
in place."""

import numpy as np

from .records import control_slot, stop_words

BOS, PREFIX, EOS = 1, 2, 4
NONE = 0xFFFFFFFF
WINDOW = 1 << 28
TOKENIZE, PREFILL, GENERATE, DETOKENIZE, DONE = range(5)
STOP, LENGTH, CONTEXT_FULL, PROMPT_TOO_LONG, EMPTY_PROMPT, OUTPUT_FULL = range(1, 7)


def texts_of(blob, offsets, vocab):
    """Text of each token; bytes past the tensor are zero, offsets end with the window."""
    raw = blob.tobytes()
    cuts = [min(int(o), WINDOW) for o in offsets[: vocab + 1]]
    return [raw[a:b].ljust(max(b - a, 0), b"\0") for a, b in zip(cuts, cuts[1:])]


def escaped_symbols(prompt, prefix):
    """Symbols of the text with its spaces escaped."""
    text = (b" " if prefix and prompt else b"") + prompt
    text = text.replace(b" ", "\u2581".encode())
    symbols = []
    while text:
        lead = text[0]
        size = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2 if lead >= 0xC0 else 1
        symbols.append(text[:size])
        text = text[size:]
    return symbols


def lexicon(inputs, count, longest):
    """Ids by text of a sorted lexicon, for texts that are not too long to be found."""
    return {t: int(i) for t, i in zip(texts_of(inputs[0], inputs[1], count), inputs[2]) if len(t) <= longest}


def fragments(prompt, specials):
    """Special tokens (ids) and the texts between them (bytes), for a sorted lexicon."""
    parts, text = [], b""
    while prompt:
        found = [t for t in specials if t and prompt.startswith(t)]
        if found:
            longest = max(found, key=len)
            parts += [text, specials[longest]]
            text, prompt = b"", prompt[len(longest) :]
        else:
            text, prompt = text + prompt[:1], prompt[1:]
    return [part for part in [*parts, text] if part != b""]


def prompt_of(p, control, inputs):
    """The prompt's bytes."""
    return inputs[0].tobytes()[: min(control["prompt_len"], p["prompt_capacity"])]


def with_ends(p, ids):
    """Ids with BOS and end token, as flagged."""
    first = [p["bos"]] if p["flags"] & BOS and p["bos"] != NONE else []
    last = [p["eos"]] if p["flags"] & EOS and p["eos"] != NONE else []
    return first + ids + last


def token_ids(p, control, inputs):
    """Ids of the prompt."""
    ids = []
    for part in fragments(prompt_of(p, control, inputs), lexicon(inputs[6:], p["specials"], p["longest_special"])):
        ids += [part] if isinstance(part, int) else text_ids(p, part, inputs)
    return with_ends(p, ids)


def text_ids(p, prompt, inputs):
    """Ids of a text without special tokens, for a `sorted` that is sorted."""
    texts = texts_of(inputs[1], inputs[2], p["vocab"])
    scores = inputs[3].view(np.float32)
    by_text = {texts[i]: int(i) for i in inputs[4][: p["sorted_len"]] if len(texts[i]) <= p["max_text"]}
    symbols = escaped_symbols(prompt, p["flags"] & PREFIX)
    while True:
        pairs = [(by_text[a + b], -at) for at, (a, b) in enumerate(zip(symbols, symbols[1:])) if a + b in by_text]
        if not pairs:
            break
        # Scores order as numbers, NaN below all; of equal scores the leftmost pair.
        _, _, at = max((not np.isnan(scores[i]), float(np.nan_to_num(scores[i], nan=0, posinf=np.inf, neginf=-np.inf)), at) for i, at in pairs)
        symbols[-at : 2 - at] = [symbols[-at] + symbols[1 - at]]
    ids = []
    for symbol in symbols:
        spelled = [int(inputs[5][byte]) for byte in symbol]
        if symbol in by_text:
            ids.append(by_text[symbol])
        elif max(spelled) < 1 << 31:
            ids += spelled
        elif p["unk"] != NONE:
            ids.append(p["unk"])
    return ids


def put_ids(p, ids, out):
    out[: p["tokens_capacity"]] = 0
    out[: min(len(ids), p["tokens_capacity"])] = ids[: p["tokens_capacity"]]


def put_count(ids, out):
    out[:64] = 0
    out[0] = len(ids)


def tokenize_ids(p, control, inputs, out):
    put_ids(p, token_ids(p, control, inputs), out)


def tokenize_count(p, control, inputs, out):
    put_count(token_ids(p, control, inputs), out)


def printed(p, control, inputs):
    texts = texts_of(inputs[1], inputs[2], p["vocab"])
    tokens = inputs[0][: p["tokens_capacity"]][control["prompt_tokens"] :][: control["tokens_out"]]
    text = b"".join(texts[t] for t in tokens if t < p["vocab"])
    end = control.get("text_end", 0)
    return text[: end - 1] if end else text


def detokenize(p, control, inputs, out):
    capacity = p["output_capacity"]
    text = printed(p, control, inputs)[:capacity].ljust(capacity, b"\0")
    out.view(np.uint8)[:capacity] = np.frombuffer(text, np.uint8)


def detokenize_len(p, control, inputs, out):
    out[:64] = 0
    out[0] = len(printed(p, control, inputs))


def find_stop(p, control, inputs, out):
    stops = [word[: min(word[31], 31)] for word in stop_words(control)]
    stops = [stop for stop in stops if stop]
    if not stops:
        return
    out[:64] = 0
    texts = texts_of(inputs[1], inputs[2], p["vocab"])
    tokens = inputs[0][: p["tokens_capacity"]]
    if control["position"] + 1 >= len(tokens):
        return
    of = lambda token: texts[token] if token < p["vocab"] else b""
    before = b"".join(of(t) for t in tokens[control["prompt_tokens"] : control["position"] + 1])
    whole = before + of(tokens[control["position"] + 1])[: p["longest"]]
    begins = [b for stop in stops for b in range(len(whole)) if whole.startswith(stop, b) and b + len(stop) > len(before)]
    if begins:
        out[0] = min(begins) + 1


def advance(p, control, inputs, out):
    c = {name: control.get(name, 0) for name in ORDER}
    moves = {TOKENIZE: tokenized, PREFILL: prefilled, GENERATE: generated, DETOKENIZE: detokenized}
    if c["phase"] in moves:
        c.update(moves[c["phase"]](p, c, int(inputs[0][0]), inputs[1]))
    out[:64] = control_slot({**control, **c})


ORDER = ("phase", "position", "prompt_len", "prompt_tokens", "tokens_out", "max_tokens", "status", "output_len", "temperature", "top_p")


def tokenized(p, c, n, tokens):
    if n == 0:
        return {"phase": DONE, "status": EMPTY_PROMPT}
    if n > p["context"] or n > p["tokens_capacity"] - 1:
        return {"phase": DONE, "status": PROMPT_TOO_LONG}
    if c["max_tokens"] == 0:
        return {"phase": DONE, "status": LENGTH, "prompt_tokens": n}
    return {"phase": GENERATE if n == 1 else PREFILL, "prompt_tokens": n, "position": 0}


def prefilled(p, c, n, tokens):
    position = c["position"] + 1
    return {"position": position, "phase": GENERATE if position + 1 == c["prompt_tokens"] else PREFILL}


def generated(p, c, n, tokens):
    token = int(tokens[c["position"] + 1])
    if token in [p["eos0"], p["eos1"], p["eos2"], p["eos3"]][: p["eos_count"]]:
        return {"phase": DETOKENIZE, "status": STOP}
    done = {"phase": DETOKENIZE, "tokens_out": c["tokens_out"] + 1}
    if n:
        return {**done, "status": STOP, "text_end": n}
    if c["tokens_out"] + 1 == c["max_tokens"]:
        return {**done, "status": LENGTH}
    if c["position"] + 1 == p["context"]:
        return {**done, "status": CONTEXT_FULL}
    return {"tokens_out": c["tokens_out"] + 1, "position": c["position"] + 1}


def detokenized(p, c, n, tokens):
    full = n > p["output_capacity"]
    return {"phase": DONE, "output_len": min(n, p["output_capacity"]), "status": OUTPUT_FULL if full else c["status"]}
