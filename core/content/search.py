"""Finding materials by what they say and whom they are for, with tone marks or without.

2026-11-22: words are kept twice in one narrow table, with their marks and folded, and looked for with LIKE. SQLite's
full-text index never folds đ, PostgreSQL's needs an extension, and the two rank differently. Read in the order of the
list, a page out of 50,000 titles with summaries took SQLite 7 to 15 ms of processor time for common words and 30 to 45
for rare ones, twice that when they are typed with marks. We gave up ranking by anything but marks, and finding misspelt
words. Held by tests/content/test_search.py.
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.content.models import Material, SearchText, Version
from core.db import Database
from core.folding import fold
from core.log import head
from core.wire.content import Audience, MaterialKind, MaterialState
from core.wire.signals import Category

_FOLDED = 2**52
"""Added to the place of a material that is found without tone marks only."""


class Filter(NamedTuple):
    """Which materials to list; None leaves a bound out."""

    campaign: str | None = None
    kind: MaterialKind | None = None
    state: MaterialState | None = None
    language: str | None = None
    """`vi` stands for `vi-VN` too (RFC 4647 §3.3.1)."""
    audience: Audience | None = None
    category: Category | None = None
    q: str | None = None
    """Words that all have to be there; the last letters of each may be missing."""


async def index(session: AsyncSession, version: Version) -> None:
    """Write down what a version says, in the transaction that changes it."""
    said = _words("\n".join(filter(None, (version.title_vi, version.title_en, version.summary))))
    facets = [
        *(f"language:{language.lower()}" for language in version.languages),
        *(f"audience:{audience}" for audience in version.audiences),
        *(f"category:{category}" for category in version.categories),
    ]
    row = SearchText(
        material=version.material,
        version=version.number,
        accented=f" {' '.join(said)} ",
        folded=f" {' '.join(map(fold, said))} ",
        facets=f" {' '.join(facets)} ",
    )
    await session.merge(row)


async def catch_up(db: Database) -> None:
    """Index the versions that were drafted before there was a search."""
    async with head.edge(db, 0, "hub", "IndexMaterials") as session:
        indexed = select(SearchText.version)
        for version in await session.scalars(select(Version).where(Version.number.not_in(indexed))):
            await index(session, version)


async def places(
    session: AsyncSession, leaving: ColumnElement[bool], wanted: Filter, after: int, limit: int
) -> list[int]:
    """Where the materials stand in the list of which a version fits, ascending, those behind `after`.

    `number` says which material stands there. They come in the order of their creation; when they are looked for by
    words with tone marks, those that have them so come before those that have them otherwise.
    """
    found: list[int] = []
    for offset, said, but in _ranks(wanted.q):
        query = (
            select(SearchText.material)
            .join(Version, Version.number == SearchText.version)
            .join(Material, Material.number == SearchText.material)
            .where(SearchText.material > max(0, after - offset), said, fits(wanted), leaving)
            .group_by(SearchText.material)
            .having(but)
            .order_by(SearchText.material)
            .limit(limit - len(found))
        )
        if len(found) < limit and after < offset + _FOLDED:
            found += [offset + number for number in await session.scalars(query)]
    return found


def number(place: int) -> int:
    """The number of the material that stands there."""
    return place % _FOLDED


def fits(wanted: Filter) -> ColumnElement[bool]:
    """The rows of `SearchText` and `Version`, joined, that are as wanted."""
    bounds = [_said(SearchText.folded, wanted.q)]
    if wanted.campaign is not None:
        bounds.append(Version.campaign == wanted.campaign)
    if wanted.kind is not None:
        bounds.append(Version.kind == wanted.kind)
    if wanted.state is not None:
        bounds.append(Version.state == wanted.state)
    if wanted.audience is not None:
        bounds.append(_facet(f"audience:{wanted.audience} "))
    if wanted.category is not None:
        bounds.append(_facet(f"category:{wanted.category} "))
    if wanted.language is not None:
        language = f"language:{wanted.language.lower()}"
        bounds.append(or_(_facet(f"{language} "), _facet(f"{language}-")))
    return and_(*bounds)


def _facet(text: str) -> ColumnElement[bool]:
    return SearchText.facets.contains(f" {text}", autoescape=True)


def _ranks(q: str | None) -> Iterator[tuple[int, ColumnElement[bool], ColumnElement[bool]]]:
    """For each rank what is added to a place, which rows are of it, and which materials of these."""
    if q is None or list(map(fold, _words(q))) == _words(q):
        yield 0, true(), true()
        return
    accented = _said(SearchText.accented, q)
    yield 0, accented, true()
    yield _FOLDED, true(), func.max(case((accented, 1), else_=0)) == 0


def _said(column: InstrumentedAttribute[str], q: str | None) -> ColumnElement[bool]:
    """The rows that have all the words. Nothing has words that are none."""
    if q is None:
        return true()
    words = _words(q) if column is SearchText.accented else list(map(fold, _words(q)))
    if not words:
        return false()
    # The longest first, since they are the rarest. Letters, marks and digits leave nothing to escape.
    return and_(*(column.contains(_beginning(word)) for word in sorted(words, key=len, reverse=True)))


def _beginning(word: str) -> str:
    """Where Latin words begin; Khmer and others write theirs without spaces, so they may begin anywhere."""
    return f" {word}" if fold(word[0]).isascii() else word


def _words(text: str) -> list[str]:
    """In small letters and one spelling, each once. Marks are of the word: without them Khmer is cut at its vowels."""
    small = unicodedata.normalize("NFC", text).casefold()
    cut = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in small)
    return list(dict.fromkeys(cut.split()))
