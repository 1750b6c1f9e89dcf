"""A hub's signal room without HTTP: partners, a writer, readers."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec
import pytest
from sqlalchemy import delete, insert

from core.auth import audiences
from core.auth.access import Principal
from core.auth.models import Group, KindScope, Membership, Partner
from core.db import Database
from core.log import head
from core.signals import feed, signals
from core.signals.guard import Guard
from core.signals.jobs import Judge, Opine, Release, Voice
from core.signals.keys import Keys, parse_id
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.feed_keys import Selection
from core.wire.opinions import OpinionStatus, Stance
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Digest, Feed, Retracted, Retraction, Submitted

KINDS = Kinds()
KEYS = Keys("a secret of the tests, long enough to be one")


class Room:
    """The signal room over one database, with partners to act as."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.keys = KEYS
        self.writer = SignalWriter(db, KEYS)
        self.guard = Guard(db, KINDS)
        self.partners: dict[str, Principal] = {}
        self.groups: dict[str, int] = {}

    async def allow_everyone(self) -> None:
        """Every kind may read signals, whatever the seed says."""
        async with head.writing(self.db, "test", "Kinds") as session:
            await session.execute(delete(KindScope))
            rows = [{"kind": kind.value, "scope": Scope.SIGNALS_READ.value} for kind in PartnerKind]
            await session.execute(insert(KindScope), rows)

    async def admit(self, slug: str, kind: PartnerKind = PartnerKind.PLATFORM) -> Principal:
        async with head.writing(self.db, "test", "Admit") as session:
            row = insert(Partner).values(
                slug=slug, name=slug, kind=kind.value, state="active", attribution="anonymous", view=0, created=0
            )
            partner = (await session.execute(row.returning(Partner.id))).scalar_one()
            await audiences.refresh_sight(session, partner, "admitted")
        self.partners[slug] = Principal(f"cli_{slug}", partner, slug, kind, frozenset(Scope))
        return self.partners[slug]

    async def found(self, group: str, *members: str) -> None:
        async with head.writing(self.db, "test", "Found") as session:
            founder = self.partners[members[0]].partner
            made = insert(Group).values(slug=group, name=group, founder=founder, created=0).returning(Group.id)
            self.groups[group] = (await session.execute(made)).scalar_one()
        for member in members:
            await self.join(group, member)

    async def join(self, group: str, slug: str) -> None:
        async with head.writing(self.db, "test", "Join") as session:
            at = {"group": self.groups[group], "partner": self.partners[slug].partner, "state": "member", "since": 0}
            await session.execute(insert(Membership).values(at))
            await audiences.refresh_sight(session, self.partners[slug].partner, "joined")

    async def leave(self, group: str, slug: str) -> None:
        async with head.writing(self.db, "test", "Leave") as session:
            row = await session.get(Membership, (self.groups[group], self.partners[slug].partner))
            await session.delete(row)
            await session.flush()
            await audiences.refresh_sight(session, self.partners[slug].partner, "left")

    async def submit(self, slug: str, *items: dict[str, Any]) -> Submitted:
        raw = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
        return await signals.submit(self.partners[slug], self.writer, KINDS, KEYS, self.guard, raw, "test")

    async def retract(self, slug: str, *, external_ids: Sequence[str] = (), ids: Sequence[str] = ()) -> Retracted:
        asked = Retraction(external_ids=tuple(external_ids), ids=tuple(ids))
        return await signals.retract(self.partners[slug], self.writer, asked, "test")

    async def opine(self, slug: str, signal: str, stance: Stance | None) -> OpinionStatus:
        voice = Voice(parse_id(signal), stance, "said by a test", 0)
        job = Opine(self.partners[slug].partner, [voice], KINDS.half_lives)
        await self.writer.write(job, self.partners[slug].client, "test")
        return job.results[0]

    async def judge(self, slug: str, signal: str, author: str, verdict: Literal["upheld", "dismissed"]) -> str:
        job = Judge(
            self.partners[slug].partner, parse_id(signal) or b"", self.partners[author].partner, verdict, "looked at"
        )
        await self.writer.write(job, self.partners[slug].client, "test")
        return job.outcome

    async def release(self, slug: str, owner: str, signal: str, *, refuse: bool = False) -> str:
        job = Release(
            self.partners[slug].partner, self.partners[owner].partner, [parse_id(signal) or b""], refuse=refuse
        )
        await self.writer.write(job, self.partners[slug].client, "test")
        return job.results[0]

    async def page(self, slug: str, after: str | None = None, limit: int = 1_000, kinds: Sequence[str] = ()) -> Feed:
        principal = self.partners[slug]
        async with self.db.snapshot(principal.partner) as session:
            chosen = Selection(tuple(kinds))
            return (await feed.page(session, principal, KINDS, KEYS, after=after, limit=limit, chosen=chosen)).body

    async def digest(self, slug: str) -> Digest:
        principal = self.partners[slug]
        async with self.db.snapshot(principal.partner) as session:
            return await feed.digest(session, principal)


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    """The signal exchange of the hub itself needs none."""
    return []


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    room = Room(Database(database_url))
    await room.allow_everyone()
    async with room.writer.running():
        yield room
    await room.db.close()
