"""Disputes that suspend: who loses a signal, who is told so once, and what may go on behind the curtain."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from core import times
from core.auth.models import Partner
from core.signals import opinions
from core.signals.models import Claim, Opinion, SignalPolicy
from core.wire.opinions import OpinionStatus, Stance
from core.wire.scopes import PartnerKind
from core.wire.signals import State
from tests.signals.cells import assert_counters_are_right, assert_sums_are_right
from tests.signals.conftest import KINDS, Room

DOMAIN = {"kind": "domain", "value": "bait.example", "tlp": "GREEN", "confidence": 50, "category": "phishing"}
FALSE, DOUBT, AGREE = Stance.FALSE_POSITIVE, Stance.DISAGREE, Stance.AGREE


@pytest.fixture
async def log(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    await room.admit("police", PartnerKind.AGENCY)
    await room.admit("shelter", PartnerKind.PROTECTION)
    await room.admit("hub", PartnerKind.OPERATOR)
    await room.found("gg", "a", "b")
    return room


class Copy:
    """What one partner holds after reading all that the feed has to say."""

    def __init__(self, room: Room, slug: str) -> None:
        self.room = room
        self.slug = slug
        self.held: dict[str, Any] = {}
        self.cursor: str | None = None

    async def news(self) -> list[State]:
        page = await self.room.page(self.slug, self.cursor)
        self.cursor = page.next
        for signal in page.signals:
            if signal.state in (State.ACTIVE, State.DISPUTED):
                self.held[signal.id] = signal
            else:
                self.held.pop(signal.id, None)
        checks = sum(int(str(signal.check), 16) for signal in self.held.values())
        assert f"{checks % 2**128:032x}" == page.digest == (await self.room.digest(self.slug)).digest
        return [signal.state for signal in page.signals]


async def copies(room: Room, *slugs: str) -> list[Copy]:
    made = [Copy(room, slug) for slug in slugs]
    for one in made:
        await one.news()
    return made


async def assert_adds_up(room: Room) -> None:
    async with room.db.writer() as session:
        await assert_sums_are_right(session)
        await assert_counters_are_right(session)


async def test_a_dispute_takes_the_signal_from_everyone_and_its_dismissal_gives_it_back(log: Room) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    everyone = await copies(log, "a", "b", "c", "police")
    assert await log.opine("police", signal, FALSE) is OpinionStatus.GIVEN
    assert [await one.news() for one in everyone] == [[State.GONE]] * 4
    assert await log.judge("hub", signal, "police", "dismissed") == "done"
    assert [await one.news() for one in everyone] == [[State.ACTIVE]] * 4
    assert everyone[2].held[signal].opinions.false_positive == 0
    # Dismissed once, the same word again suspends nothing.
    assert await log.opine("police", signal, FALSE) is OpinionStatus.UNCHANGED
    assert [await one.news() for one in everyone] == [[]] * 4
    await assert_adds_up(log)


async def test_an_upheld_dispute_stays_and_a_withdrawn_one_does_not(log: Room) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    (reader,) = await copies(log, "c")
    await log.opine("shelter", signal, DOUBT)
    assert await log.judge("hub", signal, "shelter", "upheld") == "done"
    assert await reader.news() == [State.GONE]
    assert await log.opine("shelter", signal, None) is OpinionStatus.WITHDRAWN
    assert await reader.news() == [State.ACTIVE]
    assert await log.opine("shelter", signal, None) is OpinionStatus.NOT_FOUND


@pytest.mark.parametrize("end", ["retract", "category", "audience"])
async def test_what_happens_to_a_suspended_claim_is_silent(log: Room, end: str) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    told, late = await copies(log, "b", "c")
    await log.opine("police", signal, FALSE)
    assert await told.news() == [State.GONE]

    before = (await log.digest("b")).position
    assert (await log.submit("a", DOMAIN | {"confidence": 20})).updated == 1
    assert (await log.digest("b")).position == before
    if end == "retract":
        assert (await log.retract("a", ids=[signal])).retracted == 1
    else:
        await log.submit("a", DOMAIN | {"category": {"category": "grooming"}, "audience": {"tlp": "CLEAR"}}[end])
    (fresh,) = await copies(log, "c")
    assert fresh.held == {}
    assert await told.news() == []
    assert len(await late.news()) == 1
    assert late.held == {}
    await assert_adds_up(log)

    await log.judge("hub", signal, "police", "dismissed")
    back = [] if end == "retract" else [State.ACTIVE]
    assert [await one.news() for one in (told, late, fresh)] == [back] * 3
    await assert_adds_up(log)


async def test_content_of_a_suspended_claim_comes_with_its_return(log: Room) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    (reader,) = await copies(log, "c")
    await log.opine("police", signal, FALSE)
    await log.submit("a", DOMAIN | {"confidence": 20})
    await log.judge("hub", signal, "police", "dismissed")
    assert await reader.news() == [State.ACTIVE]
    assert reader.held[signal].confidence == 20


async def test_a_dispute_reaches_the_claims_that_its_author_sees(log: Room) -> None:
    await log.submit("a", DOMAIN | {"groups": ["gg"]})
    signal = str((await log.submit("b", DOMAIN)).results[0].id)
    (member, outsider) = await copies(log, "a", "c")
    await log.opine("police", signal, FALSE)
    assert [await member.news(), await outsider.news()] == [[State.ACTIVE], [State.GONE]]
    assert member.held[signal].claims == 1
    # Opened while the dispute stands, for an audience in and out of its author's sight.
    await log.submit("c", DOMAIN)
    assert [await member.news(), await outsider.news()] == [[], []]
    await log.submit("a", DOMAIN | {"groups": []})
    assert (await member.news(), await outsider.news()) == ([State.GONE], [])
    await assert_adds_up(log)


async def test_what_is_narrowed_out_of_a_disputers_sight_is_the_groups_own_affair(log: Room) -> None:
    """As a claim that another member makes to the group is. Shown to the disputer again, it is suspended again."""
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    member, outsider, police = await copies(log, "b", "c", "police")
    await log.opine("police", signal, FALSE)
    assert [await one.news() for one in (member, outsider, police)] == [[State.GONE]] * 3
    await log.submit("a", DOMAIN | {"groups": ["gg"]})
    assert [await one.news() for one in (member, outsider, police)] == [[State.ACTIVE], [], []]
    assert member.held[signal].opinions.false_positive == 0
    await log.submit("a", DOMAIN)
    assert [await one.news() for one in (member, outsider, police)] == [[State.GONE], [], []]
    # Retracted and said anew comes to the same.
    await log.retract("a", ids=[signal])
    await log.submit("a", DOMAIN | {"groups": ["gg"]})
    assert [await one.news() for one in (member, outsider, police)] == [[State.ACTIVE], [], []]
    await assert_adds_up(log)


async def test_opinions_beyond_the_hours_limit_are_refused(log: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    now = times.now() // times.HOUR * times.HOUR
    monkeypatch.setattr(times, "now", lambda: now + times.HOUR - 9 * times.SECOND)
    sent = await log.submit("a", *(DOMAIN | {"value": f"n{n}.example"} for n in range(3)))
    one, two, three = (str(result.id) for result in sent.results)
    (reader,) = await copies(log, "b")
    async with log.db.writer() as session:
        await session.execute(update(Partner).where(Partner.slug == "police").values(burst_per_hour=2))
    assert await log.opine("police", one, AGREE) is OpinionStatus.GIVEN
    assert await log.opine("police", one, FALSE) is OpinionStatus.CHANGED
    assert len(await reader.news()) == 1
    assert await log.opine("police", one, AGREE) is OpinionStatus.REJECTED
    assert await log.opine("police", one, FALSE) is OpinionStatus.UNCHANGED
    assert await log.opine("police", two, FALSE) is OpinionStatus.REJECTED
    said = [{"id": at, "stance": "false_positive", "reason": "a school's"} for at in (one, two, three)]
    said[0]["reason"] = "said by a test"
    raw = [msgspec.Raw(msgspec.json.encode(item)) for item in said]
    done = await opinions.give(log.partners["police"], log.writer, KINDS, raw, "test")
    assert [(result.status, [fault.code for fault in result.errors]) for result in done.results] == [
        ("unchanged", []),
        ("rejected", ["too_many_requests"]),
        ("rejected", ["too_many_requests"]),
    ]
    assert await reader.news() == []
    # To take back what was said needs no room, and the next hour has some.
    assert await log.opine("police", one, None) is OpinionStatus.WITHDRAWN
    assert await reader.news() == [State.ACTIVE]
    monkeypatch.setattr(times, "now", lambda: now + times.HOUR)
    assert await log.opine("police", two, FALSE) is OpinionStatus.GIVEN
    await assert_adds_up(log)


async def test_a_strong_signal_a_weak_voice_and_a_stated_quality(log: Room) -> None:
    """Half of the scale is more than one independent voice; a platform's doubt counts once its quality is stated."""
    strong = DOMAIN | {"confidence": 100}
    signal = str((await log.submit("a", strong)).results[0].id)
    await log.submit("b", strong)
    readers = await copies(log, "b")
    await log.opine("police", signal, DOUBT)
    assert await readers[0].news() == [State.DISPUTED]
    weak = str((await log.submit("a", DOMAIN | {"value": "weak.example"})).results[0].id)
    await log.opine("c", weak, FALSE)
    assert await readers[0].news() == [State.DISPUTED]
    async with log.db.writer() as session:
        await session.execute(update(Partner).where(Partner.slug == "c").values(quality=90))
    await log.opine("c", weak, None)
    await log.opine("c", weak, FALSE)
    assert await readers[0].news() == [State.GONE]


async def test_material_of_abuse_is_never_suspended_by_one_voice(log: Room) -> None:
    item = {"kind": "sha256", "value": "a" * 63 + "b", "tlp": "GREEN", "category": "csam_hash", "confidence": 50}
    signal = str((await log.submit("a", item)).results[0].id)
    (reader,) = await copies(log, "c")
    await log.opine("police", signal, FALSE)
    assert await reader.news() == [State.DISPUTED]
    await log.opine("shelter", signal, FALSE)
    assert await reader.news() == [State.GONE]
    await log.judge("hub", signal, "police", "dismissed")
    assert await reader.news() == [State.DISPUTED]


async def test_opinions_are_on_others_claims_that_one_sees(log: Room) -> None:
    secret = str((await log.submit("a", DOMAIN | {"tlp": None})).results[0].id)
    assert await log.opine("b", secret, AGREE) is OpinionStatus.NOT_FOUND
    assert await log.opine("a", secret, FALSE) is OpinionStatus.OWN_CLAIM
    assert await log.opine("b", "sig_" + "a" * 26, AGREE) is OpinionStatus.NOT_FOUND
    (quiet,) = await copies(log, "b")
    await log.opine("hub", secret, FALSE)
    assert await quiet.news() == []
    shown = str((await log.submit("a", DOMAIN | {"value": "shown.example"})).results[0].id)
    assert await log.opine("b", shown, AGREE) is OpinionStatus.GIVEN
    assert await log.opine("b", shown, DOUBT) is OpinionStatus.CHANGED
    assert await log.opine("b", shown, DOUBT) is OpinionStatus.UNCHANGED


async def test_who_was_overruled_does_not_suspend_the_signal_again_in_other_words(log: Room) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    (reader,) = await copies(log, "c")
    await log.opine("police", signal, FALSE)
    await log.judge("hub", signal, "police", "dismissed")
    assert await reader.news() == [State.ACTIVE]
    assert await log.opine("police", signal, DOUBT) is OpinionStatus.CHANGED
    assert await log.opine("police", signal, None) is OpinionStatus.NOT_FOUND
    assert await log.opine("police", signal, AGREE) is OpinionStatus.CHANGED
    assert await log.opine("police", signal, FALSE) is OpinionStatus.CHANGED
    assert await reader.news() == []
    # Another voice is another matter, and a review may hear the first one again.
    await log.opine("shelter", signal, FALSE)
    assert await reader.news() == [State.GONE]
    await log.judge("hub", signal, "shelter", "dismissed")
    assert await log.judge("hub", signal, "police", "upheld") == "done"
    assert await reader.news() == [State.DISPUTED]
    await assert_adds_up(log)


async def test_nobody_reviews_what_concerns_it(log: Room) -> None:
    signal = str((await log.submit("a", DOMAIN)).results[0].id)
    await log.opine("police", signal, FALSE)
    assert await log.judge("a", signal, "police", "dismissed") == "involved"
    assert await log.judge("police", signal, "police", "upheld") == "involved"
    assert await log.judge("hub", signal, "b", "upheld") == "not_found"
    async with log.db.writer() as session:
        (opinion,) = (await session.scalars(select(Opinion))).all()
        states = list(await session.scalars(select(Claim.state)))
    assert (opinion.suspends, opinion.verdict, states) == (True, "", ["suspended"])


async def test_disputes_are_no_way_to_empty_every_feed(log: Room) -> None:
    """Above the policy's number of unjudged disputes, more of them wait for their review without suspending."""
    async with log.db.writer() as session:
        few = update(SignalPolicy).where(SignalPolicy.name == "unjudged_suspensions")
        await session.execute(few.values(value=2))
    sent = await log.submit("a", *(DOMAIN | {"value": f"n{n}.example"} for n in range(4)))
    ids = [str(result.id) for result in sent.results]
    for one in ids:
        assert await log.opine("police", one, FALSE) == OpinionStatus.GIVEN
    assert {one.id for one in (await log.page("b")).signals} == set(ids[2:])
    # What was judged makes room for the next.
    assert await log.judge("hub", ids[0], "police", "upheld") == "done"
    assert await log.opine("police", ids[2], None) == OpinionStatus.WITHDRAWN
    assert await log.opine("police", ids[2], FALSE) == OpinionStatus.GIVEN
    assert {one.id for one in (await log.page("b")).signals} == {ids[3]}
