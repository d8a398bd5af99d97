"""Keccak-256 as Ethereum uses it (padding 0x01), from the permutation's definition."""

MASK = (1 << 64) - 1
RATE = 136


def _round_constants():
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


ROUND_CONSTANTS = _round_constants()


def _turn(word, by):
    return ((word << by) | (word >> (64 - by))) & MASK if by else word


def permute(lanes):
    """Keccak-f[1600] over lanes[x][y]."""
    for constant in ROUND_CONSTANTS:
        parity = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        for x in range(5):
            theta = parity[x - 1] ^ _turn(parity[(x + 1) % 5], 1)
            for y in range(5):
                lanes[x][y] ^= theta
        x, y, current = 1, 0, lanes[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _turn(current, (t + 1) * (t + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & MASK & row[(x + 2) % 5])
        lanes[0][0] ^= constant
    return lanes


def keccak(data):
    """The digest of bytes."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % RATE)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for block in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            word = padded[block + 8 * i : block + 8 * i + 8]
            lanes[i % 5][i // 5] ^= int.from_bytes(word, "little")
        lanes = permute(lanes)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))
