"""What is tried of WordPiece."""

import unicodedata

import numpy as np

from . import text
from .bpe_cases import in_order
from .text_cases import packed

CODE_POINTS = 0x360
# One mark of each of two combining classes, by numbers that the standard doesn't give them.
MARKS = {0x323: 7, 0x301: 8}
BEGIN = [b"he", b"hello", b"a", b"ab", b"abc", b"w", b"!", b"'", b"\xce\xb1", "\u0301".encode(), "\u0323".encode(), b"un", b"x", "a\u0323".encode()]
GO_ON = [b"llo", b"l", b"d", b"cd", b"c", b"orld", b"world", b"x", "\u0301".encode(), "\u0323".encode(), "\u0323\u0301".encode(), b"aff", b"able"]
TEXTS = [
    b"Hello, world! hello hEllo HE",
    b"abcd abc abd  a\tb\nunaffable xx",
    "H\u00c9llo h\u00e9 a\u0301\u0323 a\u0323\u0301 \u0301 a\u0300\u0301".encode(),
    b"a\xff\xc3b \xe2\x82 \xed\xa0\x80a \xf0\x9f\x98",
    b"a\x00b\x7fc '' ! !!",
]
PIECES = [b" ", b"a", b"b", b"c", b"he", b"l", b"llo", b"A", b"!", b"\xc3\xa9", b"\xcc\x81", b"\xcc\xa3", b"\xcc\x80", b"\xff", b"\x00", b"x", b"<m>", b"\xc4\xb0", b"\xc7\x84", b"d"]


def normal(code_points):
    """Tables for the first code points: lower case of what the standard decomposes, without accents."""
    classes, rows = np.zeros(-(-code_points // 2), np.uint8), []
    for code in range(code_points):
        letter = chr(code)
        category = unicodedata.category(letter)
        parts = [c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c)]
        lower = [ord(d) for c in parts for d in unicodedata.normalize("NFD", c.lower()) if not unicodedata.combining(d)]
        if code in MARKS:
            kind = MARKS[code]
        elif letter.isspace() and category != "Cc" or code in (9, 10, 13):
            kind = 1
        elif category[0] == "P":
            kind = 2
        elif category[0] == "C":
            kind = 3
        elif category == "Mn":
            kind = 4 if code == 0x302 else 3
        elif lower != [code]:
            kind = 5
            rows.append([code, *lower[:3], *[0] * (3 - len(lower))])
        else:
            kind = 0
        classes[code // 2] |= kind << 4 * (code % 2)
    return packed(classes.tobytes()), np.array(rows, np.uint32).reshape(-1)


def tokenizer(prompt, begin=BEGIN, go_on=GO_ON, specials=None, code_points=CODE_POINTS, **rest):
    """Parameters and inputs of a node."""
    lexicons = [specials or {}, {t: 100 + i for i, t in enumerate(begin)}, {t: 200 + i for i, t in enumerate(go_on)}]
    longest = [max(map(len, lexicon), default=0) for lexicon in lexicons]
    classes, rows = normal(code_points)
    p = {
        "code_points": code_points,
        "mappings": len(rows) // 4,
        "specials": len(lexicons[0]),
        "longest_special": longest[0],
        "words": len(begin),
        "longest_word": longest[1],
        "continuations": len(go_on),
        "longest_continuation": longest[2],
        "most_characters": 12,
        "limit": 70,
        "prompt_capacity": 96,
        "tokens_capacity": 70,
        "first": 1,
        "last": 2,
        "unk": 3,
        **rest,
    }
    slot = packed(prompt.ljust(p["prompt_capacity"], b"\0"))
    return p, [slot, classes, rows, *(tensor for lexicon in lexicons for tensor in in_order(lexicon))]


def tokenize(c):
    """For both operators."""

    def add(name, p, inputs, prompt_len, change=None):
        out = p["tokens_capacity"] if c.op == "WordPieceIds" else 64
        c.add(name, p, inputs, out, {"prompt_len": prompt_len}, change)

    def case(name, prompt, prompt_len=None, edit=None, **rest):
        p, inputs = tokenizer(prompt, **rest)
        if edit:
            edit(inputs)
        add(name, p, inputs, len(prompt) if prompt_len is None else prompt_len)

    for number, prompt in enumerate(TEXTS):
        case(f"text {number}", prompt)
        case(f"text {number}, no table", prompt, code_points=0)
        case(f"text {number}, short words", prompt, most_characters=3)
    for seed in range(24):
        prompt = b"".join(PIECES[i] for i in c.random.choice(len(PIECES), 40))[:96]
        case(f"random {seed}", prompt, most_characters=1 + seed)
    case("nothing", b"")
    case("no ends", TEXTS[0], first=text.NONE, last=text.NONE)
    case("no first", TEXTS[0], first=text.NONE, limit=5)
    for limit in (2, 3, 10):
        case(f"limit {limit}", TEXTS[0], limit=limit)
        case(f"limit {limit} of nothing", b" ", limit=limit)
    case("longer than the slot says", TEXTS[0], prompt_len=7)
    case("longer than its slot", b"a" * 96, prompt_len=0xFFFFFFFF)
    case("marks in reverse order", "a\u0301\u0301\u0323\u0323\u0301".encode(), begin=[b"a"], go_on=["\u0323".encode(), "\u0301".encode()])
    case("marks on both sides of a bar", "a\u0301\u0302\u0323".encode())
    case("marks after a sign", "!\u0301\u0323 \u0301\u0323".encode())
    case("marks past the longest word", ("abcab\u0301\u0323".encode() + b"\xcc\x81" * 20), most_characters=6)
    named = {b"<m>": 900, b"<m>!": 901, b"<": 902}
    for number, prompt in enumerate([b"a<m>he<m>!llo<", b"<m><m", b"a\xcc\x81<m>\xcc\xa3a", b"<m"]):
        case(f"special tokens {number}", prompt, specials=named)
    case("no tokens", TEXTS[0], begin=[], go_on=[])
    case("tokens that are too long", TEXTS[0], longest_word=2, longest_continuation=1)
    case("more tokens than characters", "\u00e9x\u0431".encode(), code_points=0, begin=[b"\xc3"], go_on=[b"\xa9", b"x"])
    odd = lambda inputs: inputs[2].__setitem__(slice(1, None, 4), np.where(np.arange(len(inputs[2]) // 4) % 2, 0xD800, 0x110000))
    case("mappings to what is no character", "\u00c9ab \u00c8 A".encode(), edit=odd)
    chain = lambda inputs: inputs[2].__setitem__(slice(1, None, 4), inputs[2][0::4])
    case("mappings to themselves", b"HeLLo A", edit=chain)
    case("mappings that are missing", b"HeLLo a A", mappings=3)
    p, inputs = tokenizer(TEXTS[0])
    for name, word, value in (("longest word", 24, 4097), ("shortest word", 24, 0), ("table", 16, 0x110001), ("limit", 25, 71), ("limit of one", 25, 1)):
        add(f"a {name} outside the domain", p, inputs, 5, change=lambda w, at=word, value=value: w.__setitem__(at, value))
