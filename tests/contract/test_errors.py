"""Every refusal, of every operation, has one shape (RFC 9457), but where TAXII has its own."""

from typing import Any

import httpx
import pytest

from core import vocabulary
from core.edge import JSON
from core.testing import TestedHub
from tests.contract import refusals
from tests.contract.samples import Contract, Operation

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


IN_ANY_FORM = {"ReportFeedback", "ReportSignals", "SubmitPayload"}
"""What the body is, the partner's connector knows, or the format that the route is for."""


def somewhere(operation: Operation) -> str:
    return operation.path.replace("{", "").replace("}", "")


def assert_problem(answer: httpx.Response, status: int, said: str) -> dict[str, Any]:
    assert answer.status_code == status, (said, answer.text)
    if answer.request.method == "HEAD":
        return {}
    problem = refusals.read(answer, said)
    assert problem["status"] == status, said
    assert problem["title"], said
    assert problem.keys() <= {"type", "title", "status", "detail", "errors"}, said
    return problem


async def test_without_a_token(hub: TestedHub) -> None:
    client, contract = hub.anonymous(), Contract(hub.app)
    for operation in contract.operations():
        if operation.scopes is not None:
            answer = await client.request(operation.method, somewhere(operation))
            assert_problem(answer, 401, operation.id)
            assert answer.headers["www-authenticate"].startswith("Bearer"), operation.id


async def test_with_a_token_that_lacks_the_scope(hub: TestedHub) -> None:
    contract, held = Contract(hub.app), {"campaigns:read", "content:read"}
    client = hub.client_as("creator-mai", *held)
    for operation in contract.operations():
        if missing := (operation.scopes or set()) - held:
            answer = await client.request(operation.method, somewhere(operation))
            problem = assert_problem(answer, 403, operation.id)
            assert not problem or all(scope in problem["detail"] for scope in missing), operation.id


async def test_methods_that_a_path_does_not_have(hub: TestedHub) -> None:
    client, contract = hub.client_as("secretariat"), Contract(hub.app)
    methods: dict[str, set[str]] = {}
    for operation in contract.operations():
        methods.setdefault(somewhere(operation), {"OPTIONS"}).add(operation.method)
    for path, there in methods.items():
        allowed = [(await client.options(path)).headers["allow"]]
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - there:
            answer = await client.request(method, path)
            problem = assert_problem(answer, 405, f"{method} {path}")
            assert answer.headers["allow"] in problem["detail"], path
            allowed.append(answer.headers["allow"])
        assert all(set(one.split(", ")) == there for one in allowed), path


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/signals", "/v1/nothing", "/schema", "/docs", "/openapi.json/x", "/%ff"]
)
async def test_paths_that_are_not_there(hub: TestedHub, path: str) -> None:
    assert "/openapi.json" in assert_problem(await hub.client_as("secretariat").get(path), 404, path)["detail"]


async def test_an_empty_body_is_faulty_as_a_whole(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    for headers in ({}, {"Content-Type": JSON}):
        answer = await client.post("/v1/groups", content=b"", headers=headers)
        problem = assert_problem(answer, 400, "FoundGroup")
        assert problem["type"] == "urn:kmm:problem:invalid"
        assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [("", "missing")]
        bulk = assert_problem(await client.post("/v1/guard", content=b"", headers=headers), 400, "AddGuardEntries")
        assert bulk["errors"] == problem["errors"]


async def test_bodies_that_do_not_fit(hub: TestedHub) -> None:
    client = hub.client_as("secretariat")
    for path, body, pointer, said in (
        ("/v1/groups", b'{"slug": "x-y", "name": }', "", "not JSON in UTF-8: JSON is malformed: invalid"),
        ("/v1/groups", b'{"slug": "X Y", "name": "x"}', "/slug", "Expected lower-case letters, digits and inner"),
        ("/v1/groups", b'{"slgu": "x-y", "name": "x"}', "/slgu", "of slug, name; got 'slgu'. Did you mean 'slug'?"),
        ("/v1/guard", b'{"items": []}', "/items", "Expected one of entries; got 'items'."),
        ("/v1/partners", b'{"slug": "x-y", "kind": "platfrom"}', "/kind", "got 'platfrom'. Did you mean 'platform'?"),
        ("/v1/campaigns", b'{"slug": "x-y", "starts": "1.9."}', "/starts", "a date, such as 2026-10-01"),
    ):
        problem = assert_problem(await client.post(path, content=body), 400, path)
        (fault,) = problem["errors"]
        assert (fault["pointer"], said in fault["detail"]) == (pointer, True), fault
    entry = {"kind": "domain", "value": "bank.example", "label": "A bank", "source": "x", "reach": "sight"}
    (result,) = (await client.post("/v1/guard", json={"entries": [entry]})).json()["results"]
    assert result["errors"][0]["pointer"] == "/entries/0/reach"
    assert "Did you mean 'site'?" in result["errors"][0]["detail"]


async def test_bodies_of_another_media_type(hub: TestedHub) -> None:
    client, contract = hub.client_as("secretariat"), Contract(hub.app)
    for operation in contract.operations():
        if operation.body is not None and operation.id not in IN_ANY_FORM:
            answer = await client.request(
                operation.method, somewhere(operation), content=b"a=1", headers={"Content-Type": "text/plain"}
            )
            assert "text/plain" in assert_problem(answer, 415, operation.id)["detail"], operation.id


async def test_forms_that_a_call_does_not_have(hub: TestedHub) -> None:
    client, contract = hub.client_as("secretariat"), Contract(hub.app)
    refused = set()
    for operation in contract.operations():
        answer = await client.request(operation.method, somewhere(operation), headers={"Accept": "image/x-none"})
        if answer.status_code == 406:
            problem = assert_problem(answer, 406, operation.id)
            assert not problem or all(form in problem["detail"] for form in operation.forms), operation.id
            refused.add(operation.id)
    whole = {one.id for one in contract.operations() if one.forms and "*/*" not in one.forms}
    assert refused == whole


async def test_what_callers_send_is_not_kept_whole(hub: TestedHub) -> None:
    """Words and `Accept` are remembered by the thousand, and the latter comes before anybody has signed in."""
    for length, status in ((1_024, 200), (1_025, 406)):
        answer = await hub.anonymous().get("/health", headers={"Accept": "*/*," + "a" * (length - 4)})
        assert answer.status_code == status, answer.text
    vocabulary._expected.cache_clear()
    told = {vocabulary.expected("x" * 41 + str(number), ("y",)) for number in range(9)}
    assert (len(told), vocabulary._expected.cache_info().currsize) == (1, 1)
    vocabulary.fields_at.cache_clear()
    for number in range(9):
        # As msgspec writes a place.
        named = f"x` - at `$.{'y' * 200}{number}"
        assert_problem(await hub.client_as("secretariat").post("/v1/groups", json={named: 1}), 400, named)
    assert vocabulary.fields_at.cache_info().currsize == 1


async def test_bodies_without_end(hub: TestedHub) -> None:
    client, contract = hub.client_as("secretariat"), Contract(hub.app)
    endless = b" " * (33 * 1024 * 1024)
    for operation in contract.operations():
        if operation.body is not None and operation.id not in IN_ANY_FORM:
            answer = await client.request(
                operation.method, somewhere(operation), content=endless, headers={"Content-Type": JSON}
            )
            assert_problem(answer, 413, operation.id)


async def test_a_fault_of_the_hub(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("core.campaigns.campaigns.page", broken)
    problem = assert_problem(await hub.client_as("secretariat").get("/v1/campaigns"), 500, "a bug")
    assert "ZeroDivision" not in str(problem)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=10001", "limit=a", "limit=1&limit=2", "limit=null", "limit=", "limit=%ff", "after=%00"]
)
async def test_parameters_that_do_not_fit(hub: TestedHub, query: str) -> None:
    problem = assert_problem(await hub.client_as("secretariat").get(f"/v1/campaigns?{query}"), 400, query)
    assert problem["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"
    assert query != "limit=a" or problem["errors"][0]["detail"] == "Expected a whole number"


async def test_words_that_a_parameter_does_not_have(hub: TestedHub) -> None:
    """A misspelt word must not read as a filter that finds nothing."""
    client = hub.client_as("secretariat")
    await client.post("/v1/campaigns", json={"slug": "not-alone", "title": {"vi": "Không Một Mình"}})
    for path, pointer, said in (
        ("/v1/signals?kind=phone&kind=ulr", "/kind", ["phone", "sha256", "got 'ulr'", "Did you mean 'url'?"]),
        ("/v1/signals/digest?kind=bank_acount", "/kind", ["Did you mean 'bank_account'?"]),
        ("/v1/events?types=takedown.answered&types=takedown.breach", "/types", ["'takedown.breached'?"]),
        ("/v1/reviews?what=quarantined", "/what", ["one of dispute, quarantine; got 'quarantined'", "'quarantine'?"]),
        ("/v1/reviews?what=dispute&partner=tiktoc", "/partner", ["'tiktoc'", "GET /v1/partners"]),
        ("/v1/takedowns?state=REQUESTED", "/state", ["requested, ", "Did you mean 'requested'?"]),
        ("/v1/materials?campaign=not-alnoe", "/campaign", ["'not-alnoe'", "GET /v1/campaigns", "'not-alone'?"]),
        ("/v1/materials/feed?campaign=other", "/campaign", ["'other'", "GET /v1/campaigns"]),
        ("/v1/usage/totals?campaign=other", "/campaign", ["'other'", "GET /v1/campaigns"]),
        ("/v1/campaigns/not-alone/activities?province=99", "/province", ["GET /v1/provinces"]),
        ("/v1/campaigns/not-alone/gaps?province=99", "/province", ["GET /v1/provinces"]),
        ("/v1/communes?province=01&day=1950-01-01", "/province", ["On 1950-01-01 the code 01 did not"]),
        ("/exports/blocklist?tlp=AMBER%2BSTRICT", "/tlp", ["one of AMBER, CLEAR, GREEN; got 'AMBER+STRICT'"]),
    ):
        problem = assert_problem(await client.get(path), 400, path)
        (fault,) = problem["errors"]
        assert fault["pointer"] == pointer, path
        assert all(part in fault["detail"] for part in said), (path, fault)
    # Who may not read campaigns learns of none.
    client = hub.client_as("creator-mai", "content:read")
    answers = [await client.get(f"/v1/materials?campaign={slug}") for slug in ("not-alone", "other")]
    assert [answer.content for answer in answers] == [b'{"materials":[],"next":null}'] * 2


@pytest.mark.parametrize(
    ("path", "pointer", "known"),
    [
        ("/v1/signals?min_scor=50", "/min_scor", "This call knows after, campaign, kind, limit, min_score, wait."),
        ("/v1/signals?limit=5&KIND=url", "/KIND", "This call knows after, campaign, kind, limit, min_score, wait."),
        ("/v1/me/limits?a~b/c", "/a~0b~1c", "This call takes no query parameters."),
        ("/v1/signals/sig_aaaaaaaaaaaaaaaaaaaaaaaaaa?id=sig_a", "/id", "This call takes no query parameters."),
        ("/exports/blocklist?tpl=CLEAR", "/tpl", "This call knows form, tlp."),
        ("/v1/signals?principal=x", "/principal", "This call knows after, campaign, kind, limit, min_score, wait."),
    ],
)
async def test_parameters_that_a_call_does_not_have(hub: TestedHub, path: str, pointer: str, known: str) -> None:
    """A misspelt filter must not read as none."""
    problem = assert_problem(await hub.client_as("secretariat").get(path), 400, path)
    assert problem["errors"] == [{"pointer": pointer, "code": "unknown_parameter", "detail": known}]


@pytest.mark.parametrize("path", ["/health?now=1", "/openapi.json?v=2"])
async def test_elsewhere_more_than_is_read_may_be_sent(hub: TestedHub, path: str) -> None:
    assert (await hub.client_as("secretariat").get(path)).status_code == 200
