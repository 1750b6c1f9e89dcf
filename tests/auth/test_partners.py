"""Admission, suspension, clients, and who may hold and do what."""

from typing import Any

import httpx
import pytest

from core.auth import partners
from core.wire.scopes import PartnerKind, Scope
from tests.auth.conftest import CAST, Room, assert_problem

EXCHANGE = {"signals:read", "signals:write", "signals:lookup", "opinions:write"}
SHARE = EXCHANGE | {"groups:write", "campaigns:read", "content:read", "reports:read"}
CREATE = SHARE | {"campaigns:write", "content:write", "content:approve"}
FOLLOW = {"events:read", "webhooks:write", "takedowns:read", "appeals:write"}
PROTECT = FOLLOW | {"takedowns:request", "emergencies:write", "referrals:write"}
DEFAULTS: dict[PartnerKind, set[str]] = {
    PartnerKind.PLATFORM: SHARE | FOLLOW | {"takedowns:answer"},
    PartnerKind.PROTECTION: CREATE | PROTECT,
    PartnerKind.AGENCY: CREATE | PROTECT | {"reports:national"},
    PartnerKind.ALLIANCE: CREATE | FOLLOW | {"referrals:write", "partners:read", "partners:admit"},
    PartnerKind.CREATOR: {"campaigns:read", "content:read", "content:write", "events:read"},
    PartnerKind.OPERATOR: {scope.value for scope in Scope},
}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/partners": {"slug": "new-one", "name": "New", "kind": "creator"},
    "/v1/partners/creator-a/clients": {"scopes": ["content:read"]},
    "/v1/groups": {"slug": "new-group", "name": "New"},
}


@pytest.mark.parametrize("slug", CAST)
async def test_a_client_holds_what_its_kind_may_hold_and_no_more(room: Room, slug: str) -> None:
    me = (await (await room.client_as(slug)).get("/v1/me")).json()
    assert me == {
        "client": room.clients[slug].id,
        "partner": slug,
        "kind": CAST[slug].value,
        "scopes": sorted(DEFAULTS[CAST[slug]]),
    }
    operator = await room.client_as("secretariat")
    for scope in set(Scope) - set(DEFAULTS[CAST[slug]]):
        answer = await operator.post(f"/v1/partners/{slug}/clients", json={"scopes": [scope.value]})
        assert assert_problem(answer, 409)["errors"][0]["pointer"] == "/scopes/0"


ROUTES = [
    ("GET", "/v1/partners", Scope.PARTNERS_READ),
    ("GET", "/v1/kinds", Scope.PARTNERS_READ),
    ("POST", "/v1/partners", Scope.PARTNERS_ADMIT),
    ("GET", "/v1/partners/creator-a/clients", Scope.PARTNERS_ADMIT),
    ("POST", "/v1/partners/creator-a/clients", Scope.PARTNERS_ADMIT),
    ("GET", "/v1/groups", Scope.SIGNALS_READ),
    ("POST", "/v1/groups", Scope.GROUPS_WRITE),
]


@pytest.mark.parametrize("slug", CAST)
async def test_each_route_wants_its_scope(room: Room, slug: str) -> None:
    client = await room.client_as(slug)
    for method, path, scope in ROUTES:
        answer = await client.request(method, path, json=BODIES[path] if method == "POST" else None)
        if scope in DEFAULTS[CAST[slug]]:
            assert answer.status_code in (200, 201), answer.text
        else:
            assert_problem(answer, 403)
            assert f'scope="{scope}"' in answer.headers["www-authenticate"]
        assert_problem(await room.anonymous().request(method, path), 401)


async def test_the_alliance_has_charge_of_creators_only(room: Room) -> None:
    alliance = await room.client_as("kol-alliance")
    admitted = await alliance.post("/v1/partners", json={"slug": "creator-b", "name": "B", "kind": "creator"})
    assert admitted.status_code == 201
    assert (await alliance.patch("/v1/partners/creator-b", json={"name": "Better"})).status_code == 200
    assert (await alliance.post("/v1/partners/creator-b/clients", json={"scopes": ["content:read"]})).status_code == 201
    for kind in set(PartnerKind) - {PartnerKind.CREATOR}:
        body = {"slug": "creator-c", "name": "C", "kind": kind.value}
        assert_problem(await alliance.post("/v1/partners", json=body), 403)
        assert_problem(await alliance.patch("/v1/partners/creator-b", json={"kind": kind.value}), 403)
    assert_problem(await alliance.patch("/v1/partners/platform-a", json={"state": "suspended"}), 403)
    assert_problem(await alliance.get("/v1/partners/platform-a/clients"), 403)
    assert_problem(await alliance.post("/v1/partners/agency-a/clients", json={"scopes": ["signals:read"]}), 403)
    identity = room.clients["platform-a"].id
    assert_problem(await alliance.delete(f"/v1/partners/platform-a/clients/{identity}"), 403)
    assert_problem(await alliance.put("/v1/kinds/creator", json={"scopes": ["signals:read"]}), 403)


async def test_a_partner_changes_under_its_etag(room: Room) -> None:
    operator = await room.client_as("secretariat")
    first = await operator.get("/v1/partners/platform-a")
    tag = {"If-Match": first.headers["etag"]}
    changed = await operator.patch("/v1/partners/platform-a", json={"name": "Renamed"}, headers=tag)
    assert changed.json() == first.json() | {"name": "Renamed"}
    assert changed.headers["etag"] != first.headers["etag"]
    assert_problem(await operator.patch("/v1/partners/platform-a", json={"name": "Lost"}, headers=tag), 412)
    again = await operator.patch("/v1/partners/platform-a", json={"name": "Renamed"})
    assert again.headers["etag"] == changed.headers["etag"]


async def test_a_slug_is_given_once_and_bad_fields_are_named(room: Room) -> None:
    operator = await room.client_as("secretariat")
    assert_problem(await operator.post("/v1/partners", json=BODIES["/v1/partners"] | {"slug": "platform-a"}), 409)
    for bad in ({"slug": "Bad Slug"}, {"kind": "bank"}, {"name": ""}, {"name": "a\x00b"}, {"state": "active"}):
        assert_problem(await operator.post("/v1/partners", json=BODIES["/v1/partners"] | bad), 400)


async def test_nobody_shuts_itself_out(room: Room) -> None:
    operator = await room.client_as("secretariat")
    assert_problem(await operator.patch("/v1/partners/secretariat", json={"state": "suspended"}), 409)
    assert_problem(await operator.patch("/v1/partners/secretariat", json={"kind": "creator"}), 409)
    assert_problem(await operator.put("/v1/kinds/operator", json={"scopes": ["signals:read"]}), 409)
    assert (await operator.get("/v1/partners")).status_code == 200


@pytest.mark.parametrize("slug", ["no-such-partner", "%00", "UPPER", "🙂", "x" * 300])
async def test_what_is_not_there_is_not_found(room: Room, slug: str) -> None:
    operator = await room.client_as("secretariat")
    assert_problem(await operator.get(f"/v1/partners/{slug}"), 404)
    assert_problem(await operator.patch(f"/v1/partners/{slug}", json={}), 404)
    assert_problem(await operator.post(f"/v1/partners/{slug}/clients", json={"scopes": ["signals:read"]}), 404)
    assert_problem(await operator.delete(f"/v1/partners/platform-a/clients/{slug}"), 404)
    assert_problem(await operator.put(f"/v1/kinds/{slug}", json={"scopes": []}), 404)


async def test_a_client_of_another_partner_is_not_found(room: Room) -> None:
    operator = await room.client_as("secretariat")
    identity = room.clients["platform-b"].id
    assert_problem(await operator.delete(f"/v1/partners/platform-a/clients/{identity}"), 404)
    assert (await (await room.client_as("platform-b")).get("/v1/me")).status_code == 200


async def test_a_secret_is_shown_once(room: Room) -> None:
    operator = await room.client_as("secretariat")
    issued = await operator.post("/v1/partners/agency-a/clients", json={"scopes": ["reports:read"]})
    assert issued.headers["cache-control"] == "no-store"
    secret = issued.json()["client_secret"]
    listed = await operator.get("/v1/partners/agency-a/clients")
    assert issued.json()["id"] in listed.text
    assert secret not in listed.text


async def test_keys_and_methods_go_together(room: Room) -> None:
    operator = await room.client_as("secretariat")
    key = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    for body in (
        {"auth_method": "private_key_jwt"},
        {"auth_method": "client_secret_basic", "jwks": {"keys": [key]}},
    ):
        answer = await operator.post("/v1/partners/agency-a/clients", json={"scopes": ["reports:read"]} | body)
        assert assert_problem(answer, 409)["errors"][0]["pointer"] == "/jwks"


async def test_a_partner_decides_whether_it_is_named(room: Room) -> None:
    partner = await room.client_as("platform-a")
    assert (await partner.patch("/v1/me", json={"attribution": "named"})).json()["attribution"] == "named"
    ids = {slug: (await room.acting(slug)).partner for slug in ("platform-a", "platform-b")}
    async with room.db.snapshot(0) as session:
        assert await partners.slugs(session, ids.values()) == {number: slug for slug, number in ids.items()}


async def test_a_list_comes_in_pages(room: Room) -> None:
    operator = await room.client_as("secretariat")
    seen: list[str] = []
    url: str | None = "/v1/partners?limit=3"
    while url:
        answer: httpx.Response = await operator.get(url)
        seen += [partner["slug"] for partner in answer.json()["partners"]]
        url = answer.links.get("next", {}).get("url")
    assert seen == sorted(CAST)


async def test_how_far_a_partner_is_trusted_is_the_operators_to_say(room: Room) -> None:
    operator, alliance = await room.client_as("secretariat"), await room.client_as("kol-alliance")
    trust = {"burst_per_hour": 5, "bulk_until": "2026-12-01T07:00:00+07:00", "quality": 90}
    changed = await operator.patch("/v1/partners/creator-a", json=trust)
    told = trust | {"bulk_until": "2026-12-01T00:00:00Z"}
    assert changed.json().items() >= told.items()
    assert (await operator.patch("/v1/partners/creator-a", json=trust)).headers["etag"] == changed.headers["etag"]
    for field, value in trust.items():
        assert_problem(await alliance.patch("/v1/partners/creator-a", json={field: value}), 403)
        cleared = await operator.patch("/v1/partners/creator-a", json={field: None})
        assert cleared.json()[field] is None
    assert_problem(await operator.patch("/v1/partners/creator-a", json={"quality": 101}), 400)
    assert_problem(await operator.patch("/v1/partners/creator-a", json={"bulk_until": "2026-12-01T00:00:00"}), 400)


async def test_trust_is_told_to_the_partner_itself_and_to_no_peer(room: Room) -> None:
    operator, alliance = await room.client_as("secretariat"), await room.client_as("kol-alliance")
    await operator.patch("/v1/partners/kol-alliance", json={"quality": 70})
    listed = {one["slug"]: one for one in (await alliance.get("/v1/partners")).json()["partners"]}
    assert {slug for slug, one in listed.items() if "quality" in one} == {"kol-alliance"}
    assert (await alliance.get("/v1/partners/kol-alliance")).json()["quality"] == 70
    assert "quality" not in (await alliance.get("/v1/partners/platform-a")).json()
    own = await alliance.patch("/v1/me", json={"attribution": "named"})
    assert own.json()["quality"] == 70
