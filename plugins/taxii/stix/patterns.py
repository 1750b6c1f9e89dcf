"""STIX patterns (STIX 2.1 §9) of the observables we know: one comparison, or two joined by AND.

Object types of STIX where it has one; `phone-number` and `bank-account` as in stix2extensions (the bank as its
BIN); words of our own where nobody has one: a pattern may name any type. What a pattern cannot say without doubt stands
in our extension, which readers should prefer.
"""

import re
from collections.abc import Callable, Mapping

_SIMPLE = {
    "url": "url:value",
    "domain": "domain-name:value",
    "email": "email-addr:value",
    "phone": "phone-number:value",
    "e_wallet": "e-wallet:value",
    "crypto_address": "cryptocurrency-wallet:value",
    "meeting": "online-meeting:value",
    "app": "mobile-app:value",
    "text": "message:value",
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
    "pdq": "file:hashes.PDQ",
}
_BANK, _ACCOUNT = "bank-account:bank", "bank-account:account_number"
_PLATFORM, _LOGIN, _USER = "user-account:account_type", "user-account:account_login", "user-account:user_id"
_IPV4, _IPV6 = "ipv4-addr:value", "ipv6-addr:value"


def _pair(first: str, second: str) -> Callable[[str], str]:
    def write(value: str) -> str:
        left, _, right = value.partition(":")
        return f"[{first} = {_literal(left)} AND {second} = {_literal(right)}]"

    return write


_WRITERS: dict[str, Callable[[str], str]] = {
    "ip": lambda value: f"[{_IPV6 if ':' in value else _IPV4} = {_literal(value)}]",
    "bank_account": _pair(_BANK, _ACCOUNT),
    "social_account": _pair(_PLATFORM, _LOGIN),
}


def write(kind: str, value: str) -> str:
    """The pattern for a canonical value. A kind of a plugin's is an object type of its name."""
    writer = _WRITERS.get(kind)
    if writer:
        return writer(value)
    path = _SIMPLE.get(kind) or f"{kind.replace('_', '-')}:value"
    return f"[{path} = {_literal(value)}]"


def _literal(value: str) -> str:
    if "'" in value or "\\" in value:
        value = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{value}'"


def read(pattern: str) -> tuple[str, str] | None:
    """The (kind, value) that a pattern says; None for what is no single observable of ours.

    Other operators, qualifiers, joins by OR or FOLLOWEDBY, and object paths that we do not know are all None.
    """
    found = _PATTERN.fullmatch(pattern)
    if not found:
        return None
    first, one, second, other = found.groups()
    if second:
        return _read_pair({_path(first): _plain(one), _path(second): _plain(other)})
    kind = _KINDS.get(_path(first))
    return (kind, _plain(one)) if kind else None


def _read_pair(terms: Mapping[str, str]) -> tuple[str, str] | None:
    if terms.keys() == {_BANK, _ACCOUNT}:
        return "bank_account", f"{terms[_BANK]}:{terms[_ACCOUNT]}"
    login = terms.get(_LOGIN) or terms.get(_USER)
    platform = terms.get(_PLATFORM)
    return ("social_account", f"{platform}:{login}") if platform and login else None


def _path(text: str) -> str:
    """Keys of hashes are written with or without quotes and hyphens."""
    return text.replace("'", "").replace("-", "").lower() if ":hashes." in text else text


def _plain(literal: str) -> str:
    return _ESCAPED.sub(r"\1", literal) if "\\" in literal else literal


_KINDS = {_path(path): kind for kind, path in _SIMPLE.items()} | {_IPV4: "ip", _IPV6: "ip"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TERM = r"\s*([a-z0-9-]+:[A-Za-z0-9_.'-]+)\s*=\s*'([^'\\]*(?:\\['\\][^'\\]*)*)'\s*"
_PATTERN = re.compile(rf"\s*\[{_TERM}(?:AND{_TERM})?\]\s*")
