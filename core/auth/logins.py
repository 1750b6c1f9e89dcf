"""Signing in without a token: static credentials, for programs that know no OAuth.

A handler names its readers in `scoped(…, logins=…)`; a bearer token is taken everywhere. What they find is held against
the clients and feed keys of the snapshot (`Tokens.caller`). Query and headers are read, never the body.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec
from litestar.types import Scope as Connection

from core.wire.feed_keys import FeedFormat


class Login(msgspec.Struct, frozen=True):
    """What a program sent: a pair, or a secret alone."""

    name: str
    """Empty where the format has none."""
    secret: str


LoginReader = Callable[[Connection], Login | None]

_CLEAN = re.compile(r"[\x20-\x7e]{3,4096}\Z")


def basic(scope: Connection) -> Login | None:
    """HTTP Basic (RFC 7617): one header, well-formed, with both halves there; anything else signs nobody in."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, encoded = (found[0] if len(found) == 1 else b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(b" "), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    name, _, secret = text.partition(":")
    return Login(name, secret) if name and secret and _CLEAN.match(text) else None


def paired(name: bytes, secret: bytes) -> LoginReader:
    """Reads a name and its secret, each from a header of its own, which is given in lower case."""

    def read(scope: Connection) -> Login | None:
        sent = dict(scope["headers"])
        found = Login(*(sent.get(header, b"").decode("latin-1") for header in (name, secret)))
        return found if found.name else None

    return read


def challenge(readers: Sequence[LoginReader], error: str = "") -> Mapping[str, str]:
    """The header of a 401. Bearer comes first: what else there is has no scheme of RFC 9110, except Basic.

    `error` is that of a token that was sent (RFC 6750 §3.1).
    """
    bearer = f'Bearer error="{error}"' if error else "Bearer"
    return {"WWW-Authenticate": f'{bearer}, Basic realm="kmm"' if basic in readers else bearer}


def invitation(readers: Sequence[LoginReader], feed_format: str) -> str:
    """What to send, in the words of the program that stands at this door."""
    ways = [
        *([_INVITED[feed_format]] if feed_format in _INVITED else []),
        *(["a client's id and secret as HTTP Basic"] if basic in readers else []),
        "a token from /oauth/token as `Authorization: Bearer …`",
    ]
    return f"Send {', or '.join(ways)}."


_INVITED: Mapping[str, str] = {
    FeedFormat.STOPNCII: "a feed key as `x-functions-key` with its `Ocp-Apim-Subscription-Key`",
    FeedFormat.GRAPH: "a feed key as the parameter `access_token`",
    FeedFormat.NCMEC: "a feed key's user name and password as HTTP Basic",
    FeedFormat.GSE: "a feed key as `API-KEY` with its `API-SECRET`",
}


def alternatives(readers: Sequence[LoginReader], feed_format: str) -> list[dict[str, list[str]]]:
    """What the document says of a handler's `security` besides OAuth: all schemes of an entry are needed.

    `core.openapi.document` says what the schemes are.
    """
    found: list[dict[str, list[str]]] = [{"basic": []}] if basic in readers else []
    schemes = _SENT.get(feed_format)
    return [*found, {scheme: [] for scheme in schemes}] if schemes else found


_SENT: Mapping[str, Sequence[str]] = {
    FeedFormat.STOPNCII: ("functions_key", "subscription_key"),
    FeedFormat.GRAPH: ("access_token",),
    FeedFormat.GSE: ("api_key", "api_secret"),
}
