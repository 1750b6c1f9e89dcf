"""Strings that have broken somebody's software, through every text field and parameter.

No 500, every refusal a problem or TAXII's error, and what is accepted comes back as it was sent.
"""

import asyncio
import json
import os
from collections.abc import Callable, Hashable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from core.cli.demo_content import fill
from core.edge import JSON
from core.testing import TestedHub
from tests.contract import refusals
from tests.contract.naughty import CODE_POINTS, STORED, STRINGS, has_surrogates
from tests.contract.samples import Contract, Operation, Path, strings

OPERATOR = "secretariat"
ECHOES = {
    "AdmitPartner",
    "ChangeCampaign",
    "ChangePartner",
    "CreateCampaign",
    "CreateMaterial",
    "CreateVersion",
    "FoundGroup",
    "FreezeReport",
    "PutVersion",
}
"""Operations whose answer holds what was sent."""


@pytest.fixture
async def full(hub: TestedHub) -> TestedHub:
    """A hub that has one of everything, so that a request with a bad text fails for nothing else."""
    await fill(hub.client_as)
    return hub


Texts = Callable[[Hashable], list[str]]
"""What to send where a text of this type is expected."""


@pytest.fixture
def texts(engine_name: str) -> Texts:
    """All of them where a type is met first, on the second engine what may break storing; a few where it is met again.

    One type is read by one pattern, wherever it stands; each place stores it and finds it again by itself. `make test`
    has ten minutes: each type meets a third of them, and each of them a third of the types.
    """
    met: set[Hashable] = set()
    every = STRINGS if engine_name == "sqlite" else CODE_POINTS
    share = 3 if "KMM_SHORT" in os.environ else 1

    def of(kind: Hashable) -> list[str]:
        if kind in met:
            return STORED
        met.add(kind)
        return [*STORED, *every[len(met) % share :: share]]

    return of


async def test_bodies(full: TestedHub, texts: Texts) -> None:
    contract, client, known = Contract(full.app), full.client_as(OPERATOR), await places(full)
    # What takes a thing away comes last.
    for operation in sorted(contract.operations(), key=lambda one: "withdrawal" in one.path):
        if operation.body is None:
            continue
        for kind, paths in by_type(contract, operation.body):
            for text in texts(kind):
                body = contract.filled(operation.body, paths, text)
                answer = await send(client, operation.method, address(operation, known), body)
                said = f"{operation.id} {paths} {text!a}"
                assert_sound(answer, said)
                if answer.is_success and operation.id in ECHOES:
                    assert list(strings(answer.json())).count(text) >= len(paths), said


async def test_query_parameters(full: TestedHub, texts: Texts) -> None:
    contract, client, known = Contract(full.app), full.client_as(OPERATOR), await places(full)
    for operation in contract.operations():
        for name in operation.named("query"):
            for text in texts(name):
                where = f"{address(operation, known)}?{name}={spelled(text)}"
                assert_sound(await send(client, operation.method, where, None), where)


async def test_path_parameters(full: TestedHub, texts: Texts) -> None:
    contract, client, known = Contract(full.app), full.client_as(OPERATOR), await places(full)
    for operation in contract.operations():
        body = contract.least(operation.body) if operation.body else None
        for name in operation.named("path"):
            for text in texts(operation.path.partition(f"{{{name}}}")[0]):
                where = address(operation, known, {name: text})
                assert_sound(await send(client, operation.method, where, body), f"{operation.id} {where}")


async def test_signals(full: TestedHub) -> None:
    client = full.client_as(OPERATOR)
    for field in ("value", "kind", "external_id", "campaign", "origin", "context", "groups", "first_seen"):
        await send_signals(client, field, [text for text in STRINGS if not has_surrogates(text)])


async def send_signals(client: httpx.AsyncClient, field: str, sent: list[str]) -> None:
    named = field.replace("_", "-")
    items = [
        {"kind": "domain", "value": f"{named}-{index}.example", field: shaped(field, text)}
        for index, text in enumerate(sent)
    ]
    answer = await send(client, "POST", "/v1/signals", {"signals": items})
    assert answer.status_code == 200, (field, answer.text)
    for text, result in zip(sent, answer.json()["results"], strict=True):
        if result["status"] == "rejected":
            assert f"/{field}" in result["errors"][0]["pointer"], result
        elif field in ("external_id", "context"):
            detail = (await client.get(f"/v1/signals/{result['id']}")).json()
            assert text in strings(detail["claims"][0]), (field, text)


def shaped(field: str, text: str) -> object:
    return {"context": {"note": text}, "groups": [text]}.get(field, text)


async def test_activities(full: TestedHub) -> None:
    client, known = full.client_as(OPERATOR), await places(full)
    where = f"/v1/campaigns/{known['campaigns']}/activities"
    for path in (("title",), ("organiser",), ("external_id",), ("place", "venue"), ("place", "province")):
        await send_activities(client, where, path, [text for text in STRINGS if not has_surrogates(text)])


async def send_activities(client: httpx.AsyncClient, where: str, path: Path, sent: list[str]) -> None:
    answer = await send(client, "POST", where, {"activities": [activity(path, text) for text in sent]})
    assert answer.status_code == 200, (path, answer.text)
    listed = {one["id"]: one for one in (await client.get(where, params={"limit": 10_000})).json()["activities"]}
    for text, result in zip(sent, answer.json()["results"], strict=True):
        if result["status"] == "created":
            assert text in strings(listed[result["id"]]), (path, text)


def activity(path: Path, text: str) -> dict[str, object]:
    place = {"province": "01"}
    item: dict[str, object] = {"kind": "media", "title": "Một buổi", "place": place, "date": "2026-10-01"}
    if path[0] == "place":
        place[str(path[1])] = text
    else:
        item[str(path[0])] = text
    return item


async def places(hub: TestedHub) -> dict[str, str]:
    """What stands for each path parameter, by the noun before it."""
    client = hub.client_as(OPERATOR)
    words = {"title": {"vi": "Bản nháp"}, "kind": "poster", "languages": ["vi"]}
    period = {"period": {"from": "2026-10-01", "to": "2026-10-02"}}
    await client.post("/v1/groups", json={"slug": "operators-own", "name": "Của ban thư ký"})
    return {
        "materials": (await client.post("/v1/materials", json=words)).json()["id"],
        "versions": "1",
        "assets": "a.txt",
        "reports": await made(client, period),
        "signals": (await client.get("/v1/signals")).json()["signals"][0]["id"],
        "campaigns": (await client.get("/v1/campaigns")).json()["campaigns"][0]["slug"],
        "groups": "operators-own",
        "partners": "creator-mai",
        "clients": "cli_nobody",
        "kinds": "creator",
    }


async def made(client: httpx.AsyncClient, period: dict[str, Any]) -> str:
    """A report whose files can be asked for."""
    name = (await client.post("/v1/reports", json=period)).json()["id"]
    for _ in range(600):
        if (await client.get(f"/v1/reports/{name}/files/report.json")).status_code == 200:
            return str(name)
        await asyncio.sleep(0.1)
    raise TimeoutError(name)


def address(operation: Operation, known: dict[str, str], replaced: dict[str, str] | None = None) -> str:
    """The path with what is known in place of its parameters, or what is to replace them."""
    parts = operation.path.split("/")
    for index, part in enumerate(parts):
        if part.startswith("{"):
            parts[index] = spelled((replaced or {}).get(part.strip("{}"), known.get(parts[index - 1], "some")))
    return "/".join(parts)


def spelled(text: str) -> str:
    """Percent-encoded; a lone surrogate as the bytes that are no UTF-8."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def by_type(contract: Contract, body: dict[str, Any]) -> Iterator[tuple[Hashable, list[Path]]]:
    """Text fields by their type: what one of a type takes, the others take too."""
    groups: dict[Hashable, list[Path]] = {}
    for path, schema in contract.texts(body):
        groups.setdefault((schema.get("pattern"), schema.get("maxLength")), []).append(path)
    yield from groups.items()


async def send(client: httpx.AsyncClient, method: str, where: str, body: object | None) -> httpx.Response:
    if body is None:
        return await client.request(method, where)
    # Python's own encoder: it writes the lone surrogates that a sloppy partner's software sends.
    return await client.request(method, where, content=json.dumps(body), headers={"Content-Type": JSON})


def assert_sound(answer: httpx.Response, said: str) -> None:
    assert answer.status_code < 500, (said, answer.text)
    if answer.is_error and answer.request.method != "HEAD":
        assert refusals.read(answer, said)["status"] == answer.status_code, said
