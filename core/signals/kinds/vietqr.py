"""The two fields of a VietQR code that are an account: the bank's BIN and the account number.

Layout: EMVCo Merchant-Presented QR, with the account in template 38 as NAPAS fills it (A000000727). Names, amounts
and messages in a code are never read.
"""

import binascii
import re
from urllib.parse import unquote

_NAPAS = "A000000727"
_TO_ACCOUNT = "QRIBFTTA"
# A picture of a code made on demand, and the link that opens a bank's app with a transfer filled in.
_LINKS = (
    re.compile(r"(?:https?://)?(?:img|api)\.vietqr\.io/image/(?P<bank>\w+)-(?P<account>\w+?)(?:-\w+)?\.(?:png|jpe?g)(?:\?.*)?"),
    re.compile(r"(?:https?://)?dl\.vietqr\.io/pay\?(?:.*&)?ba=(?P<account>\w+)(?:@|%40)(?P<bank>\w+)(?:&.*)?"),
)  # fmt: skip


def is_payload(text: str) -> bool:
    """Whether it begins as every EMVCo code does: version 01 under tag 00."""
    return text.startswith("000201") and len(text) > 26


def read_payload(text: str) -> tuple[str, str]:
    """(BIN, account); ValueError when the code is damaged, or pays to a card or another network."""
    if not text.isascii() or text[-8:-4].upper() != "6304":
        raise ValueError("Expected a whole VietQR code, with its checksum at the end.")
    if f"{binascii.crc_hqx(text[:-4].encode(), 0xFFFF):04X}" != text[-4:].upper():
        raise ValueError("Expected a VietQR code whose checksum holds.")
    merchant = _fields(_fields(text).get("38", ""))
    if merchant.get("00") != _NAPAS:
        raise ValueError("Expected a VietQR code of the NAPAS network.")
    # A card number is not to be shared, and it is no account.
    if merchant.get("02", _TO_ACCOUNT) != _TO_ACCOUNT:
        raise ValueError("Expected a VietQR code that pays to an account, not to a card.")
    beneficiary = _fields(merchant.get("01", ""))
    return beneficiary.get("00", ""), beneficiary.get("01", "")


def read_link(text: str) -> tuple[str, str] | None:
    """(bank, account) of a VietQR link; None for any other text."""
    if "vietqr.io" not in text:
        return None
    found = next((found for link in _LINKS if (found := link.fullmatch(text))), None)
    return (unquote(found["bank"]), unquote(found["account"])) if found else None


def _fields(text: str) -> dict[str, str]:
    """Values by tag: two digits of tag, two of length, value."""
    fields: dict[str, str] = {}
    while text:
        tag, size = text[:2], text[2:4]
        if not (len(text) >= 4 and tag.isdecimal() and size.isdecimal()) or len(text) < 4 + int(size):
            raise ValueError("Expected a VietQR code of tags, lengths and values.")
        fields[tag], text = text[4 : 4 + int(size)], text[4 + int(size) :]
    return fields
