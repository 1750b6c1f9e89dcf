"""The hub under the model: its signal room with a clock, two readings of nicks, jobs by hand and crashes on demand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import partners
from core.auth.models import KindScope, Partner
from core.db import Database
from core.log import head
from core.log.models import Retention
from core.signals import decisions, guard_list, holding, items, lookup, remap, retention
from core.signals.guard import Guard
from core.signals.guard_list import Entry
from core.signals.items import Item
from core.signals.jobs import Job, Opine, Retract, Voice
from core.signals.kinds import Kinds
from core.signals.submission import Submit
from core.wire.guard import GuardEntryIn, GuardStatus
from core.wire.kinds import Canonical, SignalKind
from core.wire.opinions import Stance
from core.wire.partners import PartnerPatch, PartnerState
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import SignalDetail
from tests.signals.conftest import KEYS, Room
from tests.signals.model.words import HALF_LIVES, READING, SECOND, Key
from tests.signals.model.world import Sent


def _kinds(version: int) -> Kinds:
    def parse(value: str) -> Canonical:
        shown = value if version == 1 else value.lower()
        return Canonical(shown, shown)

    # A hash, too, so that material of abuse may be named by it.
    half_life = HALF_LIVES["nick"]
    nick = SignalKind("nick", "A made-up kind", parse, version=version, half_life_days=half_life, is_hash=True)
    return Kinds([nick])


KINDS = {version: _kinds(version) for version in (1, 2)}


class Crash(OSError):
    """The machine under the hub stops at the moment of a commit."""


class Clock:
    """The hub's time. Each step of a history happens in a second of its own."""

    def __init__(self) -> None:
        day = 86_400 * SECOND
        self.now = (times.now() // day + 1) * day

    def __call__(self) -> int:
        return self.now


class Hub(Room):
    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.kinds = KINDS[1]
        self.guard = Guard(db, self.kinds)
        self._entries: dict[Key, str] = {}

    async def allow_readers(self) -> None:
        async with head.writing(self.db, "test", "Kinds") as session:
            await session.execute(delete(KindScope))
            rows = [{"kind": kind, "scope": Scope.SIGNALS_READ.value} for kind in READING]
            await session.execute(insert(KindScope), rows)
            await session.execute(update(Retention).where(Retention.what == "closed_claims").values(seconds=86_400))

    async def trust(self, slug: str, **values: int) -> None:
        async with self.db.writer() as session:
            await session.execute(update(Partner).where(Partner.slug == slug).values(values))

    # Jobs.

    def submission(self, slug: str, sent: Sequence[Sent]) -> Submit:
        read = [items.read(_raw(one), at, "", self.kinds, KEYS, self.guard) for at, one in enumerate(sent)]
        well = [one for one in read if isinstance(one, Item)]
        assert len(well) == len(sent)
        return Submit(self.partners[slug].partner, well)

    def retraction(self, slug: str, names: Sequence[str], keys: Sequence[Key]) -> Retract:
        return Retract(self.partners[slug].partner, names, [KEYS.signal(*key) for key in keys])

    async def write(self, job: Job, slug: str = "hub") -> None:
        await self.writer.write(job, self.partners[slug].client, "test")

    async def say(self, slug: str, key: Key, stance: str | None, reason: str) -> str:
        voice = Voice(KEYS.signal(*key), None if stance is None else Stance(stance), reason, 0)
        job = Opine(self.partners[slug].partner, [voice], self.kinds.half_lives)
        await self.write(job, slug)
        return job.results[0].value

    # What else may happen to a hub.

    async def change(self, slug: str, *, kind: str | None = None, active: bool | None = None) -> None:
        wanted: dict[str, Any] = {} if kind is None else {"kind": PartnerKind(kind)}
        if active is not None:
            wanted["state"] = PartnerState.ACTIVE if active else PartnerState.SUSPENDED
        async with head.writing(self.db, "test", "Change") as session:
            row = await partners.find(session, slug)
            await partners.change(session, self.partners["hub"], row, PartnerPatch(**wanted))
        if kind is not None:
            self.partners[slug] = msgspec.structs.replace(self.partners[slug], kind=PartnerKind(kind))

    async def close_all(self, slug: str) -> int:
        async with self.db.survey() as session:
            row = await partners.find(session, slug)
        return await decisions.close_all(self.db, self.writer, row, lambda _: None)

    async def list_value(self, key: Key, value: str) -> None:
        """On the negative list, or off it."""
        entry = guard_list.accept(GuardEntryIn(key[0], value, "a school", "its page"), 0, "", self.kinds)
        assert isinstance(entry, Entry)
        async with head.writing(self.db, "test", "Guard") as session:
            if key in self._entries:
                await guard_list.remove(session, self.partners["hub"], self._entries.pop(key))
            else:
                (result,) = await guard_list.add(session, self.partners["hub"], [entry])
                assert result.status is GuardStatus.ADDED
                self._entries[key] = str(result.id)
        await self.guard.refresh()

    async def sweep(self) -> None:
        await holding.hold_standing(self.db, self.writer, self.guard, self.kinds, KEYS)

    async def expire(self) -> None:
        await retention.expire(self.db, self.writer)

    async def purge(self) -> None:
        await retention.purge(self.db)

    async def upgrade(self) -> None:
        self.kinds = KINDS[2]
        self.guard = Guard(self.db, self.kinds)
        await self.guard.refresh()
        await remap.remap(self.db, self.writer, self.guard, self.kinds, KEYS)

    async def detail(self, slug: str, signal: str) -> SignalDetail:
        async with self.db.snapshot(self.partners[slug].partner) as session:
            return await lookup.detail(session, self.partners[slug], self.kinds, KEYS, signal)


def _raw(sent: Sent) -> bytes:
    said = {name: value for name, value in msgspec.structs.asdict(sent.said).items() if value}
    if sent.said.valid_until:
        said["valid_until"] = times.from_micros(sent.said.valid_until)
    # No confidence and a confidence of 0 are two things.
    said |= {} if sent.said.confidence is None else {"confidence": sent.said.confidence}
    named = {} if sent.name is None else {"external_id": sent.name}
    return msgspec.json.encode({"kind": sent.kind, "value": sent.value} | said | named)


@contextmanager
def crashing(commits: int) -> Iterator[None]:
    """The next commits fail, as often as said, when all is written and nothing is kept."""
    left = commits
    commit = AsyncSession.commit

    async def stop(session: AsyncSession) -> None:
        nonlocal left
        if left:
            left -= 1
            raise Crash
        await commit(session)

    with patch.object(AsyncSession, "commit", stop):
        yield
