"""Accounts of e-wallets, as wallet:phone or wallet:name. The name of the holder in a QR code is dropped."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.signals.kinds.links import Provider, Providers, matching
from core.signals.kinds.phone import parse_phone
from core.signals.kinds.text import clean
from core.wire.kinds import Canonical

_TABLE: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "data" / "wallets.toml").read_text("utf-8"))[
    "wallets"
]
# MoMo's own code for receiving money: version | type | phone | holder | email | … | amount | …
_MOMO_CODE = re.compile(r"2\|99\|([+0-9]{9,15})\|.*", re.DOTALL)
# "momo 0950 000 001": a wallet and a number with a blank between them.
_SPOKEN = re.compile(r"([^\d:]*?[^\W\d])[\s.-]+(\+?[0-9][0-9 .()-]{8,20})")
# Wallets do not say whether case counts in a name, so it is kept: two accounts never become one.
_name = matching(r"(?=.*[A-Za-z])[A-Za-z0-9._-]{3,50}")


def _fold_phone(text: str) -> str | None:
    try:
        phone = parse_phone(text).display
    except ValueError:
        return None
    return phone if phone.startswith("+") else None


def _fold_phone_or_name(text: str) -> str | None:
    return _name(text) or _fold_phone(text)


def _fold(names: bool) -> Callable[[str], str | None]:
    return _fold_phone_or_name if names else _fold_phone


_PROVIDERS = Providers(
    tuple(
        Provider(
            name=name,
            fold=_fold(row.get("names", False)),
            aliases=tuple(row["aliases"]),
            links=tuple(row.get("links", ())),
        )
        for name, row in _TABLE.items()
    ),
    "Expected wallet:phone, or wallet:name where the wallet has names",
)


def parse_e_wallet(value: str) -> Canonical:
    """The account under its wallet's name; a phone number in E.164."""
    text = clean(value)
    if code := _MOMO_CODE.fullmatch(text):
        text = f"momo:{code[1]}"
    elif spoken := _SPOKEN.fullmatch(text):
        text = f"{spoken[1]}:{spoken[2]}"
    return _PROVIDERS.parse(text)
