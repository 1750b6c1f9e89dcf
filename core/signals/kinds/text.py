"""What every kind asks of a value before it looks at it."""

import re
import string

MAX_CHARACTERS = 512
MAX_URL_CHARACTERS = 8192

# C0 and C1 controls, and surrogates: no store or wire format carries them all unharmed.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# White space, and the zero-width and direction marks that copying from a chat or a PDF leaves behind.
_EDGES = (
    string.whitespace
    + "\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000"
    + "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# The spellings that keep an address from being clicked in reports: [.] (dot) {.} [:]
_DEFANGED = re.compile(r"[\[({](?:(\.|dot)|(:))[\])}]", re.IGNORECASE)


def clean(value: str, limit: int = MAX_CHARACTERS) -> str:
    """The value without blank or invisible edges; ValueError when blank, too long or holding control characters."""
    if len(value) > limit:
        raise ValueError(f"Expected at most {limit} characters.")
    text = value.strip(_EDGES)
    if not text:
        raise ValueError("Expected a value that is not blank.")
    if not text.isprintable() and _UNSAFE.search(text):
        raise ValueError("Expected text without control characters.")
    return text


def refang(text: str) -> str:
    """Undo `[.]`, `(dot)`, `{.}` and `[:]`."""
    if "[" in text or "(" in text or "{" in text:
        return _DEFANGED.sub(lambda mark: "." if mark[1] else ":", text)
    return text
