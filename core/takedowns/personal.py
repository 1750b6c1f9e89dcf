"""What free text must not hold: a simple look for what names a person. It finds the careless, not the cunning.

The EU's statements of reasons have the same rule: "no personal data in free text".
"""

import re
import unicodedata

from core.wire.common import FieldError

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
# Days written with dashes and dots, which would read as the beginning of a number.
_NO_DAY = r"(?!\d{1,2}[.-]\d{1,2}[.-]\d{4}|\d{4}[.-]\d{2}[.-]\d{2})"
_CARD = re.compile(rf"(?<!\w){_NO_DAY}0(?:[ .-]?\d){{11}}(?!\w)")
"""Căn cước: twelve digits, of which the first three are a province's code, all below 100 (Circular 59/2021/TT-BCA)."""
_PHONE = re.compile(
    rf"(?<!\w){_NO_DAY}(?:"
    r"(?:\+|00)[1-9](?:[ .()-]{0,2}\d){7,13}"  # of any country, with its code
    r"|(?:84|0)[35789](?:[ .-]?\d){8}"  # a mobile phone of Viet Nam
    r"|(?:84|0)2(?:[ .-]?\d){9}"  # a landline
    r")(?!\w)"
)
_LOOKS = ((_EMAIL, "an email address"), (_CARD, "the number of an identity card"), (_PHONE, "a phone number"))


def named(text: str) -> str | None:
    """What of a person `text` seems to hold, in words; None when it seems to hold nothing."""
    # Full-width digits and the like are digits to whoever reads them.
    plain = unicodedata.normalize("NFKC", text)
    return next((what for pattern, what in _LOOKS if pattern.search(plain)), None)


def fault(text: str, pointer: str) -> FieldError | None:
    """The fault of a field at `pointer` in a body, if it seems to name a person."""
    found = named(text)
    if found is None:
        return None
    detail = f"This seems to hold {found}. Leave out who is affected; a suspect's number is a signal of its own."
    return FieldError(pointer, "personal_data", detail)
