"""Cursors: where a walk goes on, and which ones lead nowhere."""

from typing import Any

import httpx
import pytest

from core.errors import Fault
from core.signals import cursors, selection
from core.signals.cursors import Cursor, Now, Place, Resync
from core.signals.keys import Keys
from core.testing import TestedHub
from core.wire.feed_keys import EVERYTHING, Selection

KEYS = Keys("a secret of the tests, long enough to be one")
ALL = selection.key(EVERYTHING)
PHONES = selection.key(Selection(kinds=("phone",)))
HEAD, VIEW, LOST, HORIZON, PARTNER = 1_000, 300, 250, 200, 7


def place(
    after: str | None, *, view: int = VIEW, lost: int = LOST, filtered: bytes = ALL, partner: int = PARTNER
) -> Place:
    return cursors.decode(after, Now(HEAD, view, lost, HORIZON), filtered=filtered, keys=KEYS, partner=partner)


def decode(after: str | None, **changed: Any) -> Cursor:
    return place(after, **changed).fresh()


def encode(position: int, start: int, view: int = VIEW, filtered: bytes = ALL, partner: int = PARTNER) -> str:
    return cursors.encode(Cursor(position, start), view, filtered, KEYS, partner)


def refused(after: str, **changed: Any) -> bool:
    """Whether it is named as no cursor of this reader, which is not the same as one that is too old."""
    with pytest.raises(Fault) as caught:
        decode(after, **changed)
    named = [(error.pointer, error.code) for error in caught.value.errors]
    return not isinstance(caught.value, Resync) and named == [("/after", "invalid_cursor")]


@pytest.mark.parametrize("after", [None, "0", "000"])
def test_a_walk_starts_at_zero_with_the_head_as_its_start(after: str | None) -> None:
    assert decode(after) == Cursor(0, HEAD)


def test_a_cursor_comes_back_as_it_was_given() -> None:
    assert decode(encode(500, 400)) == Cursor(500, 400)
    assert decode(encode(HEAD, HEAD)) == Cursor(HEAD, HEAD)


def test_an_integer_is_a_position_and_its_own_start() -> None:
    assert decode("500") == decode("0500") == Cursor(500, 500, whole=False)
    assert decode(str(HEAD)) == Cursor(HEAD, HEAD, whole=False)
    # What follows it knows how it began.
    going_on = Cursor(600, 500, whole=False)
    assert decode(cursors.encode(going_on, VIEW, ALL, KEYS, PARTNER)) == going_on


@pytest.mark.parametrize(
    "after", ["1001", "999999999999999", "9999999999999999", "-1", "+1", "1.0", "1e3", "٣", "５", "1\n"]
)
def test_an_integer_beyond_the_head_or_no_integer_is_refused(after: str) -> None:
    assert refused(after)


def test_a_position_beyond_the_head_is_refused() -> None:
    assert refused(encode(HEAD + 1, 400))


def test_another_partner_or_another_filter_is_refused() -> None:
    cursor = encode(500, 400)
    assert refused(cursor, partner=PARTNER + 1)
    assert refused(cursor, filtered=PHONES)
    assert refused(encode(500, 400, filtered=PHONES))


def test_a_filter_is_a_set() -> None:
    assert selection.key(Selection(("url", "phone"))) == selection.key(Selection(("phone", "url", "phone")))
    others = [Selection(("phone",)), Selection(("url", "phone")), Selection(campaign="a"), Selection(campaign="b")]
    others += [Selection(min_score=1), Selection(min_score=50), Selection(("phone",), min_score=50)]
    others += [Selection(leaving=True), Selection(community=True), Selection(group=1), Selection(group=2)]
    assert len({selection.key(one) for one in [EVERYTHING, *others]}) == 12


def test_every_letter_of_a_cursor_counts() -> None:
    cursor = encode(500, 400)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    tampered = [cursor[:at] + letter + cursor[at + 1 :] for at in range(len(cursor)) for letter in letters]
    assert all(refused(text) for text in tampered if text != cursor)
    assert all(refused(cursor[:size]) for size in range(1, len(cursor)))


@pytest.mark.parametrize("view", [VIEW - 1, VIEW + 1, 0])
def test_another_view_asks_for_a_new_walk(view: int) -> None:
    with pytest.raises(Resync):
        decode(encode(500, 400, view))


def test_an_integer_below_the_view_asks_for_a_new_walk() -> None:
    assert decode(str(VIEW)) == Cursor(VIEW, VIEW, whole=False)
    with pytest.raises(Resync):
        decode(str(VIEW - 1))


def test_below_the_horizon_a_new_walk_is_due_unless_this_one_began_above_it() -> None:
    assert decode(encode(HORIZON, 0)) == Cursor(HORIZON, 0)
    assert decode(encode(10, HORIZON)) == Cursor(10, HORIZON)
    assert decode(str(HORIZON), view=0, lost=0) == Cursor(HORIZON, HORIZON, whole=False)
    for after in (encode(HORIZON - 1, 10), encode(10, HORIZON - 1)):
        with pytest.raises(Resync):
            decode(after)
    with pytest.raises(Resync):
        decode(str(HORIZON - 1), view=0, lost=0)


def test_a_stale_place_says_whether_anything_was_taken() -> None:
    """A walk from zero brings all that was gained; what was lost nobody can name to the reader."""
    assert place(encode(500, 400)) == Place(Cursor(500, 400), Now(HEAD, VIEW, LOST, HORIZON))
    for after in (encode(500, 400, LOST), str(LOST)):
        assert (place(after).stale, place(after).lost) == (True, False)
    for after in (encode(500, 400, LOST - 1), str(LOST - 1), encode(10, HORIZON - 1)):
        assert (place(after).stale, place(after).lost) == (True, True)


def test_who_cannot_begin_anew_walks_once_more_over_the_copy_that_it_has() -> None:
    """From zero, and with what was closed since it was last told, of all that it may hold by now."""
    assert place(encode(500, 400)).renewed() == place(encode(500, 400))
    for after, told in ((encode(500, 400, LOST), 500), (encode(400, 500, LOST), 500), (str(LOST), LOST)):
        renewed = place(after).renewed()
        assert (renewed.cursor, renewed.stale) == (Cursor(0, told, whole=False, held=told), False)
    unsure = place(encode(500, 400, LOST)).holding(600).renewed()
    assert unsure.cursor == Cursor(0, 500, whole=False, held=600)
    kept = cursors.encode(unsure.cursor, VIEW, ALL, KEYS, PARTNER)
    assert decode(kept) == unsure.cursor


async def test_a_stale_cursor_is_told_where_to_begin_anew(hub: TestedHub) -> None:
    """A change of sight, over HTTP: 410 with the address of a new walk."""
    http = hub.client_as("meta")
    cursor = (await http.get("/v1/signals")).json()["next"]
    position = (await http.get("/v1/signals/digest")).json()["position"]
    await hub.client_as("tiktok").post("/v1/groups", json={"slug": "task-force", "name": "Task force"})
    await hub.client_as("tiktok").post("/v1/groups/task-force/invitations", json={"partner": "meta"})
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": [_of("task-force")]})
    await http.put("/v1/groups/task-force/membership")
    for stale in (cursor, str(position)):
        answer = await http.get("/v1/signals", params={"after": stale})
        assert answer.status_code == httpx.codes.GONE
        assert answer.json()["type"] == "urn:kmm:problem:resync"
        assert answer.headers["link"] == '</v1/signals>; rel="first"'
    assert len((await http.get("/v1/signals")).json()["signals"]) == 1


def _of(group: str) -> dict[str, Any]:
    return {"kind": "domain", "value": "bait.example", "groups": [group]}
