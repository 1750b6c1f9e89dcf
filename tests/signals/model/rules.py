"""What may happen in a history."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.errors import Unavailable
from core.signals.jobs import Judge, Release
from tests.signals.conftest import KEYS
from tests.signals.model.hub import crashing
from tests.signals.model.machine import Machine
from tests.signals.model.words import DAY, GROUPS, HOUR, NAMES, SECOND, Claim, Key, Statement
from tests.signals.model.world import Sent, read

VALUES = {"phone": ("+84900000001", "+84900000002"), "nick": ("bait", "Bait", "BAIT")}
OBSERVED = [(kind, value) for kind, values in VALUES.items() for value in values]
CATEGORIES = {"phone": ("phishing", "phishing", "grooming"), "nick": ("phishing", "csam_hash")}
EXTERNAL = ("one", "two")

owners = st.sampled_from(NAMES[:4])
names = st.sampled_from(NAMES)
# Most things happen to one signal, or nothing would meet.
observed = st.one_of(st.just(OBSERVED[0]), st.sampled_from(OBSERVED))
audiences = st.one_of(
    st.sampled_from([("GREEN", ()), ("CLEAR", ()), ("", ())]),
    st.tuples(
        st.sampled_from(["", "GREEN", "AMBER", "AMBER+STRICT", "RED"]),
        st.lists(st.sampled_from(sorted(GROUPS)), max_size=2, unique=True).map(lambda some: tuple(sorted(some))),
    ),
)
lapses = st.one_of(st.none(), st.sampled_from([-HOUR, HOUR, 2 * DAY]))
origins = st.sampled_from([None, None, "a list", "A List"])
externals = st.one_of(st.none(), st.sampled_from(EXTERNAL))
crashes = st.sampled_from([0, 0, 0, 0, 0, 1])


@st.composite
def statements(draw: st.DrawFn) -> Sent:
    kind, value = draw(observed)
    tlp, groups = draw(audiences)
    said = Statement(
        tlp=tlp,
        groups=groups,
        category=draw(st.sampled_from(CATEGORIES[kind])),
        confidence=draw(st.sampled_from([None, 0, 50, 90])),
        valid_until=draw(lapses),
        origin=draw(origins),
        derived_from=draw(st.sampled_from([(), (), ("sig_" + "a" * 26,)])),
    )
    return Sent(kind, value, said, draw(externals))


items = st.lists(statements(), min_size=1, max_size=3)


class Rules(Machine):
    def key(self, seen: tuple[str, str]) -> Key:
        return read(*seen, self.world.version)[0]

    def due(self, sent: Sequence[Sent]) -> list[Sent]:
        """With times that are so far from now."""
        done = []
        for one in sent:
            until = one.said.valid_until
            said = one.said if until is None else msgspec.structs.replace(one.said, valid_until=self.world.now + until)
            done.append(msgspec.structs.replace(one, said=said))
        return done

    def active(self, name: str) -> bool:
        return self.world.partners[name].active

    # Claims.

    @rule(who=owners, sent=items, crash=crashes)
    def submit(self, who: str, sent: list[Sent], crash: int) -> None:
        if not self.active(who):
            return
        with self.step():
            sent = self.due(sent)
            job = self.hub.submission(who, sent)
            if crash:
                with crashing(1), pytest.raises(Unavailable):
                    self.run(self.hub.write(job, who))
                return
            self.run(self.hub.write(job, who))
            with self.world.together():
                expected = self.world.submit(who, sent)
            assert [result.status for result in job.results] == expected

    @rule(who=owners, which=st.integers(0, 5), confidence=st.sampled_from(["as before", None, 10, 90]))
    def submit_again(self, who: str, which: int, confidence: Any) -> None:
        """What stands: nothing new, or nothing but another confidence."""
        own = [claim for at, claim in sorted(self.world.claims.items()) if at[0] == who]
        if own:
            self.reword(own[which % len(own)], {} if confidence == "as before" else {"confidence": confidence})

    @rule(which=st.integers(0, 5), confidence=st.sampled_from([None, 10, 90]))
    def reword_what_is_suspended(self, which: int, confidence: int | None) -> None:
        hidden = [claim for _, claim in sorted(self.world.claims.items()) if self.world.suspended(claim)]
        if hidden:
            self.reword(hidden[which % len(hidden)], {"confidence": confidence})

    def reword(self, claim: Claim, changed: dict[str, Any]) -> None:
        who = claim.owner
        if not self.active(who):
            return
        with self.step():
            sent = [Sent(claim.key[0], claim.value, msgspec.structs.replace(claim.said, **changed))]
            job = self.hub.submission(who, sent)
            self.run(self.hub.write(job, who))
            with self.world.together():
                expected = self.world.submit(who, sent)
            assert [result.status for result in job.results] == expected

    @rule(who=owners, named=st.lists(st.sampled_from(EXTERNAL), max_size=2), seen=st.lists(observed, max_size=2))
    def retract(self, who: str, named: list[str], seen: list[tuple[str, str]]) -> None:
        if not self.active(who):
            return
        with self.step():
            keys = [self.key(one) for one in seen]
            job = self.hub.retraction(who, named, keys)
            self.run(self.hub.write(job, who))
            with self.world.together():
                expected = self.world.retract(who, named, keys)
            assert [result.status for result in job.results] == expected

    @rule(who=owners, other=owners, sent=items, more=items, seen=observed, crash=crashes)
    def at_once(
        self, who: str, other: str, sent: list[Sent], more: list[Sent], seen: tuple[str, str], crash: int
    ) -> None:
        """Three jobs that share a transaction; where that one crashes, each is tried alone."""
        if not (self.active(who) and self.active(other)):
            return
        with self.step(parts=bool(crash)):
            sent, more, key = self.due(sent), self.due(more), self.key(seen)
            first, second = self.hub.submission(who, sent), self.hub.submission(other, more)
            between = self.hub.retraction(who, [], [key])

            async def together() -> None:
                await asyncio.gather(*(self.hub.write(job, who) for job in (first, between, second)))

            with crashing(crash):
                self.run(together())
            works: list[Callable[[], list[str]]] = [
                lambda: self.world.submit(who, sent),
                lambda: self.world.retract(who, [], [key]),
                lambda: self.world.submit(other, more),
            ]
            expected: list[str] = []
            with nullcontext() if crash else self.world.together():
                for work in works:
                    with self.world.together() if crash else nullcontext():
                        expected += work()
                    if crash:
                        # What the next of them ends again, a reader could have seen.
                        self.library.look()
            done = [one.status.value for one in first.results] + [one.status.value for one in between.results]
            assert done + [one.status.value for one in second.results] == expected

    # Opinions and reviews.

    @rule(
        who=owners,
        seen=observed,
        stance=st.sampled_from(["agree", "disagree", "false_positive", "false_positive", None]),
        reason=st.sampled_from(["looked at it", "asked the bank"]),
    )
    def opine(self, who: str, seen: tuple[str, str], stance: str | None, reason: str) -> None:
        self.say(who, self.key(seen), stance, reason)

    @rule(who=st.sampled_from(["ben", "pol"]), which=st.integers(0, 5))
    def doubt(self, who: str, which: int) -> None:
        """One whose word weighs, of what others show it: what a single voice suspends is a matter of the category."""
        shown = [key for key in sorted(self.world.visible(who)) if (who, key) not in self.world.claims]
        if shown:
            self.say(who, shown[which % len(shown)], "false_positive", "looked at it")

    @rule(which=st.integers(0, 5), stance=st.sampled_from([None, "agree"]))
    def think_again(self, which: int, stance: str | None) -> None:
        """Somebody who said something takes it back, or turns it round."""
        given = sorted((author, key) for key, said in self.world.opinions.items() for author in said)
        if given:
            self.say(*given[which % len(given)], stance, "looked again")

    def say(self, who: str, key: Key, stance: str | None, reason: str) -> None:
        if not self.active(who):
            return
        with self.step():
            with self.world.together():
                expected = self.world.opine(who, key, stance, reason)
            assert self.run(self.hub.say(who, key, stance, reason)) == expected

    @rule(who=names, author=owners, seen=observed, verdict=st.sampled_from(["upheld", "dismissed"]))
    def judge(self, who: str, author: str, seen: tuple[str, str], verdict: Any) -> None:
        with self.step():
            key, partners = self.key(seen), self.hub.partners
            job = Judge(partners[who].partner, KEYS.signal(*key), partners[author].partner, verdict, "looked at")
            self.run(self.hub.write(job))
            with self.world.together():
                assert job.outcome == self.world.judge(who, key, author, verdict)

    @rule(who=names, which=st.integers(0, 5), owner=owners, seen=observed, refuse=st.booleans())
    def release(self, who: str, which: int, owner: str, seen: tuple[str, str], refuse: bool) -> None:
        """What is held, whosever it is; else what is not."""
        held = sorted(at for at, claim in self.world.claims.items() if claim.held)
        with self.step():
            owner, key = held[which % len(held)] if held else (owner, self.key(seen))
            partners = self.hub.partners
            job = Release(partners[who].partner, partners[owner].partner, [KEYS.signal(*key)], refuse=refuse)
            self.run(self.hub.write(job))
            with self.world.together():
                assert job.results == [self.world.release(who, (owner, key), refuse=refuse)]

    # Not those that the next normaliser reads otherwise: their entries would go with them.
    @rule(seen=st.sampled_from(OBSERVED[:3]))
    def list_or_unlist(self, seen: tuple[str, str]) -> None:
        """Put a value on the negative list, or take it off."""
        with self.step():
            key = self.key(seen)
            self.run(self.hub.list_value(key, key[1]))
            self.world.due.discard(key)
            if self.world.guarded.pop(key, None) is None:
                self.world.guarded[key] = self.world.now
                self.world.due.add(key)

    @rule(seconds=st.sampled_from([1, 10]))
    def sweep(self, seconds: int) -> None:
        with self.step(seconds):
            self.run(self.hub.sweep())
            with self.world.together():
                self.world.sweep()

    # Partners.

    @rule(who=owners, group=st.sampled_from(sorted(GROUPS)))
    def join_or_leave(self, who: str, group: str) -> None:
        with self.step():
            groups = self.world.partners[who].groups
            with self.world.view_of(who):
                self.run(self.hub.leave(group, who) if group in groups else self.hub.join(group, who))
                groups.symmetric_difference_update({group})

    @rule(who=owners, close=st.booleans())
    def suspend_or_reinstate(self, who: str, close: bool) -> None:
        with self.step():
            active = not self.active(who)
            self.run(self.hub.change(who, active=active))
            self.world.standing(who, active=active)
        if close and not active:
            with self.step(), self.world.together():
                mine = [at for at in self.world.claims if at[0] == who]
                assert self.run(self.hub.close_all(who)) == len(mine)
                for at in mine:
                    self.world.end(at)

    @rule(who=owners, kind=st.sampled_from(["platform", "agency", "protection", "creator"]))
    def become(self, who: str, kind: str) -> None:
        with self.step():
            self.run(self.hub.change(who, kind=kind))
            self.world.standing(who, kind=kind)

    # The clock and the hub itself.

    @rule(seconds=st.sampled_from([HOUR, 3 * HOUR, 3 * DAY]), purge=st.booleans())
    def pass_time(self, seconds: int, purge: bool) -> None:
        with self.step(seconds // SECOND):
            self.run(self.hub.expire())
            with self.world.together():
                self.world.expire()
        if purge:
            with self.step():
                self.run(self.hub.purge())
                self.library.purged = self.world.now - DAY
                self.world.purge(self.library.purged)

    @precondition(lambda self: self.world.version == 1 and len(self.world.claims) > 2)
    @rule()
    def upgrade(self) -> None:
        with self.step():
            self.run(self.hub.upgrade())
            with self.world.together():
                self.world.reread()
