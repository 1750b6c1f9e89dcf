"""Text without its tone marks: one fold for both engines and for everybody who compares what people type."""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]")
# The letter has no decomposition, so NFKD leaves it whole.
_BARRED_D = str.maketrans("đĐ", "dD")


def fold(text: str) -> str:
    """`Đường Dây Nóng` becomes `duong day nong`, in NFC and NFD alike. Folding twice changes nothing.

    Only the marks of Latin script go (U+0300 to U+036F): Khmer and Lao write vowels and finals as marks, and their
    words would break. Punctuation and spaces stay.
    """
    plain = unicodedata.normalize("NFKD", text).translate(_BARRED_D)
    return unicodedata.normalize("NFKD", _MARKS.sub("", plain).casefold())
