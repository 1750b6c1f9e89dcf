"""The private lookup's arithmetic, for both sides: pure functions that a partner's program may use as they are.

A caller digests what it wants to know under the key of the epoch, shows the hub the first bits, and looks for the rest
in the bucket that comes back. An entry is the base64url of 150 bytes: the first half of a digest (16 bytes), then what
the hub knows, sealed under a key that takes the whole digest. Only who has the value can make that digest, so an entry
tells others nothing, and random bytes pass for one: that is what a bucket is filled up with.

An id in the clear would not do: `GET /v1/signals/{id}` would sort the dummies out. AES-SIV (RFC 5297) needs no nonce,
so that the same knowledge is the same bytes each time.
"""

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha256, shake_256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from core.wire.lookup import Known

SLOTS = 64
"""Entries of a bucket, always."""
BITS = 4
"""Fewest bits of a prefix."""
_MEAN = 24
"""Most real entries of a bucket, on average. The chance that one of mean 24 holds more than 64 is 4e-12 (Poisson)."""
_SHOWN = 16
_TEXT = 118
_ENTRY = _SHOWN + 16 + _TEXT
_decoder = msgspec.json.Decoder(Known)


def digest(key: bytes, kind: str, identity: str) -> bytes:
    """HMAC-SHA256 (RFC 2104) over kind, NUL and the identity that the kind's normaliser gives."""
    return hmac.digest(key, f"{kind}\0{identity}".encode(), "sha256")


def prefix(digest: bytes, bits: int) -> str:
    """The first `bits` bits as a number, in as many hex digits as the largest of them takes."""
    return spell(int.from_bytes(digest, "big") >> (8 * len(digest) - bits), bits)


def spell(number: int, bits: int) -> str:
    return f"{number:0{-(-bits // 4)}x}"


def span(number: int, bits: int) -> tuple[bytes, bytes]:
    """The least and the greatest digest of a bucket."""
    rest = 256 - bits
    return (number << rest).to_bytes(32, "big"), ((number + 1 << rest) - 1).to_bytes(32, "big")


def bits_for(entries: int) -> int:
    """Bits at which buckets hold at most 24 of so many on average."""
    return max(BITS, (-(-entries // _MEAN) - 1).bit_length())


def seal(digest: bytes, known: Known) -> bytes:
    """An entry. Its length does not depend on what is known."""
    text = msgspec.json.encode(known)
    if len(text) > _TEXT:
        raise ValueError("Known has outgrown the length of an entry")
    return digest[:_SHOWN] + _cipher(digest).encrypt(text.ljust(_TEXT), None)


def dummies(secret: bytes, bucket: str, number: int, bits: int) -> list[bytes]:
    """A bucketful of entries that mean nothing: the same again for the same `bucket`, and like any to all others."""
    stream = shake_256(secret + bucket.encode()).digest(SLOTS * _ENTRY)
    rest = 128 - bits
    made = []
    for start in range(0, len(stream), _ENTRY):
        shown = int.from_bytes(stream[start : start + _SHOWN], "big") & ((1 << rest) - 1) | number << rest
        made.append(shown.to_bytes(_SHOWN, "big") + stream[start + _SHOWN : start + _ENTRY])
    return made


def written(entries: Iterable[bytes]) -> tuple[str, ...]:
    """A bucket's entries as they are sent, in an order that says nothing of where they come from."""
    return tuple(base64.urlsafe_b64encode(entry).decode() for entry in sorted(entries))


def open_bucket(digest: bytes, entries: Iterable[str]) -> Known | None:
    """What a bucket says of the value behind `digest`; None when the hub knows nothing that the caller may see.

    None never means that the value is safe.
    """
    for entry in map(base64.urlsafe_b64decode, entries):
        if entry[:_SHOWN] == digest[:_SHOWN]:
            try:
                return _decoder.decode(_cipher(digest).decrypt(entry[_SHOWN:], None))
            except InvalidTag:
                continue
    return None


def _cipher(digest: bytes) -> AESSIV:
    return AESSIV(sha256(digest).digest())
