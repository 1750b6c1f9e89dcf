"""`Accept`: which form of an answer its caller takes (RFC 9110 §12.5.1).

2026-11-22: a call whose caller takes none of its forms is refused with 406 and their list, before anything is done;
RFC 9110 lets a server send what was not asked for instead, and a program that reads CSV would find the fault in its
own parser. Where the contract says `*/*`, a file that somebody uploaded, the file is what its address names, and
`Accept` is not asked; nor is it for answers without content and for errors. We gave up one leniency: `Accept:
text/html` alone used to get JSON. Held by tests/contract/test_errors.py.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Scope

from core.errors import NotAcceptable
from core.openapi import answered

ANY = "*/*"
_LONGEST = 1_024
"""Letters of the header: what it says is remembered, and it is read before anybody has signed in. Browsers send 150."""
_QUALITY = re.compile(r"[01]|[01]?\.[0-9]{1,9}", re.ASCII)


class Range(NamedTuple):
    """A media range of `Accept`."""

    name: str
    parameters: Mapping[str, str]
    quality: float

    @property
    def narrowness(self) -> tuple[int, int]:
        """Of two that fit, the narrower one counts."""
        return (self.name != ANY) + (not self.name.endswith("/*")), len(self.parameters)

    def fits(self, form: str) -> bool:
        """Whether it means this media type. What the type does not say, `charset` most often, keeps nobody out."""
        name, parameters = _parsed(form)
        kind = name.partition("/")[0]
        return self.name in (ANY, f"{kind}/*", name) and all(
            parameters.get(key, value) == value for key, value in self.parameters.items()
        )


def sent(scope: Scope) -> str:
    """The header, or all of them; empty where there is none. Raises `NotAcceptable` for more than anybody needs."""
    accepted = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")
    if len(accepted) > _LONGEST:
        raise NotAcceptable(f"`Accept` may have {_LONGEST} characters.")
    return accepted


@lru_cache(maxsize=1_024)
def choose(accepted: str, forms: tuple[str, ...]) -> str:
    """Of these forms the one that is liked best, the first of equals. Raises `NotAcceptable` when none is taken.

    A header of `application/json, */*` likes JSON best, although it takes all alike: so its sender meant it.
    """
    ranges = _ranges(accepted)
    if not ranges:
        return forms[0]
    liked = [(_liking(ranges, form), form) for form in forms]
    (quality, *_), best = max(liked, key=lambda one: one[0])
    if not quality:
        raise NotAcceptable(f"This call answers in {', '.join(forms)}; `Accept` takes none of them.")
    return best


def _liking(ranges: tuple[Range, ...], form: str) -> tuple[float, tuple[int, int], int]:
    """Quality, by the narrowest range that fits, how narrow that is, and how early it comes."""
    found = [(one.narrowness, -place, one.quality) for place, one in enumerate(ranges) if one.fits(form)]
    narrowness, place, quality = max(found, default=((0, 0), 0, 0.0))
    return quality, narrowness, place


def _ranges(accepted: str) -> tuple[Range, ...]:
    """Without empty entries. `*` alone is Java's way to say `*/*`."""
    found = []
    for name, parameters in map(_parsed, accepted.split(",")):
        if name:
            named = {key: value for key, value in parameters.items() if key != "q"}
            found.append(Range(ANY if name == "*" else name, named, _quality(parameters.get("q", "1"))))
    return tuple(found)


def _quality(text: str) -> float:
    return float(text) if _QUALITY.fullmatch(text) else 1.0


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> tuple[str, Mapping[str, str]]:
    name, *rest = (part.strip() for part in text.lower().split(";"))
    pairs = (part.partition("=") for part in rest if part)
    return name, {key.strip(): value.strip(' "') for key, _, value in pairs}


def guard(scope: Scope, handler: BaseRouteHandler) -> None:
    """Raises `NotAcceptable` for a caller that takes nothing of what a handler answers with."""
    accepted = sent(scope)
    if accepted not in ("", ANY) and (forms := _forms(handler)):
        choose(accepted, forms)


@cache
def _forms(handler: BaseRouteHandler) -> tuple[str, ...]:
    """What it answers with when all goes well; empty where `Accept` makes no difference, or where it asks by itself."""
    if not isinstance(handler, HTTPRouteHandler) or handler.opt.get("open_forms"):
        return ()
    if not handler.resolve_include_in_schema():
        # What is not in the contract only ever refuses.
        return ()
    good = [media or () for status, media in answered(handler).items() if 200 <= status < 300]
    forms = tuple(dict.fromkeys(form for media in good for form in media))
    return () if ANY in forms else forms
