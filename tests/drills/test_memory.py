"""Memory stays flat however long a stream is."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.live import LiveHub

Size = Callable[[int, int], int]

LIMIT = 250 * 1024 * 1024


def peak_after(hub: LiveHub, lines: int) -> int:
    """Bytes that the hub has held at most once it took a stream of so many new signals."""
    with hub.client_as("tiktok") as client:
        client.timeout = 1_200
        headers = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}
        answer = client.post("/v1/signals", content=stream(lines), headers=headers)
        assert json.loads(answer.text.splitlines()[-1])["created"] == lines
    return hub.peak_memory()


def stream(lines: int) -> Iterator[bytes]:
    for start in range(0, lines, 1_000):
        hosts = range(start, min(start + 1_000, lines))
        yield b"".join(b'{"kind":"domain","value":"host-%d.example","tlp":"GREEN"}\n' % n for n in hosts)


def test_a_long_stream_takes_no_more_memory_than_a_short_one(start_hub: Callable[[], LiveHub], size: Size) -> None:
    short = peak_after(start_hub(), size(20_000, 100_000))
    long = peak_after(start_hub(), size(60_000, 1_000_000))
    print(f"\npeak memory: {short / 1e6:.0f} MB, then {long / 1e6:.0f} MB")  # noqa: T201
    assert long <= LIMIT
    assert long <= 1.1 * short


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_results_are_not_held_in_memory(live: LiveHub, size: Size) -> None:
    """Nor are the answers: a result for each line is spooled until the stream ends."""
    lines = size(20_000, 500_000)
    with live.client_as("tiktok") as client:
        client.timeout = 1_200
        body = (b'{"kind":"nonsense","value":"x"}\n' * 1_000 for _ in range(lines // 1_000))
        with client.stream(
            "POST", "/v1/signals", content=body, headers={"Content-Type": "application/x-ndjson"}
        ) as answer:
            results = sum(1 for _ in answer.iter_lines())
    assert results == lines + 1
    assert live.peak_memory() <= LIMIT
