"""The part of the feed that a reader asks for, as conditions on claims and as a text that names it."""

from collections.abc import Collection
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlencode

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.audiences import split
from core.auth.models import Audience
from core.db import among
from core.signals.models import Claim, Signal
from core.signals.view import LIVE
from core.wire.feed_keys import Selection
from core.wire.signals import COMMUNITY, RE_EXPORTED


def asked(selection: Selection) -> dict[str, Any]:
    """The part of it that the address of the feed has words for, as query parameters."""
    found: dict[str, Any] = {"kind": sorted(set(selection.kinds))} if selection.kinds else {}
    found |= {"campaign": selection.campaign} if selection.campaign else {}
    return found | ({"min_score": selection.min_score} if selection.min_score else {})


def name(selection: Selection, form: str = "") -> str:
    """The text that tells readers of one client apart: in the address of the feed it would mean the same."""
    limits = {field: getattr(selection, field) for field in ("leaving", "community", "group")}
    told = {field: int(value) for field, value in limits.items() if value}
    return urlencode(({"format": form} if form else {}) | asked(selection) | told, doseq=True)


def parse(text: str) -> Selection:
    """What `name` told, less the format."""
    told = parse_qs(text)
    one = {field: values[0] for field, values in told.items()}
    return Selection(
        kinds=tuple(told.get("kind", ())),
        campaign=one.get("campaign"),
        min_score=int(one.get("min_score", 0)),
        leaving="leaving" in one,
        community="community" in one,
        group=int(one["group"]) if "group" in one else None,
    )


def key(selection: Selection) -> bytes:
    """What cursors are bound to, in eight bytes."""
    return blake2b(name(selection).encode(), digest_size=8).digest()


def claims(selection: Selection) -> list[ColumnElement[bool]]:
    """The claims that it is made of, in a statement that joins `Signal` and `Audience` and has `visible()` besides.

    Audiences never change, so what once was part of it stays so until it is closed: what is promised to readers of
    everything holds for readers of a part. Score and campaign are of the merged item and are looked at there.

    No condition has IN, which a `Query` keeps for its own.
    """
    found: list[ColumnElement[bool]] = []
    if selection.kinds:
        found.append(or_(*[Signal.kind == kind for kind in selection.kinds]))
    if selection.leaving or selection.community:
        marks = COMMUNITY if selection.community else RE_EXPORTED
        found.append(or_(*[Audience.tlp == mark.value for mark in sorted(marks)]))
    if selection.community:
        found.append(Audience.groups == "")
    if selection.group is not None:
        found.append((literal(",") + Audience.groups + ",").contains(f",{selection.group},"))
    return found


def covers(selection: Selection, kind: str, tlp: str, groups: str) -> bool:
    """Whether a claim of this kind, to the audience of this mark and these groups, is part of it: `claims` for one."""
    marks = COMMUNITY if selection.community else RE_EXPORTED if selection.leaving else None
    return (
        (not selection.kinds or kind in selection.kinds)
        and (marks is None or tlp in marks)
        and (not selection.community or not groups)
        and (selection.group is None or selection.group in split(groups))
    )


async def standing(
    session: AsyncSession,
    principal: Principal,
    selection: Selection,
    pairs: Collection[tuple[int, int]],
    *,
    ever: bool = False,
) -> set[tuple[int, int]]:
    """Of these (partner, row of `signal`), those with a live claim in the selection; `ever` takes those as well whose
    claim was live there and is closed or suspended, until it is purged."""
    of_these = among(Claim.signal, sorted({signal for _, signal in pairs}), session)
    # What was suspended from the start keeps its first position.
    live = or_(and_(*LIVE), Claim.position > Claim.opened) if ever else and_(*LIVE)
    wanted = (
        select(Claim.partner, Claim.signal)
        .join(Signal, Signal.id == Claim.signal)
        .join(Audience, Audience.id == Claim.audience)
        .where(of_these, visible(Claim, principal), live, *claims(selection))
    )
    return {(row.partner, row.signal) for row in await session.execute(wanted)}.intersection(pairs)


async def claimed(session: AsyncSession, principal: Principal, signals: Collection[int]) -> set[int]:
    """Of these rows of `signal`, those with a claim of the principal's own; a closed one counts until it is purged."""
    own = (visible(Claim, principal), Claim.partner == principal.partner)
    found = select(Claim.signal).where(among(Claim.signal, sorted(signals), session), *own)
    return {*await session.scalars(found)}
