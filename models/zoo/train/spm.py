"""The tokenizer: SentencePiece-style byte-pair merging by score, as GGUF files with `tokenizer.ggml.model = "llama"` mean it.

The text gets a leading space, spaces become U+2581, and the text is split into characters. Then, as long as two neighbours
together are a piece of the vocabulary, the pair whose piece has the highest score is merged, the leftmost first among equals.
What is no piece in the end is spelled with the byte pieces <0x00> to <0xFF>.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heappop, heappush

UNK, BOS, EOS = 0, 1, 2
FIRST_BYTE = 3
SPACE = "\u2581"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
"""Token types of the GGUF format."""


@dataclass
class Vocab:
    """Pieces by id, with the score and the type of each."""

    pieces: list[str]
    scores: list[float]
    types: list[int]
    ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        # Control, unknown and byte pieces are no text: "<s>" in a proposal must stay four characters.
        self.ids = {piece: i for i, piece in enumerate(self.pieces) if self.types[i] == NORMAL}
        self._encode_cached = lru_cache(maxsize=200_000)(self._merge)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, BOS first."""
        ids = [BOS]
        # Cutting before each space mark loses nothing as long as no piece has one inside, and lets words be remembered.
        for word in self._words((SPACE + text.replace(" ", SPACE)) if text else ""):
            ids.extend(self._encode_cached(word))
        return ids

    def decode(self, ids: list[int]) -> str:
        """Text of generated token ids; control tokens have none. A leading space stays."""
        out = bytearray()
        for i in ids:
            if self.types[i] == BYTE:
                out.append(i - FIRST_BYTE)
            elif self.types[i] == NORMAL:
                out += self.pieces[i].replace(SPACE, " ").encode()
        return out.decode(errors="replace")

    def _words(self, marked: str) -> list[str]:
        if any(SPACE in piece[1:] for piece in self.ids):
            return [marked]
        head, *rest = marked.split(SPACE)
        return ([head] if head else []) + [SPACE + word for word in rest]

    def _merge(self, marked: str) -> tuple[int, ...]:
        symbols = list(marked)
        after = list(range(1, len(symbols) + 1))
        before = list(range(-1, len(symbols) - 1))
        queue: list[tuple[float, int, int, str]] = []

        def offer(left: int, right: int) -> None:
            if left < 0 or right >= len(symbols):
                return
            piece = symbols[left] + symbols[right]
            if piece in self.ids:
                heappush(queue, (-self.scores[self.ids[piece]], left, right, piece))

        for i in range(len(symbols) - 1):
            offer(i, i + 1)
        while queue:
            _, left, right, piece = heappop(queue)
            # One of the two has been merged into something else since the offer.
            if symbols[left] + symbols[right] != piece or not symbols[left] or not symbols[right] or after[left] != right:
                continue
            symbols[left], symbols[right] = piece, ""
            after[left] = after[right]
            if after[right] < len(symbols):
                before[after[right]] = left
            offer(before[left], left)
            offer(left, after[left])
        return tuple(i for symbol in symbols if symbol for i in self._spell(symbol))

    def _spell(self, symbol: str) -> list[int]:
        found = self.ids.get(symbol)
        return [found] if found is not None else [FIRST_BYTE + byte for byte in symbol.encode()]
