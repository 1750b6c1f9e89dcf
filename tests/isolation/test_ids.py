"""An id of one partner, tried by every other on every route that takes it, answers as an id that nobody has."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import httpx
from litestar import Litestar

from core.openapi.document import routes
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from tests.isolation import compat_reads, exchange_reads, taxii_reads
from tests.isolation.things import IMAGE, PACK, TUS, WORDS, Thing, group, material, ok, signal, things

_READING: tuple[dict[str, str], ...] = (
    {},
    {"If-None-Match": "*"},
    {"Range": "bytes=0-0"},
    {"Accept": "text/csv"},
)
_WRITING: tuple[dict[str, str], ...] = ({}, {"If-Match": '"1"'})

HIDDEN: dict[str, dict[str, Any]] = {
    **taxii_reads.HIDDEN,
    **compat_reads.HIDDEN,
    **exchange_reads.HIDDEN,
    "ReadSignal": {},
    "ListOpinions": {},
    "ListHolders": {},
    "ReadGroup": {},
    "InviteToGroup": {"json": {"partner": "google"}},
    "AcceptMembership": {},
    "LeaveGroup": {},
    "ReadReport": {},
    "GetReportFile": {},
    "GetReportManifest": {},
    "RemakeReport": {},
    "RestateReport": {"json": {"reason": {"vi": "Đếm sai", "en": "Miscounted"}}},
    "ReadReportTemplate": {},
    "DeleteReportTemplate": {},
    "ReadReportSchedule": {},
    "DeleteReportSchedule": {},
    "ReadReportCut": {},
    "DisableClient": {},
    "RevokeFeedKey": {},
    "GetMaterial": {},
    "CreateVersion": {"json": WORDS},
    "PutVersion": {"json": WORDS},
    "SubmitVersion": {},
    "PublishVersion": {},
    "WithdrawMaterial": {"json": {"reason": "It is wrong."}},
    "WithdrawVersion": {"json": {"reason": "It is wrong."}},
    "GetRecall": {},
    "AcknowledgeRecall": {"json": {"done": "removed"}},
    "PutAsset": IMAGE,
    "DeleteAsset": {},
    "GetAsset": {},
    "GetRendition": {},
    "PutPack": {"json": PACK},
    "DeletePack": {},
    "GetPack": {},
    "GetUpload": {"headers": TUS},
    "AppendUpload": {
        "content": b"x",
        "headers": TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"},
    },
    "DeleteUpload": {"headers": TUS},
    "GetKit": {},
    "GetLink": {},
    "GetQr": {},
    "ReadTakedown": {},
    "ListOutcomes": {},
    "MoveTakedown": {"json": {"state": "closed"}},
    "WithdrawTakedown": {"json": {"reason": "It is wrong."}},
    "ReadClock": {},
    "PauseTakedown": {"json": {"reason": "We wait for the court."}},
    "ResumeTakedown": {},
    "ReadAppeal": {},
    "WithdrawAppeal": {},
    "ReadEmergency": {},
    "AcknowledgeEmergency": {},
    "LowerEmergency": {"json": {"reason": "It is over."}},
    "KeepEmergency": {},
    "ReadPush": {},
    "AcknowledgePush": {},
    "ReadPreservation": {},
    "MovePreservation": {"json": {"state": "released"}},
    "RenewPreservation": {"json": {"days": 30}},
    "AddCustody": {"json": {"item": "export.zip", "sha256": "0" * 64, "size": 1, "action": "collected"}},
    "ReadCustody": {},
    "ReadReferral": {},
    "MoveReferral": {"json": {"state": "acknowledged"}},
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
    **taxii_reads.OPEN,
    **compat_reads.OPEN,
    **exchange_reads.OPEN,
    "ReadPartner": "partners:read lists every partner",
    "ChangePartner": "whoever holds partners:admit reads the list",
    "ListClients": "whoever holds partners:admit reads the list; the clients of others than its charges are refused",
    "IssueClient": "as for ListClients",
    "ReplaceKind": "kinds are no partner's",
    "GetCampaign": "campaigns are for everyone",
    "ChangeCampaign": "campaigns are for everyone",
    "ListActivities": "campaigns are for everyone",
    "GetGoalsProgress": "campaigns are for everyone",
    "ListGaps": "campaigns are for everyone",
    "ListConnectionPoints": "campaigns are for everyone",
    "SubmitActivities": "campaigns are for everyone",
    "ImportActivities": "campaigns are for everyone",
    "FollowLink": "codes are printed for anyone, and tell nobody of what is not released",
    "ReviewVersion": "reviewers see every draft",
    "EndApprovalPolicy": "policies are for everyone",
    "GetLicence": "licences are for everyone",
    "PutLicence": "licences are for everyone",
    "AcceptLicence": "licences are for everyone",
    "LookAtAppeal": "reviewers see every appeal",
    "RuleOnAppeal": "reviewers see every appeal",
    "PutReportTemplate": "a slug names one's own",
    "PutReportSchedule": "a slug names one's own",
    "ReadQuality": "partners:read lists every partner; how another did is refused",
    "ReadContacts": "who holds takedowns:manage reads everyone's",
    "ReplaceContacts": "who holds takedowns:manage reads everyone's",
    "EndTakedownPolicy": "policies are for everyone",
    "SetRepeatPolicy": "policies are for everyone",
    "ReadCalendar": "calendars are for everyone",
    "ReadCalendarDay": "calendars are for everyone",
    "MoveCalendarDay": "calendars are for everyone",
    "ForgetCalendarDay": "calendars are for everyone",
    "EndResponsibility": "who answers where is for everyone",
    "RemoveGuardEntry": "there is one negative list, and reviewers read it",
}
"""Operations on what all who hold their scopes may know of."""


def test_every_route_with_an_id_is_one_or_the_other(app: Litestar) -> None:
    with_id = {str(handler.operation_id) for route, _, handler in routes(app) if "{" in route.path_format}
    assert HIDDEN.keys() | OPEN.keys() == with_id
    assert not HIDDEN.keys() & OPEN.keys()


async def test_an_id_of_another_is_as_good_as_none(hub: TestedHub) -> None:
    others = (PartnerKind.ALLIANCE, PartnerKind.CREATOR, PartnerKind.PROTECTION)
    await hub.admit(*((f"other-{kind}", kind) for kind in others))
    tried = set()
    nobodys: dict[Any, tuple[Any, ...]] = {}
    """What was answered for an id that nobody has; the same for every thing of its kind."""
    client_as = cache(hub.client_as)
    for thing in await things(hub):
        before = await _as_its_owner_sees_it(hub, thing)
        for slug, client in _others(hub, client_as, thing):
            for operation, method, path in _calls(hub.app, thing):
                for headers in _READING if method in ("GET", "HEAD") else _WRITING:
                    theirs = await _answer(client, method, path, operation, headers, thing.ids)
                    at = (slug, thing.without, operation, method, *headers)
                    if at not in nobodys:
                        nobodys[at] = await _answer(client, method, path, operation, headers, thing.missing)
                    assert theirs == nobodys[at], (slug, operation, headers)
                    # Without the scope both are 403, in a form that is not spoken 406, before anything is looked up.
                    assert theirs[0] in (403, 404, 406), (slug, operation, headers, theirs)
                    if theirs[0] == 404:
                        tried.add(operation)
        assert await _as_its_owner_sees_it(hub, thing) == before
    assert tried == HIDDEN.keys()


def _others(
    hub: TestedHub, client_as: Callable[..., httpx.AsyncClient], thing: Thing
) -> Iterator[tuple[str, httpx.AsyncClient]]:
    for slug, account in hub.accounts.items():
        scopes = frozenset(account.scopes) - thing.without
        if slug not in thing.seen_by:
            yield slug, client_as(slug, *sorted(scopes))


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
                # A score fades while the test runs, and a manifest is signed anew for each reader.
                seen.append((answer.status_code, re.sub(r'"score":.*?\]\}|"made":.*', "", answer.text)))
    if "DisableClient" in thing.operations:
        answer = await hub.client_as("secretariat").get(f"/v1/partners/{thing.owner}/clients")
        seen.append((answer.status_code, answer.text))
    if "RevokeFeedKey" in thing.operations:
        answer = await hub.client_as(thing.owner).get("/v1/feed-keys")
        seen.append((answer.status_code, answer.text))
    return seen


async def test_an_id_in_a_body_is_as_good_as_none(hub: TestedHub) -> None:
    red, draft, _ = await signal(hub, "tiktok"), await material(hub, "draft"), await group(hub)
    await ok(hub, "tiktok", "POST", "/v1/signals", {"signals": [_domain("x.example", external_id="theirs")]})
    slug = "child-protection-network"
    own = (await ok(hub, slug, "POST", "/v1/materials", WORDS))["id"]
    client = hub.client_as(slug, *sorted(frozenset(hub.accounts[slug].scopes) - {"content:approve"}))
    cases: tuple[tuple[str, Callable[[str], Any], str, str], ...] = (
        ("/v1/signals/retractions", lambda one: {"ids": [one]}, red.ids["id"], red.missing["id"]),
        ("/v1/signals/retractions", lambda one: {"external_ids": [one]}, "theirs", "nobodys"),
        ("/v1/signals/opinions", _agree, red.ids["id"], red.missing["id"]),
        ("/v1/signals/lookup", lambda one: {"items": [_domain(one)]}, "only-tiktok.example", "only-nobody.example"),
        ("/v1/signals", lambda one: {"signals": [_domain("y.example", groups=[one])]}, "inner-circle", "no-circle"),
        ("/v1/takedowns", _asked_of("tiktok"), red.ids["id"], red.missing["id"]),
        (f"/v1/materials/{own}/withdrawal", _in_favour_of, draft.ids["id"], draft.missing["id"]),
    )
    for path, body, theirs, nobodys in cases:
        answers = [comparable(await client.post(path, json=body(one)), [one]) for one in (theirs, nobodys)]
        assert answers[0] == answers[1], path


async def test_a_cursor_of_another_is_as_good_as_none(hub: TestedHub) -> None:
    theirs = (await ok(hub, "tiktok", "GET", "/v1/signals"))["next"]
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
