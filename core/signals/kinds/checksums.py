"""Checks that a mistyped address of a cryptocurrency does not pass: Base58Check, Bech32, Bech32m and EIP-55."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

_BASE58 = {digit: value for value, digit in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {digit: value for value, digit in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# What the checksum of a version 0 address comes to (BIP 173), and of all later versions (BIP 350).
_BECH32_CONSTANT, _BECH32M_CONSTANT = 1, 0x2BC830A3


def base58(text: str) -> bytes | None:
    """The bytes that the text stands for; None when a character is not of the alphabet."""
    number = 0
    for digit in text:
        if (value := _BASE58.get(digit)) is None:
            return None
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base58check(text: str) -> bytes | None:
    """Version and payload; None when the checksum fails."""
    data = base58(text)
    if data is None or len(data) < 5 or sha256(sha256(data[:-4]).digest()).digest()[:4] != data[-4:]:
        return None
    return data[:-4]


def is_segwit(address: str, prefix: str) -> bool:
    """Whether the lower-case text is a witness address (BIP 173, BIP 350) of the network with this prefix."""
    start, _, data = address.rpartition("1")
    values = [_BECH32.get(digit, -1) for digit in data]
    if start != prefix or len(address) > 90 or len(values) < 7 or -1 in values:
        return False
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    version, program = values[0], _bytes_of(values[1:-6])
    constant = _BECH32M_CONSTANT if version else _BECH32_CONSTANT
    if version > 16 or program is None or _polymod([*expanded, *values]) != constant:
        return False
    return len(program) in (20, 32) if version == 0 else 2 <= len(program) <= 40


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            if top >> bit & 1:
                check ^= generator
    return check


def _bytes_of(groups: Sequence[int]) -> bytes | None:
    """Groups of five bits as bytes; None when the padding is too long or not zero."""
    number = 0
    for group in groups:
        number = number << 5 | group
    length, padding = divmod(5 * len(groups), 8)
    if padding > 4 or number & ((1 << padding) - 1):
        return None
    return (number >> padding).to_bytes(length, "big")


def is_eip55(digits: str) -> bool:
    """Whether the case of 40 hexadecimal digits is the checksum of EIP-55."""
    digest = keccak256(digits.lower().encode()).hex()
    pairs = zip(digits, digest, strict=False)
    return all(digit.isupper() == (int(nibble, 16) > 7) for digit, nibble in pairs if digit.isalpha())


# Keccak as it was before SHA-3 changed its padding: hashlib has only the latter.
_RATE = 136
_LANE = (1 << 64) - 1


def keccak256(message: bytes) -> bytes:
    padded = bytearray(message + b"\x01" + bytes(_RATE - 1 - len(message) % _RATE))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    """The 24 rounds of Keccak-f[1600]; lane (x, y) is at x + 5 y."""
    for constant in _ROUND_CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for at, (target, turn) in enumerate(_MOVES):
            moved[target] = _rotated(state[at] ^ mixed[at % 5], turn)
        state = [
            moved[at] ^ (~moved[at - at % 5 + (at + 1) % 5] & moved[at - at % 5 + (at + 2) % 5]) for at in range(25)
        ]
        state[0] ^= constant
    return state


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _LANE


def _moves() -> list[tuple[int, int]]:
    """Where each lane goes in a round, and how far it is rotated (steps rho and pi)."""
    moves = [(0, 0)] * 25
    x, y = 1, 0
    for step in range(24):
        target = y + 5 * ((2 * x + 3 * y) % 5)
        moves[x + 5 * y] = (target, (step + 1) * (step + 2) // 2 % 64)
        x, y = y, (2 * x + 3 * y) % 5
    return moves


def _round_constants() -> list[int]:
    """From the shift register of FIPS 202, algorithm 5."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (register & 1) << ((1 << bit) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_MOVES = _moves()
_ROUND_CONSTANTS = _round_constants()
