"""The claim log against a model: random histories of claims and memberships, random readers."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.db import Database
from core.signals.cursors import Resync
from core.signals.keys import hex_sum
from core.wire.scopes import PartnerKind
from core.wire.signals import SignalOut, State
from tests.signals.conftest import Room

PARTNERS = ("ann", "ben", "cho", "hub")
GROUPS = {"g1": {"ann", "ben"}, "g2": {"ben"}}
VALUES = ("+84900000001", "+84900000002", "+84900000003")

partners = st.sampled_from(PARTNERS[:3])
readers = st.sampled_from(PARTNERS)
groups = st.lists(st.sampled_from(sorted(GROUPS)), max_size=2, unique=True)
values = st.sampled_from(VALUES)


class Claim(msgspec.Struct, frozen=True):
    owner: str
    value: str
    tlp: str | None
    groups: tuple[str, ...]
    confidence: int
    category: str


def _summary(claims: list[Claim]) -> tuple[int, int, set[str]]:
    highest = max(claim.confidence for claim in claims)
    return len(claims), highest, {claim.category for claim in claims if claim.confidence == highest}


class Reader:
    """A copy kept by nothing but the feed."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.copy: dict[str, SignalOut] = {}
        self.could_see: set[str] = set()
        """Every id that was visible at some moment of this walk."""
        self.could_know: set[str] = set()
        """The same when the last page was given: later ones it cannot have heard of."""
        self.last = 0


class ClaimLog(RuleBasedStateMachine):
    new_database: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.claims: dict[tuple[str, str], Claim] = {}
        self.members = {group: set(names) for group, names in GROUPS.items()}
        self.readers = {name: Reader() for name in PARTNERS}
        self.ids: dict[str, str] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        async def start() -> None:
            self.room = Room(Database(self.new_database()))
            self.running = self.room.writer.running()
            await self.running.__aenter__()
            await self.room.allow_everyone()
            for name in PARTNERS:
                kind = PartnerKind.OPERATOR if name == "hub" else PartnerKind.PLATFORM
                await self.room.admit(name, kind)
            for group, names in GROUPS.items():
                await self.room.found(group, *sorted(names))

        self.run(start())

    def teardown(self) -> None:
        async def stop() -> None:
            await self.running.__aexit__(None, None, None)
            await self.room.db.close()

        if hasattr(self, "room"):
            self.run(stop())
        self.loop.close()

    # What the model says.

    def sees(self, reader: str, claim: Claim) -> bool:
        if reader in (claim.owner, "hub"):
            return True
        if claim.groups:
            return any(reader in self.members[group] for group in claim.groups)
        return claim.tlp in ("CLEAR", "GREEN")

    def visible(self, reader: str) -> dict[str, tuple[int, int, set[str]]]:
        """signal id -> (claims, highest confidence, categories of the most confident)."""
        seen: dict[str, list[Claim]] = {}
        for claim in self.claims.values():
            if self.sees(reader, claim):
                seen.setdefault(self.ids[claim.value], []).append(claim)
        return {signal: _summary(some) for signal, some in seen.items()}

    # What may happen.

    @rule(
        who=partners,
        value=values,
        tlp=st.sampled_from([None, "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]),
        named=groups,
        confidence=st.sampled_from([10, 50, 90]),
        category=st.sampled_from(["phishing", "grooming"]),
    )
    def submit(self, who: str, value: str, tlp: str | None, named: list[str], confidence: int, category: str) -> None:
        item = {"kind": "phone", "value": value, "confidence": confidence, "category": category, "groups": named}
        before = self.claims.get((who, value))
        claim = Claim(who, value, tlp, tuple(sorted(named)), confidence, category)
        allowed = all(who in self.members[group] for group in named)
        silent = self.quiet(lambda reader: not any(self.sees(reader, one) for one in (before, claim) if one))
        (result,) = self.run(self.room.submit(who, item | ({"tlp": tlp} if tlp else {}))).results
        if not allowed:
            assert result.status == "rejected"
            assert result.errors[0].pointer == "/signals/0/groups"
            return
        expected = "created" if before is None else "unchanged" if before == claim else "updated"
        assert result.status == expected
        self.ids[value] = str(result.id)
        self.claims[who, value] = claim
        self.note()
        self.hear_nothing(silent)

    @rule(who=partners, value=values)
    def retract(self, who: str, value: str) -> None:
        claim = self.claims.pop((who, value), None)
        silent = self.quiet(lambda reader: claim is None or not self.sees(reader, claim))
        signal = self.ids.get(value, "sig_" + "a" * 26)
        (result,) = self.run(self.room.retract(who, ids=[signal])).results
        assert result.status == ("not_found" if claim is None else "retracted")
        self.hear_nothing(silent)

    @rule(who=partners, group=st.sampled_from(sorted(GROUPS)))
    def join_or_leave(self, who: str, group: str) -> None:
        if who in self.members[group]:
            self.members[group].discard(who)
            self.run(self.room.leave(group, who))
        else:
            self.members[group].add(who)
            self.run(self.room.join(group, who))
        self.note()

    @rule(who=readers, limit=st.integers(1, 3), pages=st.integers(1, 4))
    def pull(self, who: str, limit: int, pages: int) -> None:
        for _ in range(pages):
            if not self.one_page(who, limit):
                return

    @rule(who=readers)
    def catch_up(self, who: str) -> None:
        while self.one_page(who, 2):
            pass

    # How a reader keeps its copy, and what is promised to it.

    def one_page(self, who: str, limit: int) -> bool:
        reader = self.readers[who]
        try:
            page = self.run(self.room.page(who, reader.cursor, limit))
        except Resync:
            self.readers[who] = reader = Reader()
            self.note()
            page = self.run(self.room.page(who, None, limit))
        if reader.cursor is None:
            reader.could_see |= set(self.visible(who))
        ids = [signal.id for signal in page.signals]
        assert len(ids) == len(set(ids))
        for signal in page.signals:
            assert signal.position > reader.last
            reader.last = signal.position
            if signal.state is State.ACTIVE:
                reader.copy[signal.id] = signal
            else:
                assert signal.id in reader.could_know
                reader.copy.pop(signal.id, None)
        reader.cursor = page.next
        reader.could_know = set(reader.could_see)
        if not page.more:
            self.compare(who, reader, str(page.digest))
        return bool(page.more)

    def compare(self, who: str, reader: Reader, digest: str) -> None:
        expected = self.visible(who)
        assert reader.copy.keys() == expected.keys()
        for signal in reader.copy.values():
            claims, confidence, categories = expected[signal.id]
            assert (signal.claims, signal.confidence) == (claims, confidence)
            assert signal.category in categories
        assert hex_sum(sum(int(str(signal.check), 16) for signal in reader.copy.values())) == digest

    def quiet(self, unmoved: Callable[[str], bool]) -> dict[str, str]:
        """Readers that are caught up, and whom the change about to come does not concern, with their cursors."""
        found = {}
        for name in PARTNERS:
            if unmoved(name):
                while self.one_page(name, 3):
                    pass
                found[name] = str(self.readers[name].cursor)
        return found

    def hear_nothing(self, silent: dict[str, str]) -> None:
        for name, cursor in silent.items():
            assert self.run(self.room.page(name, cursor)).signals == ()

    def note(self) -> None:
        for name, reader in self.readers.items():
            reader.could_see |= set(self.visible(name))

    @invariant()
    def digests_are_sums(self) -> None:
        if not hasattr(self, "room") or len(self.room.partners) < len(PARTNERS):
            return
        for name in PARTNERS:
            assert (self.run(self.room.digest(name)).digest == hex_sum(0)) == (not self.visible(name))


def test_the_claim_log_agrees_with_its_model(new_database: Callable[[], str], engine_name: str) -> None:
    examples = {"sqlite": 40, "postgresql": 25}[engine_name]
    profile = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine = type("Machine", (ClaimLog,), {"new_database": staticmethod(new_database)})
    run_state_machine_as_test(machine, settings=profile)
