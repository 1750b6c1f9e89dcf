"""Accounts that are written as word:id or found in a link: what wallets, meetings and apps have in common."""

import re
from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from core.signals.kinds.text import clean
from core.signals.kinds.web import parse_url
from core.wire.kinds import Canonical


class Provider(msgspec.Struct, frozen=True):
    """Who gives out the ids, and where they are found."""

    name: str
    fold: Callable[[str], str | None]
    """The one spelling of an id; None for text that is no id."""
    aliases: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Patterns of host, path and query without scheme; the one group is the id. More may follow / or ? or &."""
    schemes: dict[str, str] = {}
    """How an app's own link begins, and how the same link begins on the web."""


class Providers:
    """The providers of one kind."""

    def __init__(self, providers: tuple[Provider, ...], expected: str) -> None:
        """`expected` is what a partner is told: a sentence without its full stop."""
        self._expected = f"{expected}, of one of {', '.join(one.name for one in providers)}."
        self._by_word = {word: one for one in providers for word in (one.name, *one.aliases)}
        self._links = [
            (re.compile(f"(?:www\\.)?{link}(?:[/?&].*)?"), one) for one in providers for link in one.links
        ]  # fmt: skip
        self._schemes = {begins: on_web for one in providers for begins, on_web in one.schemes.items()}

    def parse(self, value: str) -> Canonical:
        """provider:id. Whatever else a link carries, such as a password or a name, is dropped."""
        text = clean(value)
        word, colon, rest = text.partition(":")
        provider = self._by_word.get(word.strip().lower()) if colon else None
        if provider is None:
            provider, rest = self._of_link(text)
        folded = provider.fold(rest.strip())
        if folded is None:
            raise ValueError(self._expected)
        return Canonical(f"{provider.name}:{folded}", f"{provider.name}:{folded}")

    def _of_link(self, text: str) -> tuple[Provider, str]:
        for begins, on_web in self._schemes.items():
            if text.lower().startswith(begins):
                text = on_web + text[len(begins) :]
        try:
            address = parse_url(text).identity
        except ValueError:
            raise ValueError(self._expected) from None
        for link, provider in self._links:
            if found := link.fullmatch(address):
                return provider, unquote(found[1])
        raise ValueError(self._expected)


def matching(pattern: str, *, lower: bool = False, dropped: str = "") -> Callable[[str], str | None]:
    """A fold that drops some characters, perhaps lowers case, and then asks for the pattern."""
    form = re.compile(pattern)
    table = str.maketrans("", "", dropped)

    def fold(text: str) -> str | None:
        folded = text.translate(table)
        folded = folded.lower() if lower else folded
        return folded if form.fullmatch(folded) else None

    return fold
