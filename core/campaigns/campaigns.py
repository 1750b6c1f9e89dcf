"""Campaigns: founded by a partner, changed by it or the operator, read by all who may."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.auth.models import Partner
from core.campaigns import goals
from core.campaigns.models import Campaign
from core.errors import Conflict, Forbidden, NotFound
from core.folding import fold
from core.log.events import record
from core.wire.campaigns import CampaignIn, CampaignOut, CampaignPage, CampaignPatch, CampaignState, Party
from core.wire.common import FieldError, Title
from core.wire.events import CampaignChanged
from core.wire.scopes import Scope


async def create(session: AsyncSession, principal: Principal, given: CampaignIn) -> CampaignOut:
    """Found a campaign. Raises `Conflict` when the slug is taken or the days are in the wrong order."""
    slug = given.slug or _slug(given.title.vi)
    if await session.get(Campaign, slug):
        raise Conflict(f"There is a campaign {slug!r}. Give yours another slug.")
    at = times.now()
    row = Campaign(
        slug=slug,
        owner=principal.partner,
        title_vi=given.title.vi,
        title_en=given.title.en,
        summary=given.summary,
        starts=given.starts and given.starts.isoformat(),
        ends=given.ends and given.ends.isoformat(),
        state=given.state,
        parties=msgspec.to_builtins(given.parties),
        goals=msgspec.to_builtins(given.goals),
        version=1,
        created=at,
        updated=at,
    )
    _check_days(row)
    await _check_parties(session, given.parties)
    goals.check(given.goals)
    session.add(row)
    await goals.keep(session, row)
    await record(session, CampaignChanged(campaign=slug), holders=Scope.CAMPAIGNS_READ)
    return _out(row, principal.slug)


async def find(session: AsyncSession, slug: str) -> Campaign:
    """The row of a campaign. Raises `NotFound`, also for what cannot be a slug."""
    found = await session.get(Campaign, slug) if ids.is_slug(slug) else None
    if found is None:
        raise NotFound
    return found


async def read(session: AsyncSession, slug: str) -> CampaignOut:
    row = await find(session, slug)
    owner = (await session.execute(select(Partner.slug).where(Partner.id == row.owner))).scalar_one()
    return _out(row, owner)


async def page(session: AsyncSession, after: str, limit: int) -> CampaignPage:
    """Campaigns in the order of their slugs, those behind `after`."""
    query = (
        select(Campaign, Partner.slug)
        .join(Partner, Partner.id == Campaign.owner)
        .where(Campaign.slug > after)
        .order_by(Campaign.slug)
        .limit(limit + 1)
    )
    rows = (await session.execute(query)).all()
    found = tuple(_out(row, owner) for row, owner in rows[:limit])
    return CampaignPage(campaigns=found, next=found[-1].slug if len(rows) > limit else None)


async def change(session: AsyncSession, principal: Principal, row: Campaign, patch: CampaignPatch) -> CampaignOut:
    """Apply `patch`. Raises `Forbidden` for those who did not found the campaign and are not the operator."""
    if row.owner != principal.partner and not principal.is_operator:
        raise Forbidden("Only the partner that founded the campaign, or the operator, may change it.")
    before = _content(row)
    if patch.title is not UNSET:
        row.title_vi, row.title_en = patch.title.vi, patch.title.en
    for field in ("starts", "ends"):
        day: date | None | UnsetType = getattr(patch, field)
        if day is not UNSET:
            setattr(row, field, day and day.isoformat())
    if patch.summary is not UNSET:
        row.summary = patch.summary
    if patch.state is not UNSET:
        row.state = patch.state
    if patch.parties is not UNSET:
        await _check_parties(session, patch.parties)
        row.parties = msgspec.to_builtins(patch.parties)
    if patch.goals is not UNSET:
        goals.check(patch.goals)
        row.goals = msgspec.to_builtins(patch.goals)
    _check_days(row)
    if _content(row) != before:
        row.version += 1
        row.updated = times.now()
        await goals.keep(session, row)
        await record(session, CampaignChanged(campaign=row.slug), holders=Scope.CAMPAIGNS_READ)
    return await read(session, row.slug)


def _content(row: Campaign) -> tuple[Any, ...]:
    return (row.title_vi, row.title_en, row.summary, row.starts, row.ends, row.state, row.parties, row.goals)


def _check_days(row: Campaign) -> None:
    if row.starts and row.ends and row.ends < row.starts:
        fault = FieldError("/ends", "before_starts", "The last day is before the first.")
        raise Conflict("A campaign ends on or after the day it starts.", errors=[fault])


async def _check_parties(session: AsyncSession, parties: Sequence[Party]) -> None:
    slugs = {party.partner for party in parties if party.partner}
    known = set(await session.scalars(select(Partner.slug).where(Partner.slug.in_(slugs))))
    faults = [
        FieldError(f"/parties/{index}/partner", "unknown_partner", f"No partner is called {party.partner!r}.")
        for index, party in enumerate(parties)
        if party.partner and party.partner not in known
    ]
    if faults:
        raise Conflict("Name partners by their slugs, or leave the slug out.", errors=faults)


def _out(row: Campaign, owner: str) -> CampaignOut:
    return CampaignOut(
        slug=row.slug,
        owner=owner,
        title=Title(vi=row.title_vi, en=row.title_en),
        summary=row.summary,
        starts=date.fromisoformat(row.starts) if row.starts else None,
        ends=date.fromisoformat(row.ends) if row.ends else None,
        state=CampaignState(row.state),
        parties=msgspec.convert(row.parties, tuple[Party, ...]),
        goals=goals.stored(row),
        version=row.version,
        created=times.from_micros(row.created),
        updated=times.from_micros(row.updated),
    )


def _slug(title: str) -> str:
    """`Không Một Mình` becomes `khong-mot-minh`."""
    words = re.findall("[a-z0-9]+", fold(title))
    slug = "-".join(words)[:64].strip("-")
    if len(slug) < 2:
        fault = FieldError("/slug", "needed", "No slug can be made of this title; give one.")
        raise Conflict("Give the campaign a slug.", errors=[fault])
    return slug
