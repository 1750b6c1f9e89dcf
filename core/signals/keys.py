"""Keyed digests: of signals (their public ids), of positions (the checks of a feed), of cursors."""

import base64
import hmac
import re
from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

_ID = re.compile(r"sig_([a-z2-7]{26})\Z")
MODULUS = 1 << 128
"""Checks and digests are sums modulo this."""
_MAC_SIZE = 12
"""Bytes of a cursor's MAC."""


class Keys:
    """Derived from the hub's secret, each purpose with a key of its own."""

    def __init__(self, secret: str) -> None:
        root = secret.encode()
        # To copy what has taken the key already is cheaper than to begin with it.
        self._signal = blake2b(key=_derive(root, b"signal"), digest_size=16)
        self._check = blake2b(key=_derive(root, b"check"), digest_size=16)
        self._cursor = _derive(root, b"cursor")
        self._blind = _derive(root, b"blind")
        self._filler = _derive(root, b"filler")
        self._namespace = _derive(root, b"namespace")

    def signal(self, kind: str, identity: str) -> bytes:
        """Key of a signal. Keyed, so that an id tells nobody which value it stands for, nor when it came."""
        one = self._signal.copy()
        one.update(f"{kind}\0{identity}".encode())
        return one.digest()

    def blind(self, epoch: int) -> bytes:
        """The key that partners share for the private lookup."""
        return blake2b(epoch.to_bytes(8, "big"), key=self._blind, digest_size=32).digest()

    def filler(self, epoch: int, partner: int) -> bytes:
        """What the dummies of a partner are made of in an epoch. Never leaves the hub."""
        message = epoch.to_bytes(8, "big") + partner.to_bytes(8, "big")
        return blake2b(message, key=self._filler, digest_size=32).digest()

    def namespace(self, name: str) -> UUID:
        """For UUIDv5 that the hub alone can make. Whoever was given one can make no other."""
        return UUID(bytes=blake2b(name.encode(), key=self._namespace, digest_size=16).digest())

    def check(self, position: int) -> int:
        """h(position): what a live claim adds to digests."""
        return int(self.check_text(position), 16)

    def check_text(self, position: int) -> str:
        """`hex_sum(check(position))`, in a third of the time."""
        one = self._check.copy()
        one.update(position.to_bytes(8, "big"))
        return one.hexdigest()

    def seal(self, payload: bytes, partner: int) -> str:
        """A cursor's text: the payload and a MAC that binds it to its partner."""
        return base64.urlsafe_b64encode(payload + self._mac(payload, partner)).rstrip(b"=").decode()

    def unseal(self, text: str, partner: int) -> bytes | None:
        """The payload, or None when the text is not one that `seal` gave to this partner."""
        try:
            payload = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-_MAC_SIZE]
        except ValueError:
            return None
        # The whole text is compared: base64 decoders skip strange characters and ignore the last bits.
        sealed = self.seal(payload, partner)
        return payload if payload and hmac.compare_digest(text.encode(), sealed.encode()) else None

    def _mac(self, payload: bytes, partner: int) -> bytes:
        return blake2b(payload, key=self._cursor, digest_size=_MAC_SIZE, salt=partner.to_bytes(8, "big")).digest()


_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_SHIFTS = range(120, -1, -10)


def public_id(key: bytes) -> str:
    """RFC 4648 base32 of the key, two letters at a time: the standard library's takes a fifth of a page's time."""
    bits = int.from_bytes(key, "big") << 2
    return "sig_" + "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])


_TO_LETTERS = bytes.maketrans(bytes(range(32)), _LETTERS.encode())
_HALVES = (
    (12, 0xFFFFF00000, 0x00000000000FFFFF),
    (6, 0x000FFC00000FFC00, 0x000003FF000003FF),
    (3, 0x03E003E003E003E0, 0x001F001F001F001F),
)
"""How 40 bits spread over eight bytes, five in each: what moves up, by how much, and what stays."""


def public_ids(keys: Sequence[bytes]) -> list[str]:
    """`public_id` of each, in a third of the time: the keys of a page are one number, spread over twice its length."""
    # A key and four bytes more are four times 40 bits, in lanes of 64.
    lanes, size = bytearray(32 * len(keys)), 4 * len(keys)
    packed = b"".join([key + b"\0\0\0\0" for key in keys])
    for at in range(5):
        lanes[3 + at :: 8] = packed[at::5]
    bits = int.from_bytes(lanes, "big")
    for by, up, down in _HALVES:
        upper, lower = (int.from_bytes(mask.to_bytes(8, "big") * size, "big") for mask in (up, down))
        bits = (bits & upper) << by | bits & lower
    letters = bits.to_bytes(8 * size, "big").translate(_TO_LETTERS).decode()
    return [f"sig_{letters[at : at + 26]}" for at in range(0, 8 * size, 32)]


def parse_id(text: str) -> bytes | None:
    """The key behind a public id; None when the text is no id, which callers treat as not found."""
    found = _ID.fullmatch(text)
    if not found:
        return None
    key = base64.b32decode(found[1].upper() + "======")
    # 26 letters carry two bits more than a key has: only one spelling is the id.
    return key if public_id(key) == text else None


def hex_sum(value: int) -> str:
    return f"{value % MODULUS:032x}"


def _derive(root: bytes, purpose: bytes) -> bytes:
    return blake2b(root, digest_size=32, person=purpose).digest()
