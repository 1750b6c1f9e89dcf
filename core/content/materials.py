"""Materials: drafting, new versions, and what a caller sees of them."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.content import decide, manifest, moves
from core.content.models import Asset, Material, Review, Version
from core.db import among
from core.errors import Conflict
from core.wire.common import FieldError
from core.wire.content import (
    AssetOut,
    Decision,
    MaterialIn,
    MaterialKind,
    MaterialOut,
    MaterialPage,
    MaterialState,
    Move,
    ReviewOut,
    VersionOut,
    Window,
)

_AT_ONCE = 5_000
"""Numbers in a statement: SQLite takes 32,766, and a page of 10,000 materials may have more versions."""


async def create(session: AsyncSession, principal: Principal, given: MaterialIn) -> Material:
    """A material with a first version in draft."""
    material = Material(id=ids.new("mat"), author=principal.partner, revision=1, created=times.now())
    session.add(material)
    await session.flush()
    await _draft(session, material, 1, given)
    return material


async def add_version(session: AsyncSession, principal: Principal, material: Material, given: MaterialIn) -> None:
    """The next version, in draft, with no assets yet. One at a time is on its way to publication."""
    moves.require_author(principal, material)
    query = select(Version).where(Version.material == material.number).order_by(Version.version.desc()).limit(1)
    last = (await session.execute(query)).scalar_one()
    if last.state != MaterialState.PUBLISHED:
        raise Conflict(f"Version {last.version} is {last.state}; a new one follows a published one.")
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
    manifest.write(version, given)
    try:
        await session.flush()
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


async def read(session: AsyncSession, principal: Principal, id: str) -> MaterialOut:
    """A material as the principal may see it. Raises `NotFound` and `Gone`."""
    material, versions = await decide.versions(session, principal, id)
    (shown,) = await _shown(session, principal, [(material, version) for version in versions])
    return shown


class Filter(NamedTuple):
    """Which materials to list; None leaves a bound out."""

    campaign: str | None
    kind: MaterialKind | None
    state: MaterialState | None


async def page(session: AsyncSession, principal: Principal, wanted: Filter, after: int, limit: int) -> MaterialPage:
    """Materials in the order of their creation, those behind `after`, each with the versions that fit."""
    fits = [decide.may_leave(principal, times.now())]
    if wanted.campaign is not None:
        fits.append(Version.campaign == wanted.campaign)
    if wanted.kind is not None:
        fits.append(Version.kind == wanted.kind)
    if wanted.state is not None:
        fits.append(Version.state == wanted.state)
    joined = select(Material, Version).join(Version, Version.material == Material.number).where(*fits)
    numbers = (
        joined.with_only_columns(Material.number)
        .where(Material.number > after)
        .group_by(Material.number)
        .order_by(Material.number)
        .limit(limit + 1)
    )
    found = list((await session.execute(numbers)).scalars())
    on_it = joined.where(among(Material.number, found[:limit], session))
    rows = await session.execute(on_it.order_by(Material.number, Version.version))
    shown = await _shown(session, principal, [(material, version) for material, version in rows])
    return MaterialPage(materials=tuple(shown), next=str(found[limit - 1]) if len(found) > limit else None)


async def _shown(
    session: AsyncSession, principal: Principal, rows: Sequence[tuple[Material, Version]]
) -> list[MaterialOut]:
    """What leaves: only rows that went through `decide` come in here."""
    numbers = [version.number for _, version in rows]
    assets = await _attached(session, Asset, numbers, Asset.name)
    reviews = await _attached(session, Review, numbers, Review.number)
    reviewers = {one.partner for some in reviews.values() for one in some}
    slugs = await partners.slugs(session, {material.author for material, _ in rows} | reviewers)

    def version_out(material: Material, version: Version) -> VersionOut:
        of_version = tuple(_review_out(one, slugs[one.partner]) for one in reviews[version.number])
        return VersionOut(
            version=version.version,
            state=MaterialState(version.state),
            words=manifest.words(version),
            assets=tuple(asset_out(material.id, version.version, one) for one in assets[version.number]),
            digest=version.digest,
            published=None if version.published is None else times.from_micros(version.published),
            reviews=of_version if decide.inside(principal, material) else UNSET,
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


def asset_out(material: str, version: int, asset: Asset) -> AssetOut:
    return AssetOut(
        name=asset.name,
        media_type=asset.media_type,
        size=asset.size,
        sha256=asset.sha256,
        href=f"/v1/materials/{material}/versions/{version}/assets/{quote(asset.name)}",
    )


def _review_out(review: Review, partner: str) -> ReviewOut:
    return ReviewOut(
        partner=partner,
        decision=Decision(review.decision),
        reason=review.reason,
        digest=review.digest,
        at=times.from_micros(review.at),
    )
