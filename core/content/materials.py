"""Materials: drafting, new versions, and what a caller sees of them."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.content import decide, licences, links, manifest, moves, packs, policies, renditions, search
from core.content.models import Asset, Material, Rendition, Review, SearchText, Version
from core.db import among
from core.errors import Conflict
from core.wire.assets import ScanState
from core.wire.common import FieldError
from core.wire.content import (
    AssetOut,
    AssetText,
    Decision,
    MaterialIn,
    MaterialOut,
    MaterialPage,
    MaterialState,
    Move,
    ReviewOut,
    VersionOut,
    Window,
)
from core.wire.scopes import PartnerKind

_AT_ONCE = 5_000
"""Numbers in a statement: SQLite takes 32,766, and a page of 10,000 materials may have more versions."""


async def create(session: AsyncSession, principal: Principal, given: MaterialIn) -> Material:
    """A material with a first version in draft."""
    material = Material(id=ids.new("mat"), author=principal.partner, revision=1, created=times.now())
    session.add(material)
    await session.flush()
    links.give(session, material)
    await _draft(session, material, 1, given)
    return material


async def add_version(session: AsyncSession, principal: Principal, material: Material, given: MaterialIn) -> None:
    """The next version, in draft, with no assets yet. One at a time is on its way to publication."""
    moves.require_author(principal, material)
    query = select(Version).where(Version.material == material.number).order_by(Version.version.desc()).limit(1)
    last = (await session.execute(query)).scalar_one()
    if material.withdrawn is not None or last.state not in (MaterialState.PUBLISHED, MaterialState.WITHDRAWN):
        raise Conflict(f"Version {last.version} is {last.state}; a new one follows a published or a recalled one.")
    material.revision += 1
    await _draft(session, material, last.version + 1, given)


async def edit(
    session: AsyncSession, principal: Principal, material: Material, version: Version, given: MaterialIn
) -> None:
    """Give a draft other words."""
    moves.require_author(principal, material)
    moves.require(version, Move.EDIT)
    await _write(session, version, given)
    material.revision += 1


async def _draft(session: AsyncSession, material: Material, number: int, given: MaterialIn) -> None:
    version = Version(material=material.number, version=number, state=MaterialState.DRAFT)
    session.add(version)
    await _write(session, version, given)


async def _write(session: AsyncSession, version: Version, given: MaterialIn) -> None:
    _check_window(given.window)
    _check_texts(given.asset_texts)
    manifest.write(version, given)
    try:
        await licences.require_known(session, given.licence)
        await session.flush()
        await search.index(session, version)
    except IntegrityError:
        # The one reference among the words; campaigns are a room of their own, so the database looks.
        fault = FieldError("/campaign", "unknown_campaign", "GET /v1/campaigns lists them.")
        raise Conflict("There is no such campaign.", errors=[fault]) from None


def _check_window(window: Window) -> None:
    if window.opens and window.closes and window.closes <= window.opens:
        fault = FieldError("/window/closes", "before_opens", "The window closes before it opens.")
        raise Conflict("Nobody could ever fetch this.", errors=[fault])
    try:
        for moment in filter(None, (window.opens, window.closes)):
            times.hub_day(times.to_micros(moment))
    except OverflowError:
        fault = FieldError("/window", "out_of_range", "A time lies outside the years 1 to 9999 in some zone.")
        raise Conflict("Choose times that have a date everywhere.", errors=[fault]) from None


def _check_texts(texts: Sequence[AssetText]) -> None:
    seen = set()
    for at, text in enumerate(texts):
        if (text.asset, text.language) in seen:
            fault = FieldError(f"/asset_texts/{at}", "twice", "An asset has one text in a language.")
            raise Conflict("Which of the texts holds cannot be told.", errors=[fault])
        seen.add((text.asset, text.language))


async def read(session: AsyncSession, principal: Principal, id: str) -> MaterialOut:
    """A material as the principal may see it. Raises `NotFound` and `Gone`."""
    material, versions = await decide.versions(session, principal, id)
    (found,) = await shown(session, principal, [(material, version) for version in versions])
    return found


async def page(
    session: AsyncSession, principal: Principal, wanted: search.Filter, after: int, limit: int
) -> MaterialPage:
    """Materials in the order of `search.places`, those behind `after`, each with the versions that fit."""
    leaving = decide.may_leave(principal, times.now())
    found = await search.places(session, leaving, wanted, after, limit + 1)
    place_of = {search.number(place): place for place in found[:limit]}
    on_it = (
        select(Material, Version)
        .join(Version, Version.material == Material.number)
        .join(SearchText, SearchText.version == Version.number)
        .where(among(SearchText.material, [*place_of], session), search.fits(wanted), leaving)
        .order_by(Version.version)
    )
    rows = [(material, version) for material, version in await session.execute(on_it)]
    rows.sort(key=lambda row: place_of[row[0].number])
    on_page = tuple(await shown(session, principal, rows))
    return MaterialPage(materials=on_page, next=str(found[limit - 1]) if len(found) > limit else None)


async def shown(
    session: AsyncSession, principal: Principal, rows: Sequence[tuple[Material, Version]]
) -> list[MaterialOut]:
    """Rows of one material together, as they leave: only what went through `decide` comes in here."""
    numbers = [version.number for _, version in rows]
    assets = await _attached(session, Asset, numbers, Asset.name)
    made = await renditions.of(session, [one.sha256 for some in assets.values() for one in some])
    packed = await packs.digests(session, numbers)
    reviews = await _attached(session, Review, numbers, Review.number)
    reviewers = {one.partner for some in reviews.values() for one in some}
    slugs = await partners.slugs(session, {material.author for material, _ in rows} | reviewers)
    held = await policies.in_force(session)

    def version_out(material: Material, version: Version) -> VersionOut:
        inside, of_version = decide.inside(principal, material), reviews[version.number]
        told = tuple(_review_out(one, slugs[one.partner], version) for one in of_version)
        waits = version.state in (MaterialState.IN_REVIEW, MaterialState.APPROVED)
        return VersionOut(
            version=version.version,
            state=MaterialState(version.state),
            words=manifest.words(version),
            assets=tuple(
                asset_out(material.id, version.version, one, made[one.sha256], inside=inside)
                for one in assets[version.number]
            ),
            pack=packed.get(version.number),
            digest=version.digest,
            published=None if version.published is None else times.from_micros(version.published),
            reviews=told if inside else UNSET,
            missing=policies.missing(held, version, of_version) if inside and waits else UNSET,
        )

    return [
        MaterialOut(
            id=material.id,
            author=slugs[material.author],
            revision=material.revision,
            created=times.from_micros(material.created),
            versions=tuple(version_out(*pair) for pair in pairs),
        )
        for material, pairs in groupby(rows, key=lambda row: row[0])
    ]


A = TypeVar("A", Asset, Review)


async def _attached(
    session: AsyncSession, model: type[A], versions: Sequence[int], order: InstrumentedAttribute[Any]
) -> dict[int, list[A]]:
    """What hangs on each of these versions."""
    found: dict[int, list[A]] = defaultdict(list)
    for start in range(0, len(versions), _AT_ONCE):
        of_these = select(model).where(among(model.version, versions[start : start + _AT_ONCE], session))
        for row in await session.scalars(of_these.order_by(order)):
            found[row.version].append(row)
    return found


def asset_out(
    material: str, version: int, asset: Asset, made: Sequence[Rendition] = (), *, inside: bool = False
) -> AssetOut:
    href = f"/v1/materials/{material}/versions/{version}/assets/{quote(asset.name)}"
    return AssetOut(
        name=asset.name,
        media_type=asset.media_type,
        size=asset.size,
        sha256=asset.sha256,
        href=href,
        renditions=tuple(renditions.shown(one, href) for one in made),
        scan=ScanState(asset.scan) if inside else UNSET,
    )


def _review_out(review: Review, partner: str, version: Version) -> ReviewOut:
    return ReviewOut(
        partner=partner,
        role=PartnerKind(review.role),
        decision=Decision(review.decision),
        reason=review.reason,
        digest=review.digest,
        at=times.from_micros(review.at),
        counts=policies.counts(review, version),
    )
