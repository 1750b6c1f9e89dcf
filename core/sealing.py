"""Fields that only the hub itself reads back: encrypted under a key of their purpose, derived from its secret."""

import secrets
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


def derive(secret: str, purpose: bytes) -> bytes:
    """32 bytes for one purpose (up to 16 bytes of name) from the hub's secret."""
    return blake2b(secret.encode(), digest_size=32, person=purpose).digest()


class Sealer:
    """Seals for one purpose. `bound` names the row: what was sealed for another does not open there."""

    def __init__(self, secret: str, purpose: bytes) -> None:
        self._cipher = AESGCM(derive(secret, purpose))

    def seal(self, plain: bytes, bound: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes:
        """Raises `RuntimeError` when it was sealed under another secret, or for another row."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
        except InvalidTag:
            raise RuntimeError("The setting `secret` is not the one that this database was made with.") from None
