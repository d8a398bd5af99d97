"""What is tried of the text operators."""

import numpy as np

from . import text

LETTERS = [b"a", b"b", b" ", "é".encode(), "▁".encode(), b"\xe2", b"\x96", b"\xf0", b"\xff"]
SENTENCE = "Once upon a time, é€😀  ▁x".encode()


def packed(raw):
    """Bytes as words."""
    return np.frombuffer(raw + bytes(-len(raw) % 4), "<u4")


def joined(texts):
    """Texts in one tensor, and their offsets."""
    return packed(b"".join(texts)), np.cumsum([0] + [len(t) for t in texts]).astype(np.uint32)


def vocabulary(c, letters, size, longest):
    """Random distinct texts with few different scores."""
    texts = dict.fromkeys(["<unk>".encode(), b"<s>", b"</s>"])
    while len(texts) < size:
        picked = c.random.choice(len(letters), c.random.integers(1, longest + 1))
        texts[b"".join(letters[i] for i in picked).replace(b" ", "▁".encode())] = None
    scores = c.random.integers(-3, 3, size).astype(np.float32)
    return list(texts), scores


def tokenizer(c, texts, scores, prompt, capacity=48, tokens=70, spelled=None, specials=(), **parameters):
    """Parameters and inputs of a tokenizer's node."""
    sort = np.array(sorted(range(len(texts)), key=lambda i: texts[i]), np.uint32)
    p = {
        "vocab": len(texts),
        "sorted_len": len(texts),
        "prompt_capacity": capacity,
        "tokens_capacity": tokens,
        "bos": 1,
        "eos": 2,
        "unk": 0,
        "flags": text.BOS | text.PREFIX,
        "max_text": max(map(len, texts)),
        "specials": len(specials),
        "longest_special": max(map(len, specials), default=0),
        **parameters,
    }
    spelled = np.full(256, 0xFFFFFFFF, np.uint32) if spelled is None else spelled
    inputs = [packed(prompt.ljust(capacity, b"\0")), *joined(texts), np.asarray(scores, np.float32).view(np.uint32), sort, spelled]
    named = sorted(specials)
    return p, [*inputs, *joined(named), np.arange(1000, 1000 + len(named), dtype=np.uint32)]


def tokenize(c):
    """For both tokenizing operators."""

    def case(name, texts, scores, prompt, prompt_len=None, **rest):
        p, inputs = tokenizer(c, texts, scores, prompt, **rest)
        out = p["tokens_capacity"] if c.op == "TokenizeIds" else 64
        c.add(name, p, inputs, out, {"prompt_len": len(prompt) if prompt_len is None else prompt_len})

    letters = [bytes([b]) for b in range(97, 123)] + [b" ", b",", b"O", "é".encode()]
    english = list(dict.fromkeys([b"<unk>", b"<s>", b"</s>", *["▁".encode() if x == b" " else x for x in letters]]))
    english += [t.encode() for t in ("on", "ce", "nce", "▁u", "pon", "▁upon", "ti", "me", "time", "▁a", "▁t", "▁ti", "▁▁")]
    falling = -np.arange(len(english), dtype=np.float32)
    case("a sentence", english, falling, SENTENCE)
    case("a sentence, rising scores", english, -falling, SENTENCE)
    case("equal scores", english, np.zeros(len(english)), SENTENCE)
    spelled = (np.arange(256) % len(english)).astype(np.uint32)
    case("byte tokens", english, falling, SENTENCE, spelled=spelled)
    some = spelled.copy()
    some[0x82] = 0xFFFFFFFF
    case("a byte token is missing", english, falling, SENTENCE, spelled=some)
    named = [b"</s>", b"<s>", b"<", b" ", b"time"]
    for count in range(1, 6):
        case(f"{count} special tokens", english, falling, b" <s>one time </s></s><a <s", specials=named[:count])
    case("a special token that is too long", english, falling, b"a</s><s>", specials=named, longest_special=3)
    for flags in range(8):
        case(f"flags {flags}", english, falling, b"one time", flags=flags)
        case(f"flags {flags}, nothing", english, falling, b"", flags=flags)
    case("tokens that are none", english, falling, "a€".encode(), flags=5, bos=text.NONE, eos=text.NONE, unk=text.NONE)
    case("longer than the slot says", english, falling, b"time and time again", prompt_len=5)
    case("longer than its slot", english, falling, b"a" * 48, prompt_len=0xFFFFFFFF)
    case("more tokens than their slot", english, falling, b"x" * 40, tokens=7)
    case("short texts alone", english, falling, SENTENCE, max_text=4)
    odd = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45] * 10, np.float32)[: len(english)]
    case("odd scores", english, odd, SENTENCE)
    for seed in range(12):
        texts, scores = vocabulary(c, LETTERS, 40, 4)
        prompt = b"".join(LETTERS[i] for i in c.random.choice(len(LETTERS), 24))[:48]
        case(f"random {seed}", texts, scores, prompt, tokens=130, spelled=spelled % 40 if seed % 2 else None)
    texts = [b"<unk>", b"a", *[b"a" * 2**k for k in range(1, 5)]]
    case("doubling runs", texts, [0, 0, -1, -2, -3, -4], b"a" * 47, flags=0)
    p, inputs = tokenizer(c, english, falling, SENTENCE)
    too_long = lambda w: w.__setitem__(18, 21845)
    c.add("a prompt slot that scratch can't hold", p, inputs, 70, {"prompt_len": 5}, change=too_long)


def detokenize(c):
    """For both printing operators."""
    texts = [b"", b"a", b" the", "é".encode(), b"\n", b"longer than a word", b"\xff\x00"]
    tokens = np.concatenate([c.random.integers(0, 8, 57), [0xFFFFFFFF, 7, 1]]).astype(np.uint32)
    out = lambda p: -(-p["output_capacity"] // 4) if c.op == "Detokenize" else 64

    def case(name, capacity, prompt_tokens, tokens_out, offsets=None, blob=None, text_end=0):
        p = {"vocab": len(texts), "tokens_capacity": 60, "output_capacity": capacity}
        given = joined(texts)
        inputs = [tokens, given[0] if blob is None else blob, given[1] if offsets is None else np.array(offsets, np.uint32)]
        c.add(name, p, inputs, out(p), {"phase": 3, "prompt_tokens": prompt_tokens, "tokens_out": tokens_out, "text_end": text_end})

    for capacity in (4, 30, 256, 1000):
        case(f"capacity {capacity}", capacity, 3, 50)
    case("nothing", 64, 3, 0)
    case("all", 512, 0, 60)
    case("past the slot", 512, 50, 0xFFFFFFFF)
    case("prompt past the slot", 512, 0xFFFFFFFF, 5)
    case("texts that end before they begin", 512, 0, 60, offsets=[9, 3, 8, 1, 0, 4, 4, 20])
    case("texts past the tensor", 700, 0, 60, offsets=[20, 25, 40, 41, 100, 120, 121, 130])
    case("no texts", 64, 0, 60, blob=np.zeros(0, np.uint32))
    for end in (1, 2, 40, 64, 65, 300, 5000, 0xFFFFFFFF):
        case(f"cut at {end}", 512, 3, 50, text_end=end)
        case(f"cut at {end}, small", 64, 3, 50, text_end=end)


def find_stop(c):
    texts = [b"", b"a", b"ab", b"b", "\u00e9".encode()[:1], "\u00e9".encode()[1:], b"\n\n", b"stop here", b"xyz" * 14, b" "]
    blob, offsets = joined(texts)

    def case(name, tokens, stop, position=None, prompt=2, p=None, offsets=offsets, **control):
        tokens = np.array([1, 2, *tokens], np.uint32)
        parameters = {"vocab": len(texts), "tokens_capacity": len(tokens), "longest": max(map(len, texts)), **(p or {})}
        at = len(tokens) - 2 if position is None else position
        c.add(name, parameters, [tokens, blob, offsets], 64, {"position": at, "prompt_tokens": prompt, "stop": stop, **control})

    case("none", [1, 2, 3], [])
    case("not there", [1, 2, 3], [b"zz"])
    case("a whole token", [1, 9, 6], [b"\n\n"])
    case("within a token", [1, 9, 7], [b"op h"])
    case("over several tokens", [3, 1, 9, 3], [b"ba b"])
    case("begins within a token", [7, 3], [b"hereb"])
    case("a character in two tokens", [1, 4, 5], ["\u00e9".encode()])
    case("only earlier", [6, 1, 2], [b"\n\n"])
    case("the first of two", [1, 7], [b"here", b"stop"])
    case("the earlier beginning", [7, 3], [b"eb", b"hereb"])
    case("in the last place", [1, 7], [b"", b"", b"", b"here"])
    case("twice in a token", [8], [b"zx"])
    case("overlapping", [1, 1, 1], [b"aa"])
    case("begins in the prompt", [3], [b"bb"])
    case("begins in the prompt, which is shorter", [3], [b"bb"], prompt=1)
    case("31 bytes", [8, 8], [(b"xyz" * 14)[2:33]])
    case("31 bytes over tokens", [3] * 40, [b"b" * 31])
    case("30 before", [3] * 31, [b"b" * 31])
    case("29 before", [3] * 30, [b"b" * 31])
    case("an odd length counts as 31", [8, 8], [(b"xyz" * 14)[1:32] + b"\xff"])
    case("a token without text", [7, 0], [b"here"])
    case("an unknown token", [7, 77], [b"here"])
    case("a longer text", [8], [b"yz"], p={"longest": 1})
    case("its beginning", [8], [b"xy"], p={"longest": 2})
    case("no byte of it", [8], [b"xy"], p={"longest": 0})
    case("no prompt", [3, 3], [b"bb"], prompt=0)
    case("past the prompt", [3, 3], [b"bb"], prompt=77)
    case("past the slot", [3, 3], [b"bb"], position=3)
    case("far past the slot", [3, 3], [b"bb"], position=0xFFFFFFFF)
    odd = offsets.copy()
    odd[3], odd[6] = 300, 0
    case("hostile offsets", [1, 4, 2, 3, 6], [b"b"], offsets=odd, p={"longest": 200})
    case("texts past the tensor", [1, 2], [b"\0" * 9], offsets=odd, p={"longest": 200})
    for i in range(12):
        tokens = c.random.integers(0, 4, 12)
        stops = [b"".join(texts[t] for t in c.random.integers(0, 4, c.random.integers(1, 5)))[:31] for _ in range(3)]
        case(f"random {i}", tokens, stops)


def advance(c):
    """Every row of the table, at its edges."""
    tokens = np.array([1, 10, 11, 12, 13, 2, 14, 15, 7], np.uint32)
    p = {"context": 8, "tokens_capacity": 9, "output_capacity": 100, "eos_count": 2, "eos0": 2, "eos1": 7, "eos2": 14, "eos3": 15}
    base = {"prompt_len": 9, "max_tokens": 3, "temperature": 700, "top_p": 950, "seed": 0x123456789ABCDEF0}

    def case(name, count, parameters=None, **control):
        counts = np.zeros(64, np.uint32)
        counts[0] = count
        c.add(name, {**p, **(parameters or {})}, [counts, tokens], 64, {**base, **control})

    for count in (0, 1, 2, 8, 9, 0xFFFFFFFF):
        case(f"tokenize {count}", count, phase=0)
        case(f"tokenize {count}, none wanted", count, phase=0, max_tokens=0)
        case(f"tokenize {count}, small slot", count, {"tokens_capacity": 8}, phase=0)
    for position in range(4):
        case(f"prefill {position}", 0, phase=1, position=position, prompt_tokens=4)
    for position in range(8):
        for out in (0, 2):
            case(f"generate {position} {out}", 0, phase=2, position=position, tokens_out=out, prompt_tokens=1)
        case(f"generate {position}, four ends", 0, {"eos_count": 4}, phase=2, position=position, max_tokens=99)
        case(f"generate {position}, no end", 0, {"eos_count": 0}, phase=2, position=position, max_tokens=99)
    for count in (0, 1, 100, 101, 0xFFFFFFFF):
        case(f"detokenize {count}", count, phase=3, status=1, tokens_out=2)
    case("done", 5, phase=4, status=3, output_len=17, position=6)
    sampling = dict(top_k=40, min_p=50, repetition_penalty=1100, frequency_penalty=-700, presence_penalty=0x7FFFFFFF, stop=[b"a", b"bc", b"", b"x" * 31])
    for phase, position in ((0, 0), (1, 2), (2, 3), (3, 6), (4, 6)):
        case(f"sampling parameters stay, phase {phase}", 3, phase=phase, position=position, prompt_tokens=4, max_tokens=9, text_end=7, **sampling)
    for count in (1, 12, 0xFFFFFFFF):
        case(f"a stop text, {count}", count, phase=2, position=3, tokens_out=1, prompt_tokens=1, max_tokens=9, **sampling)
        case(f"a stop text in the last token, {count}", count, {"eos_count": 0}, phase=2, position=7, tokens_out=2, prompt_tokens=1, **sampling)
        case(f"a stop text and an end token, {count}", count, phase=2, position=4, tokens_out=1, prompt_tokens=1, **sampling)
    five = lambda w: w.__setitem__(19, 5)
    c.add("five end tokens", p, [np.zeros(64, np.uint32), tokens], 64, base, change=five)
