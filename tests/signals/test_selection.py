"""Parts of the feed for formats of others: what may leave, one group, one campaign; values by which copies drop."""

from typing import Any

import pytest
from sqlalchemy import select

from core.errors import Fault
from core.signals import feed, selection
from core.signals.cursors import Resync
from core.signals.feed import Changes
from core.signals.holders import holders
from core.signals.models import Claim, Signal
from core.signals.pages import Pages
from core.signals.readers import Readers
from core.wire.feed_keys import LEAVING, Selection
from core.wire.opinions import Stance
from core.wire.signals import State
from tests.signals.conftest import KEYS, KINDS, Room

Told = list[tuple[str, bool]]


class Walk:
    """A program that keeps a copy of one part of what its partner sees."""

    def __init__(self, room: Room, slug: str, chosen: Selection) -> None:
        self.room = room
        self.principal = room.partners[slug]
        self.chosen = chosen
        self.token: str | None = None

    async def go_on(self, limit: int = 1_000) -> Changes:
        async with self.room.db.snapshot(self.principal.partner) as session:
            place = await feed.place(session, self.principal, KEYS, self.chosen, token=self.token)
            found = await feed.changes(session, self.principal, KINDS, KEYS, self.chosen, place.fresh(), limit)
            self.token = feed.token(place, found.reached, self.principal, KEYS, self.chosen)
        return found

    async def told(self) -> Told:
        """Values, each with whether it is gone."""
        return [(change.value, change.gone) for change in (await self.go_on()).changes]


def host(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "domain", "value": f"{name}.example", **more}


@pytest.fixture
async def ring(room: Room) -> Room:
    """Ann and Ben share a group; Cho is outside."""
    for slug in ("ann", "ben", "cho"):
        await room.admit(slug)
    await room.found("ring", "ann", "ben")
    return room


async def test_a_retraction_reaches_whoever_held_it_before_red_came(ring: Room) -> None:
    leaving, whole = Walk(ring, "ben", LEAVING), Walk(ring, "ben", Selection())
    await ring.submit("ann", host("bait", tlp="GREEN"))
    assert await leaving.told() == await whole.told() == [("bait.example", False)]
    await ring.submit("ben", host("bait", tlp="RED", groups=["ring"], external_id="red"))
    assert await leaving.told() == []
    assert await whole.told() == [("bait.example", False)]
    (signal,) = (await ring.page("ben")).signals
    await ring.retract("ann", ids=[signal.id])
    assert await leaving.told() == [("bait.example", True)]
    assert await whole.told() == [("bait.example", False)]


async def test_only_what_may_leave_is_told_and_nothing_of_the_rest_when_it_ends(ring: Room) -> None:
    marks = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED", None)
    await ring.submit("ann", *[host(f"h{number}", tlp=mark, groups=["ring"]) for number, mark in enumerate(marks)])
    walk = Walk(ring, "ben", LEAVING)
    assert await walk.told() == [(f"h{number}.example", False) for number in range(3)]
    seen = (await ring.page("ben")).signals
    assert len(seen) == len(marks)
    await ring.retract("ann", ids=[signal.id for signal in seen])
    assert await walk.told() == [(f"h{number}.example", True) for number in range(3)]


async def test_the_community_and_each_group_are_parts_of_their_own(ring: Room) -> None:
    await ring.found("other", "ben", "cho")
    for slug, group, name in (("ann", "ring", "a"), ("cho", "other", "c"), ("ben", "ring", "b")):
        await ring.submit(slug, host(name, tlp="AMBER", groups=[group]))
    await ring.submit("ben", host("both", tlp="AMBER", groups=["ring", "other"]), host("all", tlp="GREEN"))
    await ring.submit("ben", host("own", tlp="AMBER"), host("wide", tlp="GREEN", groups=["other"]))
    parts = {group: Selection(leaving=True, group=number) for group, number in ring.groups.items()}
    assert [value for value, _ in await Walk(ring, "ben", parts["ring"]).told()] == [
        *("a.example", "b.example", "both.example")
    ]
    assert [value for value, _ in await Walk(ring, "ben", parts["other"]).told()] == [
        *("c.example", "both.example", "wide.example")
    ]
    assert [value for value, _ in await Walk(ring, "cho", parts["ring"]).told()] == ["both.example"]
    assert await Walk(ring, "ben", Selection(leaving=True, community=True)).told() == [("all.example", False)]


async def test_groups_are_told_apart_by_their_whole_number(ring: Room) -> None:
    for number in range(12):
        await ring.found(f"g{number}", "ben")
    await ring.submit("ben", host("last", tlp="AMBER", groups=["g11"]), host("two", tlp="AMBER", groups=["g0", "g11"]))
    for group, number in ring.groups.items():
        told = {value for value, _ in await Walk(ring, "ben", Selection(group=number)).told()}
        wanted = {"g11": {"last.example", "two.example"}, "g0": {"two.example"}}
        assert told == wanted.get(group, set()), group


async def test_a_tombstone_carries_the_value_that_was_shown_and_no_other(ring: Room) -> None:
    """Host names are one signal in either script, shown as its most confident claim has it."""
    first, second = "http://bait.example/a", "https://bait.example/a"
    walk = Walk(ring, "cho", LEAVING)
    url = {"kind": "url", "tlp": "GREEN", "category": "phishing"}
    await ring.submit("ann", url | {"value": first, "confidence": 50})
    (change,) = (await walk.go_on()).changes
    assert (change.value, change.former) == (first, ())
    await ring.submit("ben", url | {"value": second, "confidence": 90})
    (change,) = (await walk.go_on()).changes
    assert (change.signal.value, change.value, change.gone) == (second, second, False)
    # Whoever drops by value still has the first.
    assert change.former == (first,)
    await ring.submit("ben", url | {"value": second, "tlp": "RED", "groups": ["ring"], "confidence": 90})
    (change,) = (await walk.go_on()).changes
    assert (change.value, change.former, change.gone) == (first, (second,), False)
    await ring.retract("ann", ids=[change.signal.id])
    (change,) = (await walk.go_on()).changes
    assert (change.value, change.gone, change.signal.state) == (first, True, State.RETRACTED)
    assert {change.value, *change.former} <= {first, second}


async def test_the_last_to_stand_names_what_is_gone(ring: Room) -> None:
    url = {"kind": "url", "tlp": "GREEN", "category": "phishing", "confidence": 50}
    walk = Walk(ring, "cho", LEAVING)
    await ring.submit("ann", url | {"value": "http://bait.example/a"})
    await ring.submit("ben", url | {"value": "https://bait.example/a"})
    (change,) = (await walk.go_on()).changes
    assert change.value == "http://bait.example/a"
    for slug, value, gone in (("ann", "https://bait.example/a", False), ("ben", "https://bait.example/a", True)):
        await ring.retract(slug, ids=[change.signal.id])
        assert await walk.told() == [(value, gone)]


async def test_what_falls_out_of_a_campaign_is_gone_for_its_readers(ring: Room) -> None:
    walk, fresh = (Walk(ring, "cho", Selection(campaign="not-alone", leaving=True)) for _ in range(2))
    await ring.submit("ann", host("in", tlp="GREEN", campaign="not-alone"), host("out", tlp="GREEN", campaign="other"))
    await ring.submit("ann", host("none", tlp="GREEN"))
    assert await walk.told() == [("in.example", False)]
    await ring.submit("ann", host("in", tlp="GREEN", campaign="other"), host("out", tlp="GREEN", campaign="not-alone"))
    assert await walk.told() == [("in.example", True), ("out.example", False)]
    assert await fresh.told() == [("out.example", False)]


async def test_voices_say_whose_claims_a_change_was_made_of(ring: Room) -> None:
    walk = Walk(ring, "cho", LEAVING)
    await ring.submit("ann", host("one", tlp="GREEN"), host("two", tlp="GREEN"))
    await ring.submit("ben", host("two", tlp="GREEN"))
    one, two = (await walk.go_on()).changes
    ann, ben = (ring.partners[slug].partner for slug in ("ann", "ben"))
    assert [voice.partner for voice in one.voices] == [ann]
    assert {(voice.partner, voice.live, voice.signal) for voice in two.voices} == {
        (ann, True, two.voices[0].signal),
        (ben, True, two.voices[0].signal),
    }
    await ring.retract("ben", ids=[two.signal.id])
    (two,) = (await walk.go_on()).changes
    assert {(voice.partner, voice.live) for voice in two.voices} == {(ann, True), (ben, False)}
    assert max(voice.position for voice in two.voices) == two.position


def test_the_name_of_a_part_says_all_of_it() -> None:
    parts = [
        *(Selection(), Selection(("phone", "url")), Selection(campaign="not-alone", min_score=40)),
        *(LEAVING, Selection(community=True), Selection(("md5",), leaving=True, group=12)),
    ]
    assert [selection.parse(selection.name(part, "graph")) for part in parts] == parts


async def test_a_selection_is_bound_to_its_cursor(ring: Room) -> None:
    walk = Walk(ring, "ben", LEAVING)
    await walk.go_on()
    for other in (Selection(), Selection(leaving=True, group=1), Selection(leaving=True, campaign="a")):
        walk.chosen = other
        with pytest.raises(Fault) as caught:
            await walk.go_on()
        assert not isinstance(caught.value, Resync)


async def test_standing_is_what_is_live_in_the_selection(ring: Room) -> None:
    await ring.submit("ann", host("a", tlp="GREEN"), host("b", tlp="RED", groups=["ring"]), host("c", tlp="GREEN"))
    await ring.submit("ben", host("a", tlp="AMBER", groups=["ring"]))
    signals = (await ring.page("ben")).signals
    rows = {}
    async with ring.db.survey() as session:
        for signal, value in await session.execute(
            select(Claim.signal, Claim.value).join(Signal, Signal.id == Claim.signal)
        ):
            rows[value.partition(".")[0]] = signal
    (gone,) = [signal.id for signal in signals if signal.value == "c.example"]
    await ring.retract("ann", ids=[gone])
    ann, ben = ring.partners["ann"].partner, ring.partners["ben"].partner
    pairs = [(partner, rows[name]) for partner in (ann, ben) for name in ("a", "b", "c")]

    async def standing(slug: str, chosen: Selection) -> set[tuple[int, str]]:
        reader = ring.partners[slug]
        async with ring.db.snapshot(reader.partner) as session:
            found = await selection.standing(session, reader, chosen, pairs)
        names = {row: name for name, row in rows.items()}
        return {(partner, names[row]) for partner, row in found}

    assert await standing("ben", Selection()) == {(ann, "a"), (ann, "b"), (ben, "a")}
    assert await standing("ben", LEAVING) == {(ann, "a"), (ben, "a")}
    assert await standing("cho", LEAVING) == {(ann, "a")}
    assert await standing("cho", Selection(leaving=True, community=True)) == {(ann, "a")}


async def test_readers_of_a_part_are_holders_of_what_is_in_it_alone(ring: Room) -> None:
    """Of what could never reach it, a program behind a partner is no holder."""
    readers, reader = Readers(ring.db), ring.partners["ben"]
    pages = Pages(readers, reader, "graph")
    await ring.submit("ann", host("green", tlp="GREEN"), host("red", tlp="RED", groups=["ring"]))
    async with ring.db.snapshot(reader.partner) as session:
        place = await feed.place(session, reader, KEYS, LEAVING)
        page = await feed.changes(session, reader, KINDS, KEYS, LEAVING, place.cursor, 10)
    pages.note(LEAVING, place, page.reached)
    assert [change.value for change in page.changes] == ["green.example"]
    held = {signal.value: signal.id for signal in (await ring.page("ann")).signals}
    told = {
        value: [one.partner for one in (await holders(ring.db, readers, ring.partners["ann"], signal)).holders]
        for value, signal in held.items()
    }
    assert told == {"green.example": ["ben"], "red.example": []}


async def test_opinions_leave_lone_items_and_come_with_the_others(ring: Room) -> None:
    await ring.submit("ann", host("bait", tlp="GREEN"))
    walk = Walk(ring, "cho", LEAVING)
    (change,) = (await walk.go_on()).changes
    await ring.opine("cho", change.signal.id, Stance.DISAGREE)
    (change,) = (await walk.go_on()).changes
    assert (change.signal.state, change.gone) == (State.DISPUTED, False)
