"""Fifty writers, five followers, at once: nobody misses a change, nobody gets one twice."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx

from tests.copies import Copy
from tests.live import LiveHub

Size = Callable[[int, int], int]

WRITERS = 50
BATCHES = 4
PARTNERS = ("tiktok", "meta", "google", "chongluadao", "child-protection-network", "a05", "digital-trust-alliance")
FOLLOWERS = ("secretariat", "tiktok", "meta", "google", "a05")


def test_each_follower_receives_every_position_once(live: LiveHub, size: Size) -> None:
    """Each run writes only new signals that all may see, so that every position belongs to every follower."""
    for run in range(size(1, 20)):
        start = position(live)

        def write(writer: int, client: httpx.Client, run: int = run) -> None:
            for batch in range(BATCHES):
                submit(client, [green(f"w{run}-{writer}-{batch}-{n}.example") for n in range(20)])

        with following(live) as copies:
            at_once(live, write)
        end = position(live)
        assert end - start == WRITERS * BATCHES * 20
        for copy in copies:
            assert copy.positions == list(range(start + 1, end + 1))


def test_every_copy_ends_as_the_hub_has_it(live: LiveHub, size: Size) -> None:
    """With updates, retractions and claims that narrow, on signals that many writers share."""
    for run in range(size(1, 20)):

        def change(writer: int, client: httpx.Client, run: int = run) -> None:
            chance = random.Random(f"{run} {writer}")
            for _ in range(BATCHES):
                hosts = {f"shared-{chance.randrange(300)}.example" for _ in range(10)}
                if chance.random() < 0.3:
                    client.post("/v1/signals/retractions", json={"external_ids": sorted(hosts)}).raise_for_status()
                else:
                    submit(client, [said(host, chance) for host in hosts])

        with following(live) as copies:
            at_once(live, change)
        for copy, slug in zip(copies, FOLLOWERS, strict=True):
            with live.client_as(slug) as client:
                fresh = Copy(client)
                fresh.catch_up()
            assert copy.signals.keys() == fresh.signals.keys()


def green(host: str) -> dict[str, object]:
    return {"kind": "domain", "value": host, "tlp": "GREEN"}


def said(host: str, chance: random.Random) -> dict[str, object]:
    """Wide or narrow, surer or less sure, of one category or another: each a different step of the claim log."""
    wide = {"tlp": "GREEN"} if chance.random() < 0.7 else {}
    category = chance.choice(["phishing", "gambling"])
    return {
        "kind": "domain",
        "value": host,
        "external_id": host,
        "category": category,
        "confidence": chance.randrange(101),
        **wide,
    }


def submit(client: httpx.Client, signals: list[dict[str, object]]) -> None:
    answer = client.post("/v1/signals", json={"signals": signals})
    answer.raise_for_status()
    assert answer.json()["rejected"] == 0, answer.text


def position(hub: LiveHub) -> int:
    return int(httpx.get(f"{hub.base_url}/health").json()["position"])


def at_once(hub: LiveHub, work: Callable[[int, httpx.Client], None]) -> None:
    """`work` by fifty writers; the first that fails raises here."""

    def one(writer: int) -> None:
        with hub.client_as(PARTNERS[writer % len(PARTNERS)]) as client:
            work(writer, client)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(one, range(WRITERS)))


@contextmanager
def following(hub: LiveHub) -> Iterator[list[Copy]]:
    """Five copies that are caught up, pull while the block runs, and once more to the end after it.

    Their digests are held against the hub's whenever it gives one; their positions count from the block on.
    """
    over = threading.Event()
    with ExitStack() as stack:
        copies = [Copy(stack.enter_context(hub.client_as(slug))) for slug in FOLLOWERS]
        for copy in copies:
            copy.catch_up()
            copy.positions.clear()

        def follow(copy: Copy) -> None:
            while not over.wait(0.02):
                copy.pull(limit=97)
            copy.catch_up()

        with ThreadPoolExecutor(len(copies)) as pool:
            followers = [pool.submit(follow, copy) for copy in copies]
            try:
                yield copies
            finally:
                over.set()
            for follower in followers:
                follower.result()
