"""How fast the hub is over HTTP, tokens, normalising and row-level security included. Run it on a quiet machine."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.live import LiveHub, live_hub

BATCH = 1_000
NDJSON = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}


@pytest.fixture
def hub(new_database: Callable[[], str], tmp_path: Path) -> Iterator[LiveHub]:
    with live_hub(tmp_path / "hub", new_database()) as running:
        yield running


def test_rates(hub: LiveHub, engine_name: str) -> None:
    hosts = [f"host-{n}.example" for n in range(50_000)]
    with hub.client_as("tiktok") as tiktok, hub.client_as("meta") as meta:
        meta.get("/v1/me")
        rate("new, JSON of 1,000", len(hosts), lambda: post_json(tiktok, hosts), engine_name)
        rate("the same again", len(hosts), lambda: post_json(tiktok, hosts), engine_name)
        rate("new, NDJSON", len(hosts), lambda: post_lines(tiktok, [f"other-{host}" for host in hosts]), engine_name)
        rate("a second partner", len(hosts), lambda: post_lines(meta, hosts), engine_name)
        for limit in (1_000, 10_000):
            latency(f"feed page of {limit:,}", partial(meta.get, f"/v1/signals?limit={limit}"), engine_name)
        items = {"items": [{"kind": "domain", "value": host} for host in hosts[:BATCH]]}
        latency("lookup of 1,000", lambda: meta.post("/v1/signals/lookup", json=items), engine_name)
        latency("lookup of 1", lambda: meta.post("/v1/signals/lookup", json={"items": items["items"][:1]}), engine_name)
        latency("who am I", lambda: meta.get("/v1/me"), engine_name)


def post_json(client: httpx.Client, hosts: Sequence[str]) -> None:
    for start in range(0, len(hosts), BATCH):
        items = [{"kind": "domain", "value": host, "tlp": "GREEN"} for host in hosts[start : start + BATCH]]
        answer = client.post("/v1/signals", json={"signals": items}, headers={"Prefer": "return=minimal"})
        assert answer.json()["rejected"] == 0


def post_lines(client: httpx.Client, hosts: Sequence[str]) -> None:
    body = "".join(f'{{"kind":"domain","value":"{host}","tlp":"GREEN"}}\n' for host in hosts)
    answer = client.post("/v1/signals", content=body, headers=NDJSON)
    assert json.loads(answer.text.splitlines()[-1])["created"] == len(hosts)


def rate(what: str, items: int, work: Callable[[], object], engine: str) -> None:
    began = time.perf_counter()
    work()
    tell(engine, what, f"{items / (time.perf_counter() - began):>9,.0f} items/s")


def latency(what: str, work: Callable[[], httpx.Response], engine: str) -> None:
    def once() -> float:
        began = time.perf_counter()
        assert work().is_success
        return time.perf_counter() - began

    once()
    tell(engine, what, f"{1_000 * median(once() for _ in range(15)):>9.1f} ms")


def tell(engine: str, what: str, figure: str) -> None:
    print(f"{engine:<12}{what:<22}{figure}")  # noqa: T201
