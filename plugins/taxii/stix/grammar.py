"""Whether a text is a pattern of STIX 2.1 (section 9): clients parse those of a page before they give out any of it.

Each token is made a letter, and what the grammar derives from letters a letter again, from the inside out.
"""

import re

_STRING = r"'[^'\\]*(?:\\['\\][^'\\]*)*'"
_WORDS = (
    *("AND", "OR", "NOT", "FOLLOWEDBY", "EXISTS", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"),
    *("START", "STOP", "WITHIN", "SECONDS", "REPEATS", "TIMES", "true", "false"),
)
_NO_WORD = rf"(?!(?:{'|'.join(_WORDS)})(?![A-Za-z0-9_-]))"
_NAME = rf"{_NO_WORD}[A-Za-z_][A-Za-z0-9_]*"
_STEP = rf"(?:{_NAME}|{_STRING})"
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_BASE64 = r"(?:[A-Za-z0-9+/]{4})+|(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)"
_TOKENS = {
    "p": rf"{_NO_WORD}[A-Za-z_][A-Za-z0-9_-]*:{_STEP}(?:\.{_STEP}|\[(?:0|[1-9][0-9]*|\*)\])*",
    "t": rf"t'{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z'",
    "b": r"h'(?:[0-9A-Fa-f]{2})*'" + rf"|b'(?:{_BASE64})'",
    "s": _STRING,
    "f": r"[0-9]*\.[0-9]+",
    "n": r"-[0-9]*\.[0-9]+|-(?:0|[1-9][0-9]*)|0",
    "d": r"[1-9][0-9]*",
    "v": r"(?:true|false)\b",
    "=": r"==?|!=|<>",
    "<": r"[<>]=?",
    **{letter: rf"{word}\b" for letter, word in {"A": "AND", "O": "OR", "F": "FOLLOWEDBY", "N": "NOT"}.items()},
    **{letter: rf"{word}\b" for letter, word in {"e": "EXISTS", "i": "IN", "S": "START", "T": "STOP"}.items()},
    **{letter: rf"{word}\b" for letter, word in {"W": "WITHIN", "c": "SECONDS", "R": "REPEATS", "x": "TIMES"}.items()},
    "k": r"(?:LIKE|MATCHES|ISSUBSET|ISSUPERSET)\b",
    **{sign: re.escape(sign) for sign in "[](),"},
}
_LETTERS = list(_TOKENS)
_TOKEN = re.compile(r"\s*(?:" + "|".join(f"({form})" for form in _TOKENS.values()) + ")")
_TEST = re.compile(r"pN?(?:=[stfnbdv]|<[stfnbd]|ks|i\((?:[stfnbdv](?:,[stfnbdv])*)?\))|N?ep")
_COMPARED = re.compile(r"\(C(?:[AO]C)*\)")
_QUALIFIED = r"(?:Rdx)?(?:W[fd]c)?(?:StTt)?"
_OBSERVED = re.compile(r"\[C(?:[AO]C)*\]" + _QUALIFIED)
_GROUPED = re.compile(rf"\(P(?:[AOF]P)*\){_QUALIFIED}")
_PATTERN = re.compile(r"P(?:[AOF]P)*")
_DEPTH = 20
"""Of brackets in brackets."""
_MANY = 1_000
"""Tokens."""


def is_pattern(text: str) -> bool:
    """Not of one that is longer than people write, nor of one whose qualifiers stand in another order than REPEATS,
    WITHIN, START."""
    letters: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or len(letters) == _MANY:
            return False
        letters.append(_LETTERS[(token.lastindex or 0) - 1])
        at = token.end()
    tests = _derived(_COMPARED, "C", _TEST.sub("C", "".join(letters)))
    return _PATTERN.fullmatch(_derived(_GROUPED, "P", _OBSERVED.sub("P", tests))) is not None


def _derived(form: re.Pattern[str], letter: str, letters: str) -> str:
    for _ in range(_DEPTH):
        letters, count = form.subn(letter, letters)
        if not count:
            break
    return letters
