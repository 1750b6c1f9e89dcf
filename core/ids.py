"""Ids of everything but signals: opaque, random, with a prefix that says what they name."""

import base64
import re
import secrets

import msgspec

from core.wire.common import Slug


def new(prefix: str) -> str:
    """A fresh id: `prefix`, an underscore and 128 random bits in base32."""
    return f"{prefix}_" + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def named(prefix: str, text: str) -> bool:
    """Whether `text` has the form of such an id. Ask before querying: a NUL or a lone surrogate upsets the database."""
    return re.fullmatch(f"{prefix}_[a-z2-7]{{26}}", text) is not None


def is_slug(text: str) -> bool:
    """Whether `text` could be a slug. Ask before querying, for the same reason."""
    try:
        msgspec.convert(text, Slug)
    except msgspec.ValidationError:
        return False
    return True
