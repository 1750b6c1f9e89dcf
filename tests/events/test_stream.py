"""Events as a stream: at once, each once however often the reader is cut off, and only while its token is good."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from typing import Any

import pytest

from core.events import stream
from core.testing import TestedHub
from core.wire.events import CampaignChanged
from tests.events.sse import Sent, reading

Tell = Callable[..., Awaitable[int]]
CHANGED = CampaignChanged(campaign="c")
SOON = 1.0
"""Seconds in which a reader is told, on a machine that does other things as well."""
ONLY = {"types": "campaign.changed"}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


async def test_what_happens_is_told_at_once(hub: TestedHub, tell: Tell) -> None:
    await tell(CHANGED, "meta")
    async with reading(hub, "meta") as reader:
        assert reader.headers["content-type"].startswith("text/event-stream")
        at = await tell(CHANGED, "meta")
        sent = await reader.next(SOON)
        assert (sent.id, sent.event["id"], sent.event["data"]) == (str(at), f"evt_{at}", {"campaign": "c"})


async def test_a_commit_of_another_process_is_found(hub: TestedHub, tell: Tell) -> None:
    """Nobody tells this one: it looks."""
    async with reading(hub, "meta", **ONLY) as reader:
        hub.parts.wake.tell = lambda: None  # type: ignore[method-assign]
        at = await tell(CHANGED, "meta")
        assert (await reader.next(SOON)).id == str(at)


async def test_what_a_request_did_is_told_at_once(hub: TestedHub) -> None:
    async with reading(hub, "creator-mai") as reader:
        made = await hub.client_as("secretariat").post("/v1/campaigns", json={"slug": "new", "title": {"vi": "Mới"}})
        assert made.is_success
        assert (await reader.next(SOON)).event["data"] == {"campaign": "new"}


async def test_a_stream_begins_now_or_where_it_is_told(hub: TestedHub, tell: Tell) -> None:
    told = [await tell(CHANGED, "meta") for _ in range(3)]
    async with reading(hub, "meta", **ONLY) as reader:
        assert await reader.silence(0.3)
    async with reading(hub, "meta", after=told[0], **ONLY) as reader:
        assert [(await reader.next()).id for _ in range(2)] == [str(at) for at in told[1:]]
    async with reading(hub, "meta", last=str(told[1]), after=told[0], **ONLY) as reader:
        assert (await reader.next()).id == str(told[2])
        assert await reader.silence(0.3)


async def test_more_than_is_read_at_a_time_comes_in_order(hub: TestedHub, tell: Tell) -> None:
    told = [await tell(CHANGED, "meta") for _ in range(130)]
    async with reading(hub, "meta", after=0, **ONLY) as reader:
        assert [(await reader.next()).event["position"] for _ in told] == told


async def test_a_reader_that_is_cut_off_again_and_again_gets_each_once(
    hub: TestedHub, tell: Tell, submit: Tell
) -> None:
    chance = random.Random(4)
    told, found, last, top = list[int](), list[Sent](), "0", 0

    async def happen() -> None:
        nonlocal top
        for number in range(30):
            if number % 3 == 0:
                top = await submit("tiktok", f"n{number}")
            told.append(await tell(CHANGED, "meta"))
            await asyncio.sleep(0.02)

    happening = asyncio.create_task(happen())
    # What is sent last is an event, or that the signals before it changed.
    while not happening.done() or not {told[-1], top} <= {sent.event["position"] for sent in found}:
        async with reading(hub, "meta", last=last) as reader:
            for _ in range(chance.randrange(1, 8)):
                with suppress(TimeoutError):
                    found.append(await reader.next(1.5))
                    last = found[-1].id
    assert [sent.event["position"] for sent in found if sent.type == "campaign.changed"] == told
    moves = [sent.event["data"] for sent in found if sent.type == "signals.changed"]
    assert moves[-1]["position"] == top
    # No gap between what one tells of and the next.
    assert all(after["after"] >= before["position"] for before, after in pairwise(moves))
    assert len({sent.event["id"] for sent in found}) == len(found)


async def test_signals_changed_is_for_those_alone_whose_view_moved(hub: TestedHub, submit: Tell) -> None:
    async with AsyncExitStack() as stack:
        meta, agency, creator = [
            await stack.enter_async_context(reading(hub, slug)) for slug in ("meta", "a05", "creator-mai")
        ]
        await submit("meta", "own", tlp="RED")
        own = await meta.next(SOON)
        assert own.type == "signals.changed"
        assert await agency.silence(0.5)
        at = await submit("tiktok", "green")
        for reader in (meta, agency):
            assert (await reader.next(2)).event["data"]["position"] == at
        assert await creator.silence(0.3)
    page = (await hub.client_as("a05").get("/v1/events", params={"types": "signals.changed"})).json()
    assert [(event["id"], event["data"]) for event in page["events"]] == [(f"evt_s{at}", {"after": 0, "position": at})]
    page = (await hub.client_as("a05").get("/v1/events", params={"after": at})).json()
    assert page["events"] == []


async def test_a_burst_of_changes_is_told_once_a_second(hub: TestedHub, submit: Tell) -> None:
    async with reading(hub, "meta") as reader:
        began, top = time.monotonic(), 0
        for number in range(40):
            top = await submit("tiktok", f"n{number}")
            await asyncio.sleep(0.02)
        told = [await reader.next()]
        while told[-1].event["data"]["position"] < top:
            told.append(await reader.next())
        assert len(told) <= 2 + (time.monotonic() - began) / stream.GATHER
        after = [sent.event["data"]["after"] for sent in told]
        assert after[1:] == [int(sent.id) for sent in told[:-1]]


async def test_an_event_does_not_wait_for_signals(
    hub: TestedHub, tell: Tell, submit: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever is cut off after it is still told of them."""
    monkeypatch.setattr(stream, "GATHER", 60.0)
    async with reading(hub, "meta") as reader:
        first = await submit("tiktok", "first")
        assert (await reader.next(SOON)).id == str(first)
        moved = await submit("tiktok", "second")
        at = await tell(CHANGED, "meta")
        sent = await reader.next(SOON)
        assert (sent.type, sent.id) == ("campaign.changed", f"{at}.{first}")
    async with reading(hub, "meta", last=sent.id) as reader:
        sent = await reader.next(SOON)
        assert (sent.event["data"], sent.id) == ({"after": first, "position": moved}, str(at))


async def test_it_ends_with_the_right_to_read(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHECK", 0.1)
    async with reading(hub, "meta") as meta, reading(hub, "google") as google:
        account = hub.accounts["meta"]
        await hub.anonymous().post(
            "/oauth/revoke", data={"token": meta.token}, auth=(account.client_id, account.client_secret)
        )
        await hub.client_as("secretariat").patch("/v1/partners/google", json={"state": "suspended"})
        for reader in (meta, google):
            assert "Get a new one" in (await reader.next()).comment
            with pytest.raises(EOFError):
                await reader.next()


async def test_silence_is_broken_by_comments(hub: TestedHub, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHECK", 0.05)
    monkeypatch.setattr(stream, "HEARTBEAT", 0.3)
    async with reading(hub, "meta", **ONLY) as reader:
        began = time.monotonic()
        assert [(await reader.next()).comment for _ in range(2)] == ["still here"] * 2
        assert 0.5 < time.monotonic() - began < 2
        await tell(CHANGED, "meta")
        assert (await reader.next(SOON)).type == "campaign.changed"


async def test_the_hub_going_down_ends_it(hub: TestedHub) -> None:
    async with reading(hub, "meta") as reader:
        hub.parts.wake.close()
        with pytest.raises(EOFError):
            await reader.next(SOON)


async def test_waiting_and_slow_readers_hold_no_connection(hub: TestedHub, tell: Tell) -> None:
    """More of them than there are connections, and writing goes on."""
    pool: Any = hub.parts.db.engine.pool
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reading(hub, "meta", **ONLY)) for _ in range(50)]
        for reader in readers[:25]:
            reader.taking.clear()
        told = [await tell(CHANGED, "meta") for _ in range(3)]
        for reader in readers[25:]:
            assert [(await reader.next()).event["position"] for _ in told] == told
        await until(lambda: pool.checkedout() <= 2)
        for reader in readers[:25]:
            reader.taking.set()
            assert [(await reader.next()).event["position"] for _ in told] == told


async def test_a_partner_has_so_many_streams_and_no_more(hub: TestedHub) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(100):
            await stack.enter_async_context(reading(hub, "meta", **ONLY))
        refused = await hub.client_as("meta").get("/v1/events", headers={"Accept": "text/event-stream"})
        assert refused.status_code == 429
        assert (await hub.client_as("meta").get("/v1/events")).is_success
        async with reading(hub, "google") as other:
            assert other.status == 200
    assert hub.parts.wake.waiting == 0


async def test_what_is_no_place_is_refused(hub: TestedHub) -> None:
    for last in ("", "x", "1.2.3", "-1", "1.", "9" * 16, "999999999"):
        headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
        assert (await hub.client_as("meta").get("/v1/events", headers=headers)).status_code == 400, last
