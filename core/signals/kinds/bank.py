"""Accounts at banks of Viet Nam, as BIN:ACCOUNT in the words of NAPAS and VietQR."""

import re
import tomllib
import unicodedata
from pathlib import Path

from core.signals.kinds.text import clean
from core.signals.kinds.vietqr import is_payload, read_link, read_payload
from core.wire.kinds import Canonical, Fact

_NOT_AN_ACCOUNT = "Expected BANK:ACCOUNT, with the six-digit BIN or the short name of the bank."
_BIN = re.compile(r"[0-9]{6}")
# The transfer network takes up to 19 letters and digits; banks sell short numbers and words as accounts.
_ACCOUNT = re.compile("[0-9A-Z]{3,19}")
# A mark of these stands between bank and account, and between groups of digits.
_SEPARATORS = " .,;|/_-"
_DROP_SEPARATORS = str.maketrans("", "", _SEPARATORS)


def parse_bank_account(value: str) -> Canonical:
    """The account under its bank's BIN, without separators; leading zeros belong to it. A VietQR code names both.

    A BIN need not be in our table. The name of the holder is refused: a value names no person.
    """
    text = unicodedata.normalize("NFKC", clean(value))
    bank, account = read_payload(text) if is_payload(text) else read_link(text) or _split(text)
    digits = account.translate(_DROP_SEPARATORS)
    # Words are never joined: several of them are a name.
    number = digits if digits.isdecimal() else account.strip(_SEPARATORS).upper()
    if not _ACCOUNT.fullmatch(number):
        raise ValueError("Expected an account of 3 to 19 letters and digits, without the name of its holder.")
    identity = f"{_bin(bank.strip())}:{number}"
    return Canonical(identity, identity)


def facts_of_bank_account(display: str) -> dict[str, Fact]:
    """`bank`: the name in use of one in our table."""
    name = _NAMES.get(display.partition(":")[0])
    return {"bank": name} if name else {}


def _split(text: str) -> tuple[str, str]:
    """(bank, account) at the colon, else before the digits at the end or after a leading BIN."""
    bank, colon, account = text.partition(":")
    if colon:
        return bank, account
    bank = text.rstrip("0123456789 .-") or text[:6]
    account = text[len(bank) :]
    if not account or not (account[0] in _SEPARATORS or bank[-1] in _SEPARATORS):
        raise ValueError(_NOT_AN_ACCOUNT)
    return bank.rstrip(_SEPARATORS), account


def _bin(bank: str) -> str:
    if _BIN.fullmatch(bank):
        return bank
    try:
        return _BINS[_folded(bank)]
    except KeyError:
        raise ValueError("Expected a bank of Viet Nam by its short name or six-digit BIN.") from None


def _folded(name: str) -> str:
    """The name without case, accents, punctuation and the words for "bank"."""
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("đ", "d")
    letters = "".join(character for character in plain if character.isalnum())
    return letters.removeprefix("nganhang").removesuffix("bank")


def _read_table() -> dict[str, list[str]]:
    table = tomllib.loads((Path(__file__).parent / "data" / "banks.toml").read_text("utf-8"))
    return table["banks"]  # type: ignore[no-any-return]


def _bins_by_name() -> dict[str, str]:
    """BIN of each folded name; ValueError when two banks share a name."""
    bins: dict[str, str] = {}
    for code, names in _BANKS.items():
        for name in names:
            if bins.setdefault(_folded(name), code) != code:
                raise ValueError(f"Two banks are called {name}.")
    return bins


_BANKS = _read_table()
_NAMES = {code: names[0] for code, names in _BANKS.items()}
_BINS = _bins_by_name()
