"""Bad input over a socket: a fault of the body is a problem and stores nothing, a fault of an item costs the item."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import zstandard

from tests.live import LiveHub

GOOD = b'{"kind":"domain","value":"good.example","tlp":"GREEN"}'
NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}
MB = 1024 * 1024

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"hello", 400),
    "JSON that stops": (b'{"signals":[' + GOOD, 400),
    "a list": (b"[" + GOOD + b"]", 400),
    "signals that are no list": (b'{"signals":' + GOOD + b"}", 400),
    "a field too many": (b'{"signals":[],"more":1}', 400),
    "invalid UTF-8": (b'{"\xff":[]}', 400),
    "a NUL byte": (b'{"signals":[\0]}', 400),
    "nested 100,000 deep": (b'{"signals":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "10,001 items": (b'{"signals":[' + b",".join([GOOD] * 10_001) + b"]}", 400),
    "33 MB": (b'{"signals":["' + b"x" * 33 * MB + b'"]}', 413),
}

ITEMS: dict[str, tuple[bytes, str]] = {
    "a string": (b'"hello"', ""),
    "null": (b"null", ""),
    "an unknown kind": (b'{"kind":"nonsense","value":"x"}', "/kind"),
    "a kind of the wrong type": (b'{"kind":7,"value":"x"}', "/kind"),
    "no value": (b'{"kind":"domain"}', ""),
    "a value that is none": (b'{"kind":"domain","value":"-"}', "/value"),
    "invalid UTF-8": (b'{"kind":"domain","value":"\xff.example"}', ""),
    "an escaped NUL": (b'{"kind":"domain","value":"a\\u0000.example"}', "/value"),
    "an escaped NUL in text": (b'{"kind":"domain","value":"a.example","origin":"a\\u0000"}', "/origin"),
    "an unknown field": (b'{"kind":"domain","value":"a.example","colour":"red"}', ""),
    "a confidence of 10^400": (b'{"kind":"domain","value":"a.example","confidence":1' + b"0" * 400 + b"}", ""),
    "an unknown TLP": (b'{"kind":"domain","value":"a.example","tlp":"PURPLE"}', "/tlp"),
    "a time without a zone": (
        b'{"kind":"domain","value":"a.example","first_seen":"2026-01-01T00:00:00"}',
        "/first_seen",
    ),
    "a group one is not in": (b'{"kind":"domain","value":"a.example","groups":["nowhere"]}', "/groups"),
    "a past valid_until": (
        b'{"kind":"domain","value":"a.example","valid_until":"2020-01-01T00:00:00Z"}',
        "/valid_until",
    ),
}


# What is refused at the edge never meets a database, so one engine shows it.
at_the_edge = pytest.mark.parametrize("engine_name", ["sqlite"])


@at_the_edge
def test_a_broken_body_stores_nothing(live: LiveHub) -> None:
    with live.client_as("tiktok") as client:
        before = position(live)
        for name, (body, status) in BODIES.items():
            answer = client.post("/v1/signals", content=body, headers=JSON)
            assert_problem(answer, status, name)
        for body in (gzip.compress(GOOD)[:-4], b"\x1f\x8bnonsense", b"\x28\xb5\x2f\xfdnonsense"):
            for encoding in ("gzip", "zstd"):
                answer = client.post("/v1/signals", content=body, headers=JSON | {"Content-Encoding": encoding})
                assert_problem(answer, 400, f"damaged {encoding}")
        assert_problem(client.post("/v1/signals", content=GOOD, headers={"Content-Type": "text/csv"}), 415, "csv")
        assert_problem(client.post("/v1/signals", content=GOOD, headers=JSON | {"Content-Encoding": "br"}), 415, "br")
        assert position(live) == before
        assert client.get("/v1/me").is_success


def test_a_broken_item_costs_only_itself(live: LiveHub) -> None:
    with live.client_as("tiktok") as client:
        items = b",".join([*(item for item, _ in ITEMS.values()), GOOD])
        answer = client.post("/v1/signals", content=b'{"signals":[' + items + b"]}", headers=JSON)
        assert_explained(answer.json()["results"], prefix="/signals/{index}")
        assert answer.json()["created"] == 1

        lone_surrogate = b'{"kind":"domain","value":"\\ud800.example"}'
        lines = [*(item for item, _ in ITEMS.values()), GOOD, lone_surrogate, b"{broken", b"\xff", b"[" * 10_000]
        answer = client.post("/v1/signals", content=b"\n".join(lines) + b"\n", headers=NDJSON)
        *results, totals = map(json.loads, answer.text.splitlines())
        assert_explained(results, prefix="")
        assert totals["unchanged"] == 1
        assert totals["rejected"] == len(ITEMS) + 4


@at_the_edge
def test_a_stream_that_breaks_says_what_was_stored(live: LiveHub) -> None:
    first = b"".join(b'{"kind":"domain","value":"s%d.example"}\n' % n for n in range(1_500))
    cases: dict[str, Callable[[], Any]] = {
        "cut in a line": lambda: [first, GOOD[:20]],
        "a line of 100 MB": lambda: flood(first, b"x" * MB, 100),
        "a broken frame": lambda: [gzip.compress(first)[:-6]],
    }
    with live.client_as("tiktok") as client:
        for name, body in cases.items():
            headers = NDJSON | ({"Content-Encoding": "gzip"} if "frame" in name else {})
            answer = post_stream(client, body(), headers)
            problem = assert_problem(answer, 400, name)
            assert problem["committed"] <= 1_500, name
            assert problem["line"] >= problem["committed"], name
        answer = client.post("/v1/signals", content=first, headers=NDJSON)
        assert json.loads(answer.text.splitlines()[-1])["rejected"] == 0


@at_the_edge
def test_a_bomb_is_defused(live: LiveHub) -> None:
    """Gigabytes of zeros behind a few kB or MB: refused at a limit, and never held."""
    zeros = b"\0" * 64 * MB
    bombs = {"gzip": gzip.compress(zeros) * 32, "zstd": zstandard.ZstdCompressor().compress(zeros) * 64}
    with live.client_as("tiktok") as client:
        for encoding, bomb in bombs.items():
            for form in (JSON, NDJSON):
                answer = client.post("/v1/signals", content=bomb, headers=form | {"Content-Encoding": encoding})
                assert_problem(answer, answer.status_code, encoding)
                assert answer.status_code in (400, 413)
    assert live.peak_memory() <= 250 * MB


def assert_problem(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    assert answer.status_code == status, (name, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json", name
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"], name
    return problem


def assert_explained(results: list[dict[str, Any]], prefix: str) -> None:
    """Each of `ITEMS`, in order, was rejected at its place and field."""
    for index, (name, (_, field)) in enumerate(ITEMS.items()):
        assert (results[index]["index"], results[index]["status"]) == (index, "rejected"), name
        error = results[index]["errors"][0]
        assert error["pointer"].startswith(prefix.format(index=index) + field), (name, error)
        assert error["detail"], name


def position(hub: LiveHub) -> int:
    return int(httpx.get(f"{hub.base_url}/health").json()["position"])


def flood(first: bytes, piece: bytes, times: int) -> Iterator[bytes]:
    yield first
    for _ in range(times):
        yield piece


def post_stream(client: httpx.Client, body: Any, headers: dict[str, str]) -> httpx.Response:
    return client.post("/v1/signals", content=iter(body), headers=headers)
