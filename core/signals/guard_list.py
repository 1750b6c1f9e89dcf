"""The negative list as it is kept: read, added to, taken from."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.edge import field_error
from core.errors import NotFound
from core.log import audit
from core.log.events import record
from core.log.head import Head
from core.signals.kinds import Kinds, UnknownKind
from core.signals.models import GuardEntry
from core.times import from_micros, to_micros
from core.wire.common import FieldError
from core.wire.events import GuardChanged
from core.wire.guard import GuardEntryIn, GuardEntryOut, GuardList, GuardResult, GuardStatus, Reach

_AT_ONCE = 1_000

_ID = re.compile(r"grd_([1-9][0-9]{0,8})\Z", re.ASCII)
_decoder = msgspec.json.Decoder(GuardEntryIn)


class Entry(msgspec.Struct, frozen=True):
    """A well-formed entry."""

    index: int
    sent: GuardEntryIn
    value: str
    identity: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.sent.kind, self.identity, self.sent.reach.value

    def columns(self) -> dict[str, Any]:
        """What an entry of the same key may say otherwise."""
        return {
            "value": self.value,
            "label": self.sent.label,
            "source": self.sent.source,
            "valid_from": self.sent.valid_from and to_micros(self.sent.valid_from),
            "valid_until": self.sent.valid_until and to_micros(self.sent.valid_until),
        }


def read(raw: msgspec.Raw, index: int, kinds: Kinds) -> Entry | GuardResult:
    """Decode and normalise one entry."""
    pointer = f"/entries/{index}"
    try:
        sent = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return _rejected(index, field_error(exc, pointer, GuardEntryIn))
    return accept(sent, index, pointer, kinds)


def accept(sent: GuardEntryIn, index: int, pointer: str, kinds: Kinds) -> Entry | GuardResult:
    """Normalise one entry that is already a Struct."""
    if sent.reach is Reach.SITE and sent.kind != "domain":
        return _rejected(index, FieldError(f"{pointer}/reach", "invalid_reach", "Only a domain can reach a site."))
    try:
        canonical = kinds.parse(sent.kind, sent.value)
    except UnknownKind as exc:
        return _rejected(index, FieldError(f"{pointer}/kind", "unknown_kind", str(exc)))
    except ValueError as exc:
        return _rejected(index, FieldError(f"{pointer}/value", "invalid_value", str(exc)))
    return Entry(index, sent, canonical.display, canonical.identity)


def _rejected(index: int, error: FieldError) -> GuardResult:
    return GuardResult(index, None, GuardStatus.REJECTED, (error,))


async def add(session: AsyncSession, principal: Principal, entries: Sequence[Entry]) -> list[GuardResult]:
    """Add entries, or change those of the same kind, identity and reach. What they hit is held from now on."""
    known = await _known(session, entries)
    at: Head = session.info["head"]
    done: list[tuple[Entry, GuardEntry, GuardStatus]] = []
    for entry in entries:
        row, columns = known.get(entry.key), entry.columns()
        if row is None:
            kind, identity, reach = entry.key
            row = known[entry.key] = GuardEntry(kind=kind, identity=identity, reach=reach)
            session.add(row)
            status = GuardStatus.ADDED
        else:
            same = all(getattr(row, name) == value for name, value in columns.items())
            status = GuardStatus.UNCHANGED if same else GuardStatus.CHANGED
        if status is not GuardStatus.UNCHANGED:
            for name, value in (columns | {"added": at.at, "added_by": principal.slug, "reached": 0}).items():
                setattr(row, name, value)
        done.append((entry, row, status))
    await session.flush()
    moved = sorted({row.id for _, row, status in done if status is not GuardStatus.UNCHANGED})
    if moved:
        await _tell(session, principal, "AddGuardEntries", moved)
    return [GuardResult(entry.index, _public(row.id), status) for entry, row, status in done]


async def _known(session: AsyncSession, entries: Sequence[Entry]) -> dict[tuple[str, str, str], GuardEntry]:
    columns = tuple_(GuardEntry.kind, GuardEntry.identity, GuardEntry.reach)
    found: dict[tuple[str, str, str], GuardEntry] = {}
    for start in range(0, len(entries), _AT_ONCE):
        keys = [entry.key for entry in entries[start : start + _AT_ONCE]]
        for row in await session.scalars(select(GuardEntry).where(columns.in_(keys))):
            found[row.kind, row.identity, row.reach] = row
    return found


async def remove(session: AsyncSession, principal: Principal, entry_id: str) -> None:
    """Take an entry off the list. What it held stays held until it is reviewed. Raises `NotFound`."""
    number = _number(entry_id)
    removed = await session.execute(delete(GuardEntry).where(GuardEntry.id == number).returning(GuardEntry.id))
    if number is None or removed.first() is None:
        raise NotFound
    await _tell(session, principal, "RemoveGuardEntry", [number])


async def _tell(session: AsyncSession, principal: Principal, what: str, entries: Sequence[int]) -> None:
    """The event takes a position, so that the times at which entries are added rise: guards compare them."""
    await record(session, GuardChanged(entries=len(entries)))
    await audit.note(session, principal, what, {"entries": [_public(one) for one in entries]})


async def listing(session: AsyncSession, after: str | None, limit: int) -> GuardList:
    """Entries in the order in which they came, a page of them."""
    wanted = select(GuardEntry).where(GuardEntry.id > (_number(after or "") or 0)).order_by(GuardEntry.id)
    rows = list(await session.scalars(wanted.limit(limit + 1)))
    page = rows[:limit]
    following = _public(page[-1].id) if len(rows) > limit else None
    return GuardList(entries=tuple(_to_wire(row) for row in page), next=following)


def _to_wire(row: GuardEntry) -> GuardEntryOut:
    return GuardEntryOut(
        id=_public(row.id),
        kind=row.kind,
        value=row.value,
        label=row.label,
        source=row.source,
        reach=Reach(row.reach),
        valid_from=None if row.valid_from is None else from_micros(row.valid_from),
        valid_until=None if row.valid_until is None else from_micros(row.valid_until),
        added=from_micros(row.added),
        added_by=row.added_by,
    )


def _public(number: int) -> str:
    return f"grd_{number}"


def _number(entry_id: str) -> int | None:
    found = _ID.fullmatch(entry_id)
    return int(found[1]) if found else None
