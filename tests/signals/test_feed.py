"""The scenarios of the claim log: who gets what, and who hears nothing."""

import msgspec
import pytest

from core.signals.cursors import Resync
from core.signals.keys import hex_sum
from core.wire.signals import Feed, SignalOut, State
from tests.signals.conftest import Room

PHONE = {"kind": "phone", "value": "+84 900 000 001", "category": "impersonation"}


def states(page: Feed) -> list[State]:
    return [signal.state for signal in page.signals]


def one(page: Feed) -> SignalOut:
    (signal,) = page.signals
    return signal


@pytest.fixture
async def abc(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    await room.found("gg", "b", "a")
    return room


async def test_the_scenarios_of_two_claims_on_one_phone(abc: Room) -> None:
    """DESIGN's own list: A GREEN, B for the group, same phone."""
    start = {slug: (await abc.page(slug)).next for slug in "abc"}
    await abc.submit("a", PHONE | {"tlp": "GREEN", "external_id": "a-1"})
    await abc.submit("b", PHONE | {"groups": ["gg"], "confidence": 90, "external_id": "b-1"})
    c = await abc.page("c", start["c"])
    member = await abc.page("a", start["a"])
    assert (one(c).claims, one(c).confidence) == (1, None)
    assert (one(member).claims, one(member).confidence) == (2, 90)

    await abc.retract("b", external_ids=["b-1"])
    assert (await abc.page("c", c.next)).signals == ()
    await abc.submit("b", PHONE | {"groups": ["gg"], "confidence": 90, "external_id": "b-1"})

    await abc.retract("a", external_ids=["a-1"])
    c, member = await abc.page("c", c.next), await abc.page("a", member.next)
    assert one(c) == SignalOut(id=one(c).id, state=State.RETRACTED, position=one(c).position)
    assert (one(member).state, one(member).claims) == (State.ACTIVE, 1)

    await abc.submit("a", PHONE | {"tlp": "GREEN", "external_id": "a-1"})
    c = await abc.page("c", c.next)
    assert one(c).state is State.ACTIVE

    await abc.submit("a", PHONE | {"groups": ["gg"], "external_id": "a-1"})
    c, member = await abc.page("c", c.next), await abc.page("a", member.next)
    assert states(c) == [State.GONE]
    assert one(member).claims == 2

    await abc.retract("b", external_ids=["b-1"])
    assert (await abc.page("c", c.next)).signals == ()

    await abc.join("gg", "c")
    with pytest.raises(Resync):
        await abc.page("c", c.next)
    assert one(await abc.page("c")).claims == 1

    await abc.retract("a", external_ids=["a-1"])
    await abc.admit("d")
    assert (await abc.page("d")).signals == ()


async def test_a_caught_up_copy_adds_up_to_the_digest(abc: Room) -> None:
    items = [{"kind": "domain", "value": f"x{i}.example", "tlp": "GREEN"} for i in range(25)]
    await abc.submit("a", *items)
    copy: dict[str, int] = {}
    page = await abc.page("c", limit=7)
    while True:
        copy |= {signal.id: int(str(signal.check), 16) for signal in page.signals}
        if not page.more:
            break
        assert page.digest is msgspec.UNSET
        page = await abc.page("c", page.next, limit=7)
    assert len(copy) == 25
    assert page.digest == hex_sum(sum(copy.values())) == (await abc.digest("c")).digest


async def test_the_same_item_again_takes_no_position(abc: Room) -> None:
    item = PHONE | {"tlp": "GREEN", "external_id": "a-1", "confidence": 10}
    first = await abc.submit("a", item)
    again = await abc.submit("a", item)
    assert (again.unchanged, again.position) == (1, first.position)
    assert (await abc.submit("a", item | {"confidence": 20})).updated == 1
    other = await abc.submit("a", item | {"value": "+84 900 000 002"})
    assert other.results[0].errors[0].code == "external_id_in_use"
    assert other.results[0].errors[0].pointer == "/signals/0/external_id"


async def test_names_go_one_by_one_and_the_claim_with_the_last(abc: Room) -> None:
    await abc.submit("a", PHONE | {"external_id": "n1"}, PHONE | {"external_id": "n2"})
    assert (await abc.retract("a", external_ids=["n1"])).results[0].status == "released"
    assert (await abc.retract("a", external_ids=["n2"])).results[0].status == "retracted"
    assert (await abc.retract("a", external_ids=["n1", "n2"])).retracted == 0
    reused = await abc.submit("a", PHONE | {"value": "+84 900 000 009", "external_id": "n1"})
    assert reused.created == 1


async def test_what_happens_within_one_submission_is_written_once(abc: Room) -> None:
    before = (await abc.submit("a")).position
    done = await abc.submit(
        "a",
        PHONE | {"tlp": "GREEN"},
        PHONE | {"tlp": "GREEN", "confidence": 5},
        PHONE | {"tlp": "GREEN", "confidence": 5},
    )
    assert [result.status for result in done.results] == ["created", "updated", "unchanged"]
    assert done.position == before + 1


async def test_each_claim_brings_its_own_spelling(abc: Room) -> None:
    """Spellings of one identity differ; that of a claim which a reader may not see tells that there is one."""
    hidden = {"kind": "email", "value": "Lan.Huong@mail.example"}
    shown = {"kind": "email", "value": "lan.huong@mail.example", "tlp": "GREEN", "confidence": 10}
    await abc.submit("a", hidden)
    await abc.submit("b", shown)
    assert one(await abc.page("b")).value == one(await abc.page("c")).value == shown["value"]
    assert one(await abc.page("a")).value == shown["value"]
    await abc.submit("a", hidden | {"confidence": 90})
    assert one(await abc.page("a")).value == hidden["value"]
    assert one(await abc.page("c")).value == shown["value"]


async def test_a_cursor_serves_its_own_partner_and_filter_only(abc: Room) -> None:
    page = await abc.page("a")
    for slug, kinds in (("b", ()), ("a", ("phone",))):
        with pytest.raises(Exception, match="not what this call expects"):
            await abc.page(slug, page.next, kinds=kinds)


async def test_integers_are_positions(abc: Room) -> None:
    position = (await abc.submit("a", PHONE | {"tlp": "GREEN"})).position
    assert (await abc.page("c", str(position))).signals == ()
    assert len((await abc.page("c", str(position - 1))).signals) == 1
    await abc.join("gg", "c")
    await abc.submit("b", PHONE | {"groups": ["gg"]})
    await abc.leave("gg", "c")
    with pytest.raises(Resync):
        await abc.page("c", str(position))
