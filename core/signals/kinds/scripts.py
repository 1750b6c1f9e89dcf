"""The words of a scam: what is said in calls and chats.

Two texts are one when they differ in blanks, case, invisible characters or Unicode form alone. Tones and đ count:
"chuyển" and "chuyên" are two words. The text without them is kept beside it as a fact, for those who search in
what people type without marks.
"""

import unicodedata

from core.signals.kinds.text import clean
from core.wire.kinds import Canonical, Fact

_MAX_CHARACTERS = 4096
# A word or two are in millions of innocent messages.
_FEWEST_LETTERS = 10


def parse_text(value: str) -> Canonical:
    """The text in NFC on one line, with case as sent."""
    visible = "".join(character for character in value if unicodedata.category(character) != "Cf")
    text = " ".join(unicodedata.normalize("NFC", visible).split())
    text = clean(text, _MAX_CHARACTERS)
    if sum(character.isalnum() for character in text) < _FEWEST_LETTERS:
        raise ValueError(f"Expected the words of a scam, with at least {_FEWEST_LETTERS} letters and digits.")
    return Canonical(unicodedata.normalize("NFC", text.casefold()), text)


def facts_of_text(display: str) -> dict[str, Fact]:
    """`folded`: in lower case without marks, đ as d."""
    plain = unicodedata.normalize("NFKD", display.casefold())
    letters = "".join(character for character in plain if unicodedata.category(character) != "Mn")
    return {"folded": " ".join(letters.replace("đ", "d").split())}
