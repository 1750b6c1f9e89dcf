"""What is asked to be taken down: found, and held against what its platforms may know of it."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.db import Database, among
from core.signals.guard import Guard, Listed
from core.signals.keys import Keys, parse_id, public_id
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.view import LIVE
from core.wire.common import FieldError
from core.wire.scopes import PartnerKind
from core.wire.takedowns import AccountIn, TargetIn

_TOGETHER = 5_000
"""Keys in one statement: SQLite takes 32,766."""


class Target(msgspec.Struct, frozen=True, gc=False):
    """Something that a platform can find."""

    id: str
    """Public id of the signal that it is, or would be."""
    kind: str
    value: str
    """Canonical."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A signal as a partner sees it."""

    target: Target
    own: bool
    """Whether the partner stands by a claim on it."""


class Platform(msgspec.Struct, frozen=True, gc=False):
    """Who is asked, and which of the signals asked about it sees itself."""

    id: int
    slug: str
    sees: Collection[str]


async def platforms(
    db: Database, principal: Principal, slugs: Collection[str], signals: Collection[str]
) -> dict[str, Platform]:
    """Those of `slugs` that are active platforms. Each is asked with its own eyes what it sees of `signals`."""
    wanted = (Partner.slug.in_(sorted(slugs)), Partner.kind == PartnerKind.PLATFORM.value, Partner.state == "active")
    async with db.snapshot(principal.partner) as session:
        rows = (await session.execute(select(Partner.id, Partner.slug).where(*wanted))).all()
    found = {}
    for row in rows:
        viewer = Principal("", row.id, row.slug, PartnerKind.PLATFORM, frozenset())
        async with db.snapshot(row.id) as session:
            found[row.slug] = Platform(row.id, row.slug, (await signals_seen(session, viewer, signals)).keys())
    return found


async def signals_seen(session: AsyncSession, principal: Principal, ids: Collection[str]) -> dict[str, Seen]:
    """Which of the signals with these public ids the principal sees, or stands by a claim on."""
    keys = sorted({key for one in ids if (key := parse_id(one)) is not None})
    found: dict[str, Seen] = {}
    for start in range(0, len(keys), _TOGETHER):
        query = (
            select(Signal.key, Signal.kind, Claim.value, Claim.partner)
            .join(Signal, Signal.id == Claim.signal)
            .where(
                among(Signal.key, keys[start : start + _TOGETHER], session),
                visible(Claim, principal),
                or_(LIVE[1], Claim.partner == principal.partner),
                LIVE[0],
            )
        )
        for row in await session.execute(query):
            name, own = public_id(row.key), row.partner == principal.partner
            if own or name not in found:
                found[name] = Seen(Target(name, row.kind, row.value), own)
    return found


def find(
    given: TargetIn, seen: Mapping[str, Seen], kinds: Kinds, keys: Keys, guard: Guard, pointer: str
) -> Target | FieldError:
    """What `given` names. `seen`: the signals that the caller sees."""
    if (given.signal is None) == (given.url is None):
        return FieldError(pointer, "one_target", "Name a signal or a url, and not both.")
    if given.url is not None:
        return _address(given.url, kinds, keys, guard, f"{pointer}/url")
    found = seen.get(given.signal or "")
    if found is None:
        return FieldError(f"{pointer}/signal", "unknown_signal", "There is no such signal that you may see.")
    return _unlisted(found.target, kinds, guard, f"{pointer}/signal")


def _address(url: str, kinds: Kinds, keys: Keys, guard: Guard, pointer: str) -> Target | FieldError:
    try:
        canonical = kinds.parse("url", url)
    except ValueError as exc:
        return FieldError(pointer, "invalid_value", str(exc))
    target = Target(public_id(keys.signal("url", canonical.identity)), "url", canonical.display)
    return _guarded(guard.hit("url", canonical.identity), target, pointer)


def _unlisted(target: Target, kinds: Kinds, guard: Guard, pointer: str) -> Target | FieldError:
    try:
        identity = kinds.parse(target.kind, target.value).identity
    except ValueError:
        # Its plugin is gone, and with it what the list could hold of the kind.
        return target
    return _guarded(guard.hit(target.kind, identity), target, pointer)


def _guarded(listed: Listed | None, target: Target, pointer: str) -> Target | FieldError:
    if listed is None:
        return target
    detail = f"On the negative list: {listed.value} ({listed.label}). Ask the operator if it is in the wrong hands."
    return FieldError(pointer, "guarded", detail)


def account_of(given: AccountIn | None, target: Target, kinds: Kinds, keys: Keys, pointer: str) -> str | FieldError:
    """Public id of what repeats are counted on."""
    if given is None:
        return target.id
    try:
        identity = kinds.parse(given.kind, given.value).identity
    except ValueError as exc:
        return FieldError(pointer, "invalid_value", str(exc))
    return public_id(keys.signal(given.kind, identity))


def hidden(target: TargetIn, platform: Platform, seen: Mapping[str, Seen], pointer: str) -> FieldError | None:
    """Whether to ask the platform would tell it of a signal that it does not see, and that is not the caller's own."""
    name = target.signal
    if name is None or seen[name].own or name in platform.sees:
        return None
    detail = f"{platform.slug} does not see this signal. Submit it yourself, or ask who did to share it."
    return FieldError(pointer, "platform_cannot_see", detail)
