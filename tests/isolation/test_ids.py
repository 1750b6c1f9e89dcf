"""An id of one partner, tried by every other on every route that takes it, answers as an id that nobody has."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from litestar import Litestar

from core.openapi.document import routes
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from tests.isolation.world import PNG

WORDS = {"title": {"vi": "Bản nháp"}, "kind": "poster", "languages": ["vi"]}
_PNG = {"content": PNG % b"x", "headers": {"Content-Type": "image/png"}}
_READING: tuple[dict[str, str], ...] = (
    {},
    {"If-None-Match": "*"},
    {"Range": "bytes=0-0"},
    {"Accept": "text/csv"},
)
_WRITING: tuple[dict[str, str], ...] = ({}, {"If-Match": '"1"'})

HIDDEN: dict[str, dict[str, Any]] = {
    "ReadSignal": {},
    "ListOpinions": {},
    "ListHolders": {},
    "ReadGroup": {},
    "InviteToGroup": {"json": {"partner": "google"}},
    "AcceptMembership": {},
    "LeaveGroup": {},
    "ReadReport": {},
    "DisableClient": {},
    "GetMaterial": {},
    "CreateVersion": {"json": WORDS},
    "PutVersion": {"json": WORDS},
    "SubmitVersion": {},
    "PublishVersion": {},
    "WithdrawMaterial": {"json": {"reason": "It is wrong."}},
    "PutAsset": _PNG,
    "DeleteAsset": {},
    "GetAsset": {},
    "ReadTakedown": {},
    "ListOutcomes": {},
    "MoveTakedown": {"json": {"state": "closed"}},
    "WithdrawTakedown": {"json": {"reason": "It is wrong."}},
    "GetEndpoint": {},
    "ChangeEndpoint": {"json": {"types": []}},
    "DeleteEndpoint": {},
    "RotateSecret": {"json": {}},
    "ListDeliveries": {},
    "ReplayEvents": {"json": {"after": 1}},
    "ListReplays": {},
    "PingEndpoint": {},
}
"""Operations on what is hidden from others, and a body that each would take."""

OPEN = {
    "ReadPartner": "partners:read lists every partner",
    "ChangePartner": "whoever holds partners:admit reads the list",
    "ListClients": "whoever holds partners:admit reads the list; the clients of others than its charges are refused",
    "IssueClient": "as for ListClients",
    "ReplaceKind": "kinds are no partner's",
    "GetCampaign": "campaigns are for everyone",
    "ChangeCampaign": "campaigns are for everyone",
    "ListActivities": "campaigns are for everyone",
    "SubmitActivities": "campaigns are for everyone",
    "ReviewVersion": "reviewers see every draft",
    "RemoveGuardEntry": "there is one negative list, and reviewers read it",
}
"""Operations on what all who hold their scopes may know of."""


class Thing(NamedTuple):
    """Something of one partner's."""

    owner: str
    ids: dict[str, str]
    missing: dict[str, str]
    """Ids of the same shape that name nothing."""
    seen_by: frozenset[str]
    operations: tuple[str, ...]
    without: frozenset[str] = frozenset()
    """Scopes that would let others see it, and that are left out of their tokens."""


def test_every_route_with_an_id_is_one_or_the_other(app: Litestar) -> None:
    with_id = {str(handler.operation_id) for route, _, handler in routes(app) if "{" in route.path_format}
    assert HIDDEN.keys() | OPEN.keys() == with_id
    assert not HIDDEN.keys() & OPEN.keys()


async def test_an_id_of_another_is_as_good_as_none(hub: TestedHub) -> None:
    await hub.admit(("other-alliance", PartnerKind.ALLIANCE), ("other-creator", PartnerKind.CREATOR))
    tried = set()
    nobodys: dict[Any, tuple[Any, ...]] = {}
    """What was answered for an id that nobody has; the same for every thing of its kind."""
    for thing in await _things(hub):
        before = await _as_its_owner_sees_it(hub, thing)
        for slug, client in _others(hub, thing):
            for operation, method, path in _calls(hub.app, thing):
                for headers in _READING if method in ("GET", "HEAD") else _WRITING:
                    theirs = await _answer(client, method, path, operation, headers, thing.ids)
                    at = (slug, thing.without, operation, method, *headers)
                    if at not in nobodys:
                        nobodys[at] = await _answer(client, method, path, operation, headers, thing.missing)
                    assert theirs == nobodys[at], (slug, operation, headers)
                    # Without the scope both are 403, before anything is looked up.
                    assert theirs[0] in (403, 404), (slug, operation, headers, theirs)
                    if theirs[0] == 404:
                        tried.add(operation)
        assert await _as_its_owner_sees_it(hub, thing) == before
    assert tried == HIDDEN.keys()


def _others(hub: TestedHub, thing: Thing) -> Iterator[tuple[str, httpx.AsyncClient]]:
    for slug, account in hub.accounts.items():
        scopes = frozenset(account.scopes) - thing.without
        if slug not in thing.seen_by:
            yield slug, hub.client_as(slug, *sorted(scopes))


def _calls(app: Litestar, thing: Thing) -> Iterator[tuple[str, str, str]]:
    for route, method, handler in routes(app):
        if handler.operation_id in thing.operations:
            yield str(handler.operation_id), method, route.path_format


async def _answer(
    client: httpx.AsyncClient, method: str, path: str, operation: str, headers: dict[str, str], ids: dict[str, str]
) -> tuple[Any, ...]:
    more = dict(HIDDEN[operation])
    more["headers"] = headers | more.pop("headers", {})
    answer = await client.request(method, path.format(**ids), **more)
    return comparable(answer, ids.values())


def comparable(answer: httpx.Response, ids: Iterable[str]) -> tuple[Any, ...]:
    """Status, headers and body, with what the caller itself sent taken out."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "ID")
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
    return answer.status_code, headers, text


async def _as_its_owner_sees_it(hub: TestedHub, thing: Thing) -> list[tuple[Any, ...]]:
    """Every read of it, by its owner and by the operator."""
    seen = []
    for slug in (thing.owner, "secretariat"):
        client = hub.client_as(slug)
        for _, method, path in _calls(hub.app, thing):
            if method == "GET":
                answer = await client.get(path.format(**thing.ids))
                # A score fades while the test runs.
                seen.append((answer.status_code, re.sub(r'"score":.*?\]\}', "", answer.text)))
    if "DisableClient" in thing.operations:
        answer = await hub.client_as("secretariat").get(f"/v1/partners/{thing.owner}/clients")
        seen.append((answer.status_code, answer.text))
    return seen


async def _things(hub: TestedHub) -> list[Thing]:
    return [
        *[await _signal(hub, slug) for slug in ("tiktok", "a05", "digital-trust-alliance")],
        await _group(hub),
        *[await _report(hub, slug) for slug in ("meta", "a05", "secretariat")],
        await _national_report(hub),
        *[_client(hub, slug) for slug in ("tiktok", "a05", "secretariat", "digital-trust-alliance")],
        *[await _material(hub, state) for state in ("draft", "in_review", "not_yet", "discarded")],
        await _takedown(hub),
        await _endpoint(hub),
    ]


async def _ok(hub: TestedHub, slug: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = await hub.client_as(slug).request(method, path, json=body, **more)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def _no_such(name: str) -> str:
    """The same name with other letters."""
    prefix, _, rest = name.rpartition("_")
    return f"{prefix}_{re.sub('[a-z2-7]', lambda found: 'a' if found[0] != 'a' else 'b', rest)}"


async def _signal(hub: TestedHub, slug: str) -> Thing:
    item = {"kind": "domain", "value": f"only-{slug}.example", "tlp": "RED"}
    done = await _ok(hub, slug, "POST", "/v1/signals", {"signals": [item]})
    name = done["results"][0]["id"]
    seen_by = frozenset([slug, "secretariat"])
    return Thing(slug, {"id": name}, {"id": _no_such(name)}, seen_by, ("ReadSignal", "ListOpinions", "ListHolders"))


async def _group(hub: TestedHub) -> Thing:
    """The operator is no member, so it does not see the group either."""
    await _ok(hub, "tiktok", "POST", "/v1/groups", {"slug": "inner-circle", "name": "Inner circle"})
    await _ok(hub, "tiktok", "POST", "/v1/groups/inner-circle/invitations", {"partner": "meta"})
    seen_by = frozenset(["tiktok", "meta"])
    operations = ("ReadGroup", "InviteToGroup", "AcceptMembership", "LeaveGroup")
    return Thing("tiktok", {"slug": "inner-circle"}, {"slug": "outer-circle"}, seen_by, operations)


async def _report(hub: TestedHub, slug: str, **more: str) -> Thing:
    period = {"from": "2026-10-01", "to": "2026-11-01"}
    name = (await _ok(hub, slug, "POST", "/v1/reports", {"period": period} | more))["id"]
    return Thing(slug, {"id": name}, {"id": _no_such(name)}, frozenset([slug]), ("ReadReport",))


async def _national_report(hub: TestedHub) -> Thing:
    """Closed to a client of the very partner that has not been given reports:national."""
    made = await _report(hub, "a05", scope="national")
    return made._replace(seen_by=frozenset(), without=frozenset(["reports:national"]))


def _client(hub: TestedHub, slug: str) -> Thing:
    """Tried under the name of a creator, of whom an alliance has charge."""
    ids = {"slug": "creator-mai", "client": hub.accounts[slug].client_id}
    missing = ids | {"client": _no_such(ids["client"])}
    return Thing(slug, ids, missing, frozenset(), ("DisableClient",))


async def _material(hub: TestedHub, state: str) -> Thing:
    opens = str(datetime.now(UTC) + timedelta(days=9)) if state == "not_yet" else None
    author, reviewer = "chongluadao", "child-protection-network"
    name = (await _ok(hub, author, "POST", "/v1/materials", WORDS | {"window": {"opens": opens}}))["id"]
    path = f"/v1/materials/{name}/versions/1"
    await _ok(hub, author, "PUT", f"{path}/assets/poster.png", **_PNG)
    if state != "draft":
        await _ok(hub, author, "POST", f"{path}/submission")
    if state == "not_yet":
        await _ok(hub, reviewer, "POST", f"{path}/approval", {"decision": "approve"})
        await _ok(hub, author, "POST", f"{path}/publication")
    if state == "discarded":
        await _ok(hub, author, "POST", f"/v1/materials/{name}/withdrawal", {"reason": "A mistake."})
    ids = {"id": name, "version": "1", "name": "poster.png"}
    operations = tuple(one for one in HIDDEN if "Material" in one or "Version" in one or "Asset" in one)
    seen_by = frozenset([author, "secretariat"])
    return Thing(author, ids, ids | {"id": _no_such(name)}, seen_by, operations, frozenset(["content:approve"]))


async def _takedown(hub: TestedHub) -> Thing:
    item = {"target": {"url": "https://gift.example/"}, "platforms": ["tiktok"], "category": "phishing"}
    asked = {"items": [item | {"basis": {"kind": "user_complaint"}}]}
    name = (await _ok(hub, "chongluadao", "POST", "/v1/takedowns", asked))["results"][0]["id"]
    seen_by = frozenset(["chongluadao", "tiktok", "secretariat"])
    operations = ("ReadTakedown", "ListOutcomes", "MoveTakedown", "WithdrawTakedown")
    return Thing("chongluadao", {"id": name}, {"id": _no_such(name)}, seen_by, operations)


async def _endpoint(hub: TestedHub) -> Thing:
    """The operator sees its own only, too. Nothing is sent: it is for events that do not happen here."""
    body = {"url": "https://hook.partner.example/", "types": ["webhook.lapsed"]}
    name = (await _ok(hub, "tiktok", "POST", "/webhooks/endpoints", body))["id"]
    operations = tuple(one for one in HIDDEN if re.search("Endpoint|Secret|Deliveries|Replay", one))
    return Thing("tiktok", {"name": name}, {"name": _no_such(name)}, frozenset(["tiktok"]), operations)


async def test_an_id_in_a_body_is_as_good_as_none(hub: TestedHub) -> None:
    signal, draft, _ = await _signal(hub, "tiktok"), await _material(hub, "draft"), await _group(hub)
    await _ok(hub, "tiktok", "POST", "/v1/signals", {"signals": [_domain("x.example", external_id="theirs")]})
    slug = "child-protection-network"
    own = (await _ok(hub, slug, "POST", "/v1/materials", WORDS))["id"]
    client = hub.client_as(slug, *sorted(frozenset(hub.accounts[slug].scopes) - {"content:approve"}))
    cases: tuple[tuple[str, Callable[[str], Any], str, str], ...] = (
        ("/v1/signals/retractions", lambda one: {"ids": [one]}, signal.ids["id"], signal.missing["id"]),
        ("/v1/signals/retractions", lambda one: {"external_ids": [one]}, "theirs", "nobodys"),
        ("/v1/signals/opinions", _agree, signal.ids["id"], signal.missing["id"]),
        ("/v1/signals/lookup", lambda one: {"items": [_domain(one)]}, "only-tiktok.example", "only-nobody.example"),
        ("/v1/signals", lambda one: {"signals": [_domain("y.example", groups=[one])]}, "inner-circle", "no-circle"),
        ("/v1/takedowns", _asked_of("tiktok"), signal.ids["id"], signal.missing["id"]),
        (f"/v1/materials/{own}/withdrawal", _in_favour_of, draft.ids["id"], draft.missing["id"]),
    )
    for path, body, theirs, nobodys in cases:
        answers = [comparable(await client.post(path, json=body(one)), [one]) for one in (theirs, nobodys)]
        assert answers[0] == answers[1], path


async def test_a_cursor_of_another_is_as_good_as_none(hub: TestedHub) -> None:
    theirs = (await _ok(hub, "tiktok", "GET", "/v1/signals"))["next"]
    client = hub.client_as("meta")
    answers = [await client.get("/v1/signals", params={"after": after}) for after in (theirs, theirs.swapcase())]
    assert answers[0].is_client_error
    assert comparable(answers[0], []) == comparable(answers[1], [])


def _domain(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "domain", "value": value, **more}


def _agree(signal: str) -> dict[str, Any]:
    return {"items": [{"id": signal, "stance": "agree"}]}


def _asked_of(platform: str) -> Callable[[str], Any]:
    item = {"platforms": [platform], "category": "phishing", "basis": {"kind": "user_complaint"}}
    return lambda signal: {"items": [item | {"target": {"signal": signal}}]}


def _in_favour_of(material: str) -> dict[str, str]:
    return {"reason": "There is a better one.", "replacement": material}
