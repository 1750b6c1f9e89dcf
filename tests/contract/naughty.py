"""Strings that have broken somebody's software: ours to send through every text field."""

import json
from itertools import chain
from pathlib import Path

# Python's own parser: lone surrogates are among them, which no UTF-8 can hold and others refuse.
_FAMILIES: dict[str, list[str]] = json.loads(Path(__file__).with_name("strings.json").read_text())
_LONG = ["a" * 299, "a" * 300, "a" * 301, "đ" * 300, "😀" * 300, "a" * 5_001, "😀" * 5_000, "\u0301" * 300]

STRINGS = [*chain.from_iterable(_FAMILIES.values()), *_LONG]

_DOUBTED = frozenset("\0\x1a\x85\u2028\ufeff\uffff\U0010ffff")

CODE_POINTS = [
    *(text for text in _FAMILIES["controls"] + _FAMILIES["invisible"] if _DOUBTED & set(text)),
    *_FAMILIES["surrogates"],
    *_LONG,
]
"""Those of them that databases do not agree about, one for each reason."""
STORED = [next(text for text in CODE_POINTS if "\0" in text), _FAMILIES["surrogates"][0], _LONG[-1]]
"""One for each way in which a place has lost or refused what its type allowed elsewhere."""


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
