"""Asked without showing what: buckets of a keyed digest, each as long and as full as any other.

It hides which value of a bucket is asked. It does not hide the list from a holder of the key, who may try every phone
number there is: so only partners who might pull the feed are given it, each prefix counts against a day's quota, and
every question is written down. A bucket is the same when it is asked again; who watches one for days sees which
entries come, go and change. How long the answer takes follows how many real entries a bucket has, never the value.
"""

import base64
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.auth.models import KindScope
from core.db import Database, table_of, upsert
from core.edge import in_turns
from core.errors import Conflict, Forbidden, Invalid, TooManyRequests, Unavailable
from core.log.audit import note
from core.signals import blind, blinding, policy, view
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Blind, BlindEpoch, BlindUse, Claim, Signal
from core.signals.view import Lens
from core.wire.common import FieldError
from core.wire.lookup import Bucket, Buckets, Known, LookupKey, PrivateLookup
from core.wire.scopes import Scope
from core.wire.signals import Category

log = logging.getLogger("kmm")

_DIGEST = "HMAC-SHA256(key, kind + NUL + identity), UTF-8; identity as the kind's normaliser gives it"
_ENTRY = "base64url; bytes 0-15 equal bytes 0-15 of the digest; the rest is AES-SIV (RFC 5297) under SHA-256(digest), \
no associated data; inside, JSON padded with spaces"
_WAIT = {"Retry-After": "2"}


async def key(db: Database, principal: Principal, keys: Keys) -> LookupKey:
    """What to ask with now. That it was handed out is written down."""
    async with db.edge(principal.partner) as session:
        await _may_hold_the_list(session, principal)
        epoch = await _serving(session)
        most, used = await _quota(session, principal)
        await note(session, principal, "ReadLookupKey", {"epoch": epoch.epoch})
    return LookupKey(
        epoch=epoch.epoch,
        key=base64.urlsafe_b64encode(keys.blind(epoch.epoch)).rstrip(b"=").decode(),
        prefix_bits=epoch.bits,
        since=times.from_micros(epoch.since or 0),
        digest=_DIGEST,
        entry=_ENTRY,
        prefixes_per_day=most,
        prefixes_left=max(0, most - used),
    )


async def ask(db: Database, principal: Principal, kinds: Kinds, keys: Keys, asked: PrivateLookup) -> Buckets:
    """A bucket for each prefix. Counted and written down before anything is read for it."""
    async with db.edge(principal.partner) as session:
        await _may_hold_the_list(session, principal)
        epoch = await _serving(session)
        numbers = _numbers(asked, epoch)
        await _charge(session, principal, len(numbers))
        await note(session, principal, "LookUpPrivately", {"epoch": epoch.epoch, "prefixes": len(numbers)})
    async with db.snapshot(principal.partner) as session:
        lens = await view.lens(session, kinds, keys)
        real = await _entries(session, principal, lens, epoch, sorted(set(numbers)))
    if any(len(entries) > blind.SLOTS for entries in real.values()):
        log.warning("private lookup: a bucket of %d bits is overfull; epoch %d gets another", epoch.bits, epoch.epoch)
        await blinding.refine(db, epoch.epoch, epoch.bits)
        raise _stale(epoch.epoch, epoch.bits + 1)
    filler = keys.filler(epoch.epoch, principal.partner)
    buckets = await in_turns(numbers, lambda _, number: _bucket(filler, number, epoch.bits, real[number]))
    return Buckets(epoch=epoch.epoch, buckets=tuple(buckets))


async def _may_hold_the_list(session: AsyncSession, principal: Principal) -> None:
    might_pull = exists().where(KindScope.kind == principal.kind, KindScope.scope == Scope.SIGNALS_READ)
    if not (await session.execute(select(might_pull))).scalar_one():
        raise Forbidden("The private lookup is for partners of a kind that may read the feed.")


async def _serving(session: AsyncSession) -> BlindEpoch:
    newest = select(BlindEpoch).where(BlindEpoch.since.is_not(None)).order_by(BlindEpoch.epoch.desc()).limit(1)
    epoch = await session.scalar(newest)
    if epoch is None:
        raise Unavailable("The private lookup is being built; try again.", headers=_WAIT)
    return epoch


def _numbers(asked: PrivateLookup, epoch: BlindEpoch) -> list[int]:
    if (asked.epoch, asked.prefix_bits) != (epoch.epoch, epoch.bits):
        raise _stale(epoch.epoch, epoch.bits)
    numbers = [int(prefix, 16) for prefix in asked.prefixes]
    faults = [
        FieldError(f"/prefixes/{index}", "invalid_prefix", f"Expected {epoch.bits} bits as a hex number.")
        for index, (number, prefix) in enumerate(zip(numbers, asked.prefixes, strict=True))
        if number >> epoch.bits or prefix != blind.spell(number, epoch.bits)
    ]
    if faults:
        raise Invalid("A prefix is not of the length asked for.", errors=faults)
    return numbers


def _stale(epoch: int, bits: int) -> Conflict:
    now = (FieldError("/epoch", "stale", f"{epoch}"), FieldError("/prefix_bits", "stale", f"{bits}"))
    return Conflict("The key or the number of bits has changed: read /v1/lookup/key again.", errors=now)


async def _quota(session: AsyncSession, principal: Principal) -> tuple[int, int]:
    """Prefixes a day, and those that the partner has used of today's."""
    most = (await policy.read(session)).private_lookups_per_day
    today = (BlindUse.partner == principal.partner, BlindUse.day == times.hub_day(times.now()))
    return most, await session.scalar(select(BlindUse.asked).where(*today)) or 0


async def _charge(session: AsyncSession, principal: Principal, prefixes: int) -> None:
    """The row's lock makes calls of one partner wait for one another; what is refused is rolled back."""
    use = {"partner": principal.partner, "day": times.hub_day(times.now()), "asked": prefixes}
    await upsert(session, table_of(BlindUse), [use], add=("asked",))
    most, used = await _quota(session, principal)
    if used > most:
        left = max(0, most - used + prefixes)
        wait = _until_tomorrow()
        # The fields of draft-ietf-httpapi-ratelimit-headers.
        headers = {
            "Retry-After": f"{wait}",
            "RateLimit-Policy": f'"private-lookups";q={most};w=86400',
            "RateLimit": f'"private-lookups";r={left};t={wait}',
        }
        raise TooManyRequests(f"{left} of {most} prefixes are left today; more in {wait} s.", headers=headers)


def _until_tomorrow() -> int:
    now = times.from_micros(times.now()).astimezone(times.HUB_ZONE)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), times.HUB_ZONE)
    return int((midnight - now).total_seconds()) + 1


async def _entries(
    session: AsyncSession, principal: Principal, lens: Lens, epoch: BlindEpoch, numbers: Sequence[int]
) -> dict[int, list[bytes]]:
    """Of each bucket: a sealed entry for every signal in it that the caller may see."""
    spans = (Blind.digest.between(*blind.span(number, epoch.bits)) for number in numbers)
    # The epoch stands in each branch, so that each is a search of the index.
    inside = or_(*(and_(Blind.epoch == epoch.epoch, span) for span in spans))
    wanted = view.claims().add_columns(Blind.digest).join(Blind, Blind.signal == Signal.id)
    claims: dict[bytes, list[Any]] = defaultdict(list)
    for row in await session.execute(wanted.where(inside, visible(Claim, principal), *view.LIVE)):
        claims[row.digest].append(row)
    found: dict[int, list[bytes]] = {number: [] for number in numbers}
    sealed = await in_turns(sorted(claims), lambda _, digest: blind.seal(digest, _known(claims[digest], lens)))
    for digest, entry in zip(sorted(claims), sealed, strict=True):
        found[int(blind.prefix(digest, epoch.bits), 16)].append(entry)
    return found


def _known(rows: Sequence[Any], lens: Lens) -> Known:
    """Not the score: it decays, and an entry that changes by itself is seen to be a real one."""
    item = view.item(rows, max(row.position for row in rows), lens)
    confidence = item.confidence // 10 * 10 if isinstance(item.confidence, int) else None
    return Known(id=item.id, state=item.state, category=Category(str(item.category)), confidence=confidence)


def _bucket(filler: bytes, number: int, bits: int, real: Sequence[bytes]) -> Bucket:
    prefix = blind.spell(number, bits)
    dummies = blind.dummies(filler, f"{bits}/{prefix}", number, bits)
    return Bucket(prefix=prefix, entries=blind.written([*real, *dummies[len(real) :]]))
