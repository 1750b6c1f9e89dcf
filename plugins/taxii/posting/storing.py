"""The job of the claim log that keeps what was posted, in the transaction of the claims that it means."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences
from core.log.head import Head
from core.sdk import SubmitStatus, Tlp, insert_rows
from core.signals.plan import Picture
from core.signals.standing import Stood
from plugins.taxii.collections import Eyes
from plugins.taxii.models import NO_SIGNAL, TaxiiObject, TaxiiStatus
from plugins.taxii.posting import owning, sharing, versions
from plugins.taxii.posting.claiming import Claiming
from plugins.taxii.posting.posted import Posted
from plugins.taxii.posting.statuses import TaxiiPostStatus, TaxiiStatusDetails, made, why
from plugins.taxii.posting.versions import Version
from plugins.taxii.stix.indicators import timestamp


class StoreObjects(Claiming):
    """Objects of one post. The newest version of each is what its claim says; older ones are kept as they came."""

    def __init__(self, eyes: Eyes, posted: Sequence[Posted], refused: Mapping[int, TaxiiStatusDetails]) -> None:
        """`eyes` are the poster's; `refused` the objects of the post that may not be kept, by number."""
        super().__init__(eyes.principal.partner, eyes.collection, {one.meant.id for one in posted})
        self.eyes = eyes
        self.posted = posted
        self.refused = refused
        self.status: TaxiiPostStatus
        self._new: dict[int, Posted] = {}
        """Versions that are not there yet, by number."""
        self._newest: set[int] = set()
        """Of these, the last ones of their objects."""
        self._successes: dict[int, TaxiiStatusDetails] = {}
        self._failures: dict[int, TaxiiStatusDetails] = {}
        self._shown: Mapping[Tlp | None, int] = {}
        """The audience of objects that are marked so."""

    def keys(self) -> Iterable[bytes]:
        return {one.item.signal.key for one in self.posted if one.item}

    async def plan(self, session: AsyncSession) -> None:
        self._successes = {}
        # On the head of the log: who sends slowly has the time to read whose name to take.
        taken = await owning.refused(msgspec.structs.replace(self.eyes, session=session), self.posted)
        self._failures = {**self.refused, **taken}
        posted = [one for one in self.posted if one.number not in taken]
        if self.collection.group not in (None, *self.member.values()):
            self._new = {}
            self._refuse(posted, f"not_a_member: you are not a member of {self.collection.slug}.")
        else:
            self._new = await self._unknown(session, posted)
            self._refuse(self._baseless(), "There is no version of yours that it could revoke.")
        self._newest = self._last()
        newest = [one for number, one in self._new.items() if number in self._newest]
        self.withdrawn = [one.meant.id for one in newest if one.meant.type == "indicator" and not one.item]
        self.said = [(one.item, one.meant.tlp) for one in newest if one.item]

    async def ready(self, session: AsyncSession, picture: Picture) -> None:
        await super().ready(session, picture)
        reason = "Already in the collection of the community; a group cannot take it from there."
        self._refuse([self._new[item.index] for item in self.narrowing], reason)
        marks = {one.meant.tlp for one in self._new.values()}
        shown = {tlp: sharing.audience(self.collection, self.partner, tlp) for tlp in marks}
        ids = await audiences.intern(session, shown.values())
        self._shown = {tlp: ids[audience] for tlp, audience in shown.items()}

    def _baseless(self) -> list[Posted]:
        """Indicators that are revoked and were never posted: clients would drop whatever else has that id."""
        if not any(one.meant.withdraws for one in self._new.values()):
            return []
        had = {one.id for one in self.history.live()} | {name for name, _ in self.history.removed}
        had |= {one.meant.id for one in self._new.values() if not one.meant.withdraws}
        return [one for one in self._new.values() if one.meant.withdraws and one.meant.id not in had]

    def _refuse(self, some: Iterable[Posted], reason: str) -> None:
        for one in some:
            self._new.pop(one.number, None)
            self._failures[one.number] = one.told(reason)

    async def _unknown(self, session: AsyncSession, posted: Sequence[Posted]) -> dict[int, Posted]:
        wanted = {one.name for one in posted}
        there = {one.position: one.name for one in self.history.live() if one.name in wanted}
        stored = await versions.contents(session, there)
        seen = {there[position]: content for position, content in stored.items()}
        new: dict[int, Posted] = {}
        for one in posted:
            if one.name not in seen:
                # What was said can always be taken back.
                if one.meant.withdraws or self.history.room(one.meant.id):
                    seen[one.name], new[one.number] = one.raw, one
                else:
                    self._failures[one.number] = one.told(f"{versions.MOST} versions are the most; take another id.")
            elif msgspec.json.decode(seen[one.name]) == msgspec.json.decode(one.raw):
                self._successes[one.number] = one.told("already there")
            else:
                self._failures[one.number] = one.told("This version was posted with other content; send a later one.")
        return new

    def _last(self) -> set[int]:
        last: dict[str, Posted] = {}
        for one in self._new.values():
            before = last.get(one.meant.id)
            if before is None or one.meant.version > before.meant.version:
                last[one.meant.id] = one
        stored = {name: self.history.last(name) for name in last}
        return {
            one.number for name, one in last.items() if (old := stored[name]) is None or old.version < one.meant.version
        }

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        for result in self.results:
            if result.status is SubmitStatus.REJECTED:
                self._refuse([self._new[result.index]], why(result.errors))
        gone = self.history.removed
        if gone:
            await versions.forget(session, [gone[one.name] for one in self._new.values() if one.name in gone])
        added = self._added(session, head, stood)
        changed = self.history.flagged()
        await versions.write_flags(session, [one for one in changed if one.position not in added])
        await self._insert(session, head, added)
        await self._tell(session, head, stood)

    def _added(
        self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]
    ) -> dict[int, tuple[Posted, Version, int | None]]:
        """By position: each new version, and the position of the claim that it covers."""
        added = {}
        for one in self._new.values():
            claim = stood.get(one.item.signal.key) if one.item else None
            says_it = claim if one.number in self._newest else None
            position = _place(session, head, says_it)
            version = Version(position, *one.name, one.meant.spec_version, False, False, self._signal(one, claim))
            self.history.add(version)
            added[position] = one, version, says_it.position if says_it else None
        return added

    async def _insert(
        self, session: AsyncSession, head: Head, added: Mapping[int, tuple[Posted, Version, int | None]]
    ) -> None:
        collection, began = self.collection.name, head.at - head.base - 1
        rows = [
            {
                "position": position,
                "date_added": began + position,
                "collection": collection,
                "id": version.id,
                "version": version.version,
                "partner": self.partner,
                "audience": self._shown[one.meant.tlp],
                "type": one.meant.type,
                "spec_version": version.spec_version,
                "bytes": one.raw,
                "is_first": version.is_first,
                "is_last": version.is_last,
                "revoked": one.meant.withdraws,
                "signal": version.signal,
                "covers": covers,
            }
            for position, (one, version, covers) in added.items()
        ]
        await insert_rows(session, TaxiiObject.__table__, rows)

    def _signal(self, one: Posted, claim: Stood | None) -> int | None:
        if claim:
            return claim.signal
        if one.item:
            return NO_SIGNAL
        before = self.history.last(one.meant.id) if one.meant.withdraws else None
        return before.signal if before else None

    async def _tell(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        for number, one in self._new.items():
            claim = stood.get(one.item.signal.key) if one.item else None
            held = "held: shown to nobody else until it is reviewed" if claim and claim.held else ""
            self._successes[number] = one.told(held or one.note)
        good, bad = ([some[number] for number in sorted(some)] for some in (self._successes, self._failures))
        self.status = made(timestamp(head.at), good, bad)
        row = {"id": self.status.id, "partner": self.partner, "at": head.at, "body": msgspec.json.encode(self.status)}
        await insert_rows(session, TaxiiStatus.__table__, [row])


def _place(session: AsyncSession, head: Head, claim: Stood | None) -> int:
    """Where the claim is, if this transaction put it there, so that readers meet both at once; else behind all."""
    used: set[int] = session.info.setdefault("taxii_positions", set())
    if claim is None or claim.position <= head.base or claim.position in used:
        return head.take()
    used.add(claim.position)
    return claim.position
