"""Readers: how far each has come, what survives a crash, and who may hold a claim until it says that it does not."""

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from core import times
from core.db import Database
from core.log.models import Retention
from core.settings import Settings
from core.signals import feed, readers
from core.signals.cursors import Cursor
from core.signals.holders import holders as list_holders
from core.signals.models import Reader
from core.signals.readers import Readers
from core.testing import TestedHub, run_hub
from core.wire.opinions import Stance
from core.wire.scopes import PartnerKind
from tests.people import principal_of
from tests.signals.conftest import KEYS, KINDS, Room


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "domain", "value": f"{name}.example", "tlp": "GREEN", "external_id": name} | more


async def submit(hub: TestedHub, slug: str, *items: dict[str, Any]) -> str:
    """Returns the id of the first."""
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    return str(answer.raise_for_status().json()["results"][0]["id"])


async def retract(hub: TestedHub, slug: str, *names: str) -> None:
    answer = await hub.client_as(slug).post("/v1/signals/retractions", json={"external_ids": names})
    assert answer.raise_for_status().json()["retracted"] == len(names)


async def pull(hub: TestedHub, slug: str, after: str | None = None, **query: Any) -> str:
    """One page; returns what to ask for next."""
    asked = query | ({"after": after} if after else {})
    answer = await hub.client_as(slug).get("/v1/signals", params=asked)
    return str(answer.raise_for_status().json()["next"])


async def listed(hub: TestedHub, slug: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await hub.client_as(slug).get("/v1/readers")).raise_for_status().json()["readers"]
    return found


async def holders(hub: TestedHub, slug: str, signal: str) -> dict[str, str]:
    """Partner to what is said of it."""
    answer = (await hub.client_as(slug).get(f"/v1/signals/{signal}/holders")).raise_for_status().json()
    said = {True: "holds", False: "confirmed"}
    assert all(one["holds"] != one["confirmed"] for one in answer["holders"])
    return {one["partner"]: said[one["holds"]] + (" lapsed" * one["lapsed"]) for one in answer["holders"]}


async def test_a_reader_stands_where_it_last_asked(hub: TestedHub) -> None:
    await submit(hub, "tiktok", item("one"))
    after = await pull(hub, "meta")
    (one,) = await listed(hub, "meta")
    assert (one["partner"], one["filter"], one["acknowledged"], one["lapsed"]) == ("meta", "", 0, False)
    head = (await hub.client_as("meta").get("/v1/signals/digest")).json()["position"]
    assert one["behind"] == head
    await pull(hub, "meta", after)
    (one,) = await listed(hub, "meta")
    assert (one["acknowledged"], one["behind"]) == (head, 0)
    await submit(hub, "tiktok", item("two"), item("three"))
    assert (await listed(hub, "meta"))[0]["behind"] == 2


async def test_each_filter_is_a_reader_of_its_own_and_others_see_none_of_them(hub: TestedHub) -> None:
    await pull(hub, "meta", kind=["url", "phone", "url"])
    await pull(hub, "meta", kind=["phone", "url"])
    await pull(hub, "meta", min_score=40)
    await pull(hub, "google")
    assert [one["filter"] for one in await listed(hub, "meta")] == ["kind=phone&kind=url", "min_score=40"]
    assert [one["partner"] for one in await listed(hub, "google")] == ["google"]
    operator = hub.client_as("secretariat")
    answer, found = await operator.get("/v1/readers", params={"limit": 1}), list[str]()
    while True:
        found += [one["partner"] for one in answer.json()["readers"]]
        if answer.json()["next"] is None:
            break
        answer = await operator.get(answer.links["next"]["url"])
    assert sorted(found) == ["google", "meta", "meta"]


async def written(db: Database) -> list[Reader]:
    async with db.survey() as session:
        return list(await session.scalars(select(Reader).order_by(Reader.client, Reader.filter)))


async def test_reading_writes_nothing_and_a_crash_loses_what_was_not_written(hub: TestedHub) -> None:
    """Too low is safe: a reader then counts as further behind than it is."""
    await submit(hub, "tiktok", item("one"))
    after = await pull(hub, "meta")
    assert await written(hub.parts.db) == []
    await hub.parts.readers.flush()
    (before,) = await written(hub.parts.db)
    await pull(hub, "meta", after)
    assert [one.acknowledged for one in await written(hub.parts.db)] == [0]
    # As after a crash: another process, whose memory is empty.
    fresh = Readers(hub.parts.db)
    await fresh.flush()
    assert [(one.acknowledged, one.given) for one in await written(hub.parts.db)] == [(0, before.given)]
    assert before.given > 0


async def test_a_failure_to_write_loses_nothing(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    await pull(hub, "meta")
    with monkeypatch.context() as broken:
        broken.setattr(hub.parts.db, "edge", None)
        with pytest.raises(TypeError):
            await hub.parts.readers.flush()
    await hub.parts.readers.flush()
    assert len(await written(hub.parts.db)) == 1


async def test_the_last_second_is_written_at_shutdown(hub_settings: Settings) -> None:
    async with run_hub(hub_settings, ()) as hub:
        await pull(hub, "meta")
    db = Database(hub_settings.database_url)
    assert [one.client for one in await written(db)] == [hub.accounts["meta"].client_id]
    await db.close()


async def test_another_process_that_heard_later_is_not_overwritten(hub: TestedHub) -> None:
    """And in one walk, what was given stays given, whoever gave it."""
    here, there = Readers(hub.parts.db), Readers(hub.parts.db)
    meta = await principal_of(hub, "meta")
    here.note(meta, "", Cursor(10, 5), 40)
    there.note(meta, "", Cursor(20, 5), 30)
    await there.flush()
    await here.flush()
    assert [(one.acknowledged, one.given) for one in await written(hub.parts.db)] == [(20, 30)]
    here.note(meta, "", Cursor(15, 5), 25)
    await here.flush()
    assert [(one.acknowledged, one.given) for one in await written(hub.parts.db)] == [(15, 30)]
    here.note(meta, "", Cursor(0, 50), 9)
    await here.flush()
    assert [(one.acknowledged, one.given) for one in await written(hub.parts.db)] == [(0, 9)]


async def test_a_client_has_a_hundred_filters_at_most(hub: TestedHub) -> None:
    meta, google = await principal_of(hub, "meta"), await principal_of(hub, "google")
    google = msgspec.structs.replace(google, client="cli_other")
    hub.parts.readers.note(google, "", Cursor(1, 1), 1)
    for number in range(130):
        hub.parts.readers.note(meta, f"kind=k{number:03}", Cursor(1, 1), 1)
        if number % 30 == 0:
            await hub.parts.readers.flush()
    await hub.parts.readers.flush()
    kept = [one.filter for one in await written(hub.parts.db) if one.client == meta.client]
    assert len(kept) == 100
    assert "kind=k129" in kept
    assert "kind=k000" not in kept
    assert len(await written(hub.parts.db)) == len(kept) + 1


async def test_readers_that_never_come_back_are_forgotten_in_time(hub: TestedHub) -> None:
    await pull(hub, "meta")
    await pull(hub, "google")
    await hub.parts.readers.flush()
    old = times.now() - 401 * times.DAY
    async with hub.parts.db.writer() as session:
        gone = Reader.client == hub.accounts["meta"].client_id
        await session.execute(update(Reader).where(gone).values(seen=old))
    assert await readers.purge(hub.parts.db) == 1
    assert [one.client for one in await written(hub.parts.db)] == [hub.accounts["google"].client_id]


async def raise_horizon(hub: TestedHub, position: int) -> None:
    async with hub.parts.db.writer() as session:
        await session.execute(update(Retention).where(Retention.what == "closed_claims").values(horizon=position))


async def test_an_infrequent_reader_is_listed_as_lapsed(hub: TestedHub) -> None:
    """When its cursor answers 410, and not a position earlier."""
    signal = await submit(hub, "tiktok", item("one"))
    after = await pull(hub, "meta")
    await pull(hub, "meta", after)
    (one,) = await listed(hub, "meta")
    await submit(hub, "tiktok", *(item(f"n{number}") for number in range(5)))
    for horizon, stale in ((one["acknowledged"], False), (one["acknowledged"] + 1, True)):
        await raise_horizon(hub, horizon)
        assert [reader["lapsed"] for reader in await listed(hub, "meta")] == [stale]
        expected = {"meta": "holds lapsed" if stale else "holds"}
        assert await holders(hub, "tiktok", signal) == expected
        answer = await hub.client_as("meta").get("/v1/signals", params={"after": after})
        assert answer.status_code == (410 if stale else 200)


async def test_a_retraction_has_receipts(hub: TestedHub) -> None:
    signal = await submit(hub, "tiktok", item("one"))
    assert await holders(hub, "tiktok", signal) == {}
    after = await pull(hub, "meta")
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    await retract(hub, "tiktok", "one")
    answer = await hub.client_as("tiktok").get(f"/v1/signals/{signal}/holders")
    assert answer.json()["standing"] is False
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    # A page that was sent need not have arrived; the receipt is to ask for what comes after it.
    later = await pull(hub, "meta", after)
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    await pull(hub, "meta", later)
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed"}
    # Who comes only now gets nothing of it.
    await pull(hub, "google")
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed"}


async def test_only_who_came_so_far_and_asked_for_its_kind_holds_it(hub: TestedHub) -> None:
    await submit(hub, "tiktok", item("first"))
    signal = await submit(hub, "tiktok", item("second"))
    after = await pull(hub, "meta", limit=1)
    await pull(hub, "google", kind=["phone"])
    assert await holders(hub, "tiktok", signal) == {}
    await pull(hub, "google", kind=["phone", "domain"])
    assert await holders(hub, "tiktok", signal) == {"google": "holds"}
    await pull(hub, "meta", after, limit=1)
    assert await holders(hub, "tiktok", signal) == {"google": "holds", "meta": "holds"}
    await submit(hub, "tiktok", item("second", confidence=90))
    assert await holders(hub, "tiktok", signal) == {"google": "holds", "meta": "holds"}
    # A walk begun after it moved has not come to its new place yet.
    await pull(hub, "chongluadao", limit=1)
    assert await holders(hub, "tiktok", signal) == {"google": "holds", "meta": "holds"}


async def test_every_reader_of_a_partner_has_to_confirm(hub: TestedHub) -> None:
    signal = await submit(hub, "tiktok", item("one"))
    every, domains = await pull(hub, "meta"), await pull(hub, "meta", kind="domain")
    await retract(hub, "tiktok", "one")
    await pull(hub, "meta", await pull(hub, "meta", every))
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    await pull(hub, "meta", await pull(hub, "meta", domains, kind="domain"), kind="domain")
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed"}


async def test_a_narrower_audience_takes_it_from_those_outside(hub: TestedHub) -> None:
    """From GREEN to a group: meta has to give it back, google of the group keeps it, until it is retracted."""
    await hub.client_as("tiktok").post("/v1/groups", json={"slug": "task-force", "name": "Task force"})
    await hub.client_as("tiktok").post("/v1/groups/task-force/invitations", json={"partner": "google"})
    await hub.client_as("google").put("/v1/groups/task-force/membership")
    signal = await submit(hub, "tiktok", item("one"))
    after = {slug: await pull(hub, slug) for slug in ("meta", "google")}
    narrowed = {"groups": ["task-force"], "tlp": "AMBER"}
    await submit(hub, "tiktok", item("one", **narrowed))
    # The group's first claim: its audience is new, and nobody's view was raised for it.
    assert await holders(hub, "tiktok", signal) == {"meta": "holds", "google": "holds"}
    after = {slug: await pull(hub, slug, await pull(hub, slug, cursor)) for slug, cursor in after.items()}
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed", "google": "holds"}
    await retract(hub, "tiktok", "one")
    after = {slug: await pull(hub, slug, cursor) for slug, cursor in after.items()}
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed", "google": "holds"}
    await pull(hub, "google", after["google"])
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed", "google": "confirmed"}


async def test_a_suspended_claim_is_asked_back_like_a_closed_one(room: Room) -> None:
    """Before it is closed, and when it is closed behind the curtain."""
    for slug, kind in (("a", PartnerKind.PLATFORM), ("b", PartnerKind.PLATFORM), ("police", PartnerKind.AGENCY)):
        await room.admit(slug, kind)
    places = Readers(room.db)

    async def read(after: str | None) -> str:
        async with room.db.snapshot(room.partners["b"].partner) as session:
            page = await feed.page(session, room.partners["b"], KINDS, KEYS, after=after, limit=10)
        places.note(room.partners["b"], "", page.asked, page.reached)
        return page.body.next

    async def held() -> list[tuple[str, bool]]:
        found = await list_holders(room.db, places, room.partners["a"], signal)
        return [(one.partner, one.holds) for one in found.holders]

    signal = str((await room.submit("a", item("one", confidence=50))).results[0].id)
    after = await read(None)
    await room.opine("police", signal, Stance.FALSE_POSITIVE)
    assert await held() == [("b", True)]
    after = await read(after)
    assert await held() == [("b", True)]
    await read(after)
    assert await held() == [("b", False)]
    await room.retract("a", external_ids=["one"])
    assert await held() == [("b", False)]


async def test_what_was_for_nobody_else_is_held_by_nobody_else(hub: TestedHub) -> None:
    signal = await submit(hub, "tiktok", item("one", tlp="RED"))
    await pull(hub, "meta")
    await pull(hub, "secretariat")
    assert await holders(hub, "tiktok", signal) == {"secretariat": "holds"}


async def test_others_learn_nothing_of_holders(hub: TestedHub) -> None:
    """Not who holds another's claim, nor whether there is one."""
    signal = await submit(hub, "tiktok", item("one"))
    await submit(hub, "google", item("two"))
    answers: set[str] = set()
    for slug in ("meta", "google", "secretariat"):
        for name in (signal, "sig_" + "a" * 26, "nonsense"):
            answer = await hub.client_as(slug).get(f"/v1/signals/{name}/holders")
            assert answer.status_code == httpx.codes.NOT_FOUND
            answers.add(answer.text)
    assert len(answers) == 1
    assert (await hub.client_as("tiktok", "signals:read").get(f"/v1/signals/{signal}/holders")).status_code == 403


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_bare_position_beyond_what_was_given_is_no_receipt(hub: TestedHub, at_once: bool) -> None:
    """Its reader still has the copy from before, and was told nothing of what it skipped."""

    async def ask(after: str | None = None) -> str:
        next_one = await pull(hub, "meta", after)
        if not at_once:
            await hub.parts.readers.flush()
        return next_one

    signal = await submit(hub, "tiktok", item("one"))
    await ask()
    await retract(hub, "tiktok", "one")
    head = (await hub.client_as("meta").get("/v1/signals/digest")).json()["position"]
    # However it goes on from there: with another position, with the hub's own cursor.
    await ask(await ask(str(head)))
    later = await submit(hub, "tiktok", item("two"))
    await ask(str(head))
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    assert await holders(hub, "tiktok", later) == {"meta": "holds"}
    assert [one["acknowledged"] for one in await listed(hub, "meta")] == [0]
    # A walk from zero makes a new copy, without it.
    await ask()
    assert await holders(hub, "tiktok", signal) == {}
    assert await holders(hub, "tiktok", later) == {"meta": "holds"}


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_bare_position_up_to_which_everything_was_given_is_one(hub: TestedHub, at_once: bool) -> None:
    signal = await submit(hub, "tiktok", item("one"))

    async def ask(after: str | None = None) -> str:
        await pull(hub, "meta", after)
        if not at_once:
            await hub.parts.readers.flush()
        return str((await hub.client_as("meta").get("/v1/signals/digest")).json()["position"])

    first = await ask()
    await retract(hub, "tiktok", "one")
    second = await ask(first)
    assert await holders(hub, "tiktok", signal) == {"meta": "holds"}
    await ask(second)
    assert await holders(hub, "tiktok", signal) == {"meta": "confirmed"}
    assert [one["acknowledged"] for one in await listed(hub, "meta")] == [int(second)]
