"""JSON that parsers disagree about, posted wherever JSON is taken: no 500, and what is no JSON is refused."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from core import openapi
from core.edge import JSON, NDJSON
from core.errors import PROBLEM_JSON
from core.testing import TestedHub
from tests.contract.bodies import Body, invalid, unclear, valid

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""Where nothing gets past the parser, the engine does not matter."""


OF_ITEMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "/compat/gse/report/feedback": lambda told: told["count"] and not told["accepted"],
    "/compat/gse/report/signal": lambda told: told["rejected"] and not told["adds"],
}
"""Where the body is a list, and what is no JSON inside an item costs the item: whether it did."""


def takers(hub: TestedHub) -> Iterator[tuple[str, str]]:
    """Method and path of each operation with a JSON body; its path parameters name nothing that exists."""
    for path, operations in openapi.document(hub.app)["paths"].items():
        for method, operation in operations.items():
            if JSON in operation.get("requestBody", {}).get("content", {}):
                yield method.upper(), path.replace("{", "").replace("}", "")


@ONE_ENGINE
async def test_what_is_no_json_is_refused_everywhere(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    for method, path in takers(hub):
        for body in invalid():
            answer = await post(client, path, body.content, method=method)
            if path in OF_ITEMS and answer.status_code == 200:
                assert OF_ITEMS[path](answer.json()), (path, body.name, answer.text)
            else:
                assert_refused(answer, body, path)


@ONE_ENGINE
async def test_no_json_breaks_anything(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    for method, path in takers(hub):
        for body in (*valid(), *unclear()):
            answer = await post(client, path, body.content, method=method)
            assert answer.status_code < 500, (path, body.name, answer.text)


async def test_bad_json_inside_an_item_costs_the_item_or_the_body(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    for body in (*invalid(), *unclear()):
        answer = await post(client, "/v1/signals", b'{"signals":[' + body.content + b"]}")
        if answer.status_code == 200:
            # Several bodies close the list, or begin another item.
            assert {one["status"] for one in answer.json()["results"]} <= {"rejected"}, (body.name, answer.text)
        else:
            assert_refused(answer, body, "in an item")


async def test_good_json_inside_an_item_costs_the_item_alone(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    good = b'{"kind":"domain","value":"gift.example"}'
    for body in valid():
        answer = await post(client, "/v1/signals", b'{"signals":[' + body.content + b"," + good + b"]}")
        assert answer.status_code == 200, (body.name, answer.text)
        bad, kept = answer.json()["results"]
        assert (bad["status"], bad["index"]) == ("rejected", 0), body.name
        assert kept["status"] in ("created", "unchanged"), body.name


async def test_a_line_that_is_no_json_costs_the_line_alone(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    good = b'{"kind":"domain","value":"gift.example"}'
    bodies = [body for body in (*invalid(), *unclear(), *valid()) if fits_a_line(body.content)]
    lines = b"\n".join(line for body in bodies for line in (body.content, good)) + b"\n"
    answer = await post(client, "/v1/signals", lines, media_type=NDJSON)
    assert answer.status_code == 200, answer.text
    *results, totals = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    for body, bad, kept in zip(bodies, results[::2], results[1::2], strict=True):
        assert bad["status"] == "rejected", body.name
        assert kept["status"] in ("created", "unchanged"), body.name
    assert totals["rejected"] == len(bodies)


def fits_a_line(content: bytes) -> bool:
    """Lines end at LF, are 64 kB at most, and blank ones do not count."""
    return b"\n" not in content and len(content) < 60_000 and bool(content.strip())


async def post(
    client: httpx.AsyncClient, path: str, content: bytes, *, method: str = "POST", media_type: str = JSON
) -> httpx.Response:
    return await client.request(method, path, content=content, headers={"Content-Type": media_type})


def assert_refused(answer: httpx.Response, body: Body, where: str) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (where, body.name, answer.text)
    assert answer.headers["content-type"] == PROBLEM_JSON, (where, body.name)
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    return problem
