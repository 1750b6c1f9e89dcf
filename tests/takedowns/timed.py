"""Cases under a clock that the test sets: no HTTP, no job of its own."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids
from core.auth.access import Principal
from core.auth.models import Partner
from core.db import Database
from core.log import head
from core.log.models import EventRow
from core.takedowns import deadlines, moves, pauses, policies
from core.takedowns.models import Takedown, TakedownRequest
from core.times import HUB_ZONE, to_micros
from core.wire.clock import PauseIn, Priority
from core.wire.scopes import PartnerKind
from core.wire.takedowns import TakedownState


def at(text: str) -> int:
    """In Viet Nam, unless a zone is named."""
    moment = datetime.fromisoformat(text)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=HUB_ZONE))


class Timed:
    """A database with partners to act as; every step says when it is made, never before the one before it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.partners: dict[str, Principal] = {}

    @asynccontextmanager
    async def writing(self, now: int) -> AsyncIterator[AsyncSession]:
        """A transaction at `now`."""
        async with head.writing(self.db, "test", "Test") as session:
            session.info["head"].at = now
            yield session

    async def admit(self, slug: str, kind: PartnerKind) -> Principal:
        async with self.writing(0) as session:
            row = {"slug": slug, "name": slug, "kind": kind.value, "state": "active", "attribution": "anonymous"}
            made = insert(Partner).values(row | {"view": 0, "created": 0}).returning(Partner.id)
            partner = (await session.execute(made)).scalar_one()
        self.partners[slug] = Principal(f"cli_{slug}", partner, slug, kind, frozenset())
        return self.partners[slug]

    async def open(
        self, session: AsyncSession, now: int, platform: str, slug: str, basis: str, priority: Priority
    ) -> Takedown:
        """A case that `slug` asks for."""
        case = Takedown(
            id=ids.new("tkd"),
            target=ids.new("sig"),
            kind="url",
            value="https://bad.example/",
            account="",
            platform=self.partners[platform].partner,
            state=TakedownState.REQUESTED.value,
            category="phishing",
            basis=basis,
            priority=priority.value,
            opened=now,
            wakes=now,
        )
        session.add(case)
        await session.flush()
        await self._request(session, now, case, slug, basis, priority)
        return case

    async def ask(
        self, session: AsyncSession, now: int, case: Takedown, slug: str, basis: str, priority: Priority
    ) -> None:
        """`slug` asks for it, too."""
        await self._request(session, now, case, slug, basis, priority)
        await deadlines.settle(session, [case])

    async def _request(
        self, session: AsyncSession, now: int, case: Takedown, slug: str, basis: str, priority: Priority
    ) -> None:
        found = await policies.deadline(session, basis, priority, now)
        row = TakedownRequest(
            takedown=case.number,
            partner=self.partners[slug].partner,
            asked=now,
            at=now,
            basis=basis,
            priority=priority.value,
            category="phishing",
            reason="",
            evidence=[],
            policy=found and found.policy,
            due=found and found.due,
        )
        session.add(row)
        await session.flush()

    async def pause(self, session: AsyncSession, case: Takedown, slug: str) -> None:
        await pauses.pause(session, self.partners[slug], case, PauseIn("Waits for papers."))

    async def resume(self, session: AsyncSession, case: Takedown, slug: str) -> None:
        await pauses.resume(session, self.partners[slug], case)

    def answer(self, now: int, case: Takedown) -> None:
        moves.make(case, TakedownState.REMOVED, now)

    async def case(self, id: str) -> Takedown:
        async with self.db.survey() as session:
            return (await session.scalars(select(Takedown).where(Takedown.id == id))).one()

    async def events(self, *types: str) -> dict[str, list[tuple[str, str]]]:
        """By subject, the events of these types in their order: the type, and its time or level if it has one."""
        async with self.db.survey() as session:
            wanted = select(EventRow.type, EventRow.body).where(EventRow.type.in_(types)).order_by(EventRow.position)
            rows = (await session.execute(wanted)).all()
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, body in rows:
            told = msgspec.json.decode(body)
            if "takedown" in told:
                found[told["takedown"]].append((name, str(told.get("due", told.get("level", "")))))
        return found


async def cast(db: Database, kinds: Sequence[tuple[str, PartnerKind]] = ()) -> Timed:
    """A platform, an agency, a child-protection group and the operator."""
    made = Timed(db)
    everyone = (
        ("tiktok", PartnerKind.PLATFORM),
        ("a05", PartnerKind.AGENCY),
        ("shield", PartnerKind.PROTECTION),
        ("secretariat", PartnerKind.OPERATOR),
        *kinds,
    )
    for slug, kind in everyone:
        await made.admit(slug, kind)
    return made
