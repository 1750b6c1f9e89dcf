"""Streams as a server hands them over: no client library between, to hold the answer or to keep the line."""

import asyncio
import tracemalloc
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any

import msgspec
import pytest

from core.testing import TestedHub

LOST = b"lost"
"""In place of a piece: the caller is gone."""


class Connection:
    """One POST of NDJSON. What the hub answers is looked at and dropped."""

    def __init__(self, hub: TestedHub, pieces: Iterable[bytes]) -> None:
        self._hub = hub
        self._pieces = chain(pieces, [b""])
        self._answered = asyncio.Event()
        self.lines = 0
        self.last = b""

    async def run(self) -> None:
        me = await self._hub.client_as("tiktok").get("/v1/me")
        headers = {"content-type": "application/x-ndjson", "authorization": me.request.headers["authorization"]}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/signals",
            "raw_path": b"/v1/signals",
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.1", 1),
            "server": ("hub.test", 80),
        }
        app: Any = self._hub.app
        await app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        piece = next(self._pieces, None)
        if piece is None:
            # After the body a server has nothing to tell until the answer is out.
            await self._answered.wait()
        if piece is None or piece is LOST:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def _send(self, message: Any) -> None:
        piece = message.get("body", b"")
        self.lines += piece.count(b"\n")
        self.last = piece or self.last
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._answered.set()


def lines(count: int) -> bytes:
    items = ({"kind": "domain", "value": f"n{number}.example", "tlp": "GREEN"} for number in range(count))
    return msgspec.json.Encoder().encode_lines(items)


async def test_a_lost_connection_leaves_the_commits(hub: TestedHub) -> None:
    """Two thousands stand, nothing of the third does; sending again is harmless."""
    lost = Connection(hub, [lines(2_500)[:-10], LOST])
    await lost.run()
    assert b"created" not in lost.last
    page = (await hub.client_as("meta").get("/v1/signals", params={"limit": 10_000})).json()
    assert [signal["value"] for signal in page["signals"]] == [f"n{number}.example" for number in range(2_000)]
    again = Connection(hub, [lines(2_500)])
    await again.run()
    totals = msgspec.json.decode(again.last.splitlines()[-1])
    assert (totals["created"], totals["unchanged"]) == (500, 2_000)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_memory_does_not_grow_with_the_stream(hub: TestedHub) -> None:
    """15,000 lines and 60,000, most of them rejected: neither the body nor the results are held."""
    peaks = []
    for count in (15_000, 60_000):
        connection = Connection(hub, repeat(lines(10) + b"hello\n" * 490, count // 500))
        tracemalloc.start()
        await connection.run()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert connection.lines == count + 1
    assert peaks[1] < peaks[0] + 500_000
    assert peaks[1] < 20_000_000
