"""One of each thing that has an id, and who may know of it."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from core.testing import TestedHub
from plugins.compat.graph_updates import number
from tests.frozen import until_made
from tests.pictures import png

WORDS = {
    "title": {"vi": "Bản nháp"},
    "kind": "quiz",
    "languages": ["vi"],
    "asset_texts": [{"asset": "poster.png", "language": "vi", "alt": "Một em nhỏ."}],
}
SAID = {"vi": "Tổng đài 111 miễn phí."}
PACK = {
    "kind": "quiz",
    "questions": [{"kind": "true_false", "id": "free", "text": SAID, "right": True, "explanation": SAID}],
}
IMAGE = {"content": png(b"x"), "headers": {"Content-Type": "image/png"}}
TUS = {"Tus-Resumable": "1.0.0"}
_OF_MATERIALS = (
    *("GetMaterial", "CreateVersion", "PutVersion", "SubmitVersion", "PublishVersion", "WithdrawMaterial"),
    *("WithdrawVersion", "GetRecall", "AcknowledgeRecall"),
    *("PutAsset", "DeleteAsset", "GetAsset", "GetRendition", "GetKit", "GetLink", "GetQr"),
    *("PutPack", "DeletePack", "GetPack"),
)
_OF_ENDPOINTS = (
    *("GetEndpoint", "ChangeEndpoint", "DeleteEndpoint", "RotateSecret", "ListDeliveries", "ListReplays"),
    *("ReplayEvents", "PingEndpoint"),
)
_OF_COLLECTIONS = (
    *("GetTaxiiCollection", "ReadTaxiiObjects", "ReadTaxiiManifest", "GetTaxiiObject", "ReadTaxiiVersions"),
    *("AddTaxiiObjects", "DeleteTaxiiObject"),
)


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


async def things(hub: TestedHub) -> list[Thing]:
    return [
        *[await signal(hub, slug) for slug in ("tiktok", "a05", "digital-trust-alliance")],
        await group(hub),
        *[await _report(hub, slug) for slug in ("meta", "a05", "secretariat")],
        await _national_report(hub),
        *await _orders_of_reports(hub),
        await _feed_key(hub),
        *[_client(hub, slug) for slug in ("tiktok", "a05", "secretariat", "digital-trust-alliance")],
        *[await material(hub, state) for state in ("draft", "in_review", "not_yet", "discarded")],
        await _upload(hub),
        await _takedown(hub),
        await _appeal(hub),
        *await _emergency_and_push(hub),
        await _preservation(hub),
        await _referral(hub),
        await _endpoint(hub),
        *await _collection_and_post(hub),
        *await _in_numbers(hub),
        await _entry(hub),
    ]


async def ok(hub: TestedHub, slug: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = await hub.client_as(slug).request(method, path, json=body, **more)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def no_such(name: str) -> str:
    """The same name with other letters."""
    prefix, _, rest = name.rpartition("_")
    return f"{prefix}_{re.sub('[a-z2-7]', lambda found: 'a' if found[0] != 'a' else 'b', rest)}"


async def signal(hub: TestedHub, slug: str) -> Thing:
    item = {"kind": "domain", "value": f"only-{slug}.example", "tlp": "RED"}
    done = await ok(hub, slug, "POST", "/v1/signals", {"signals": [item]})
    name = done["results"][0]["id"]
    seen_by = frozenset([slug, "secretariat"])
    return Thing(slug, {"id": name}, {"id": no_such(name)}, seen_by, ("ReadSignal", "ListOpinions", "ListHolders"))


async def group(hub: TestedHub) -> Thing:
    """The operator is no member, so it does not see the group either."""
    await ok(hub, "tiktok", "POST", "/v1/groups", {"slug": "inner-circle", "name": "Inner circle"})
    await ok(hub, "tiktok", "POST", "/v1/groups/inner-circle/invitations", {"partner": "meta"})
    seen_by = frozenset(["tiktok", "meta"])
    operations = ("ReadGroup", "InviteToGroup", "AcceptMembership", "LeaveGroup")
    return Thing("tiktok", {"slug": "inner-circle"}, {"slug": "outer-circle"}, seen_by, operations)


async def _entry(hub: TestedHub) -> Thing:
    """A digest as NCMEC's hash sharing names it."""
    digest = {"kind": "md5", "value": "0123456789abcdef" * 2, "tlp": "RED"}
    name = (await ok(hub, "tiktok", "POST", "/v1/signals", {"signals": [digest]}))["results"][0]["id"]
    ids, missing = ({"member": "1", "id": one, "fingerprint": "MD5"} for one in (name, no_such(name)))
    return Thing("tiktok", ids, missing, frozenset(["tiktok", "secretariat"]), ("GiveNcmecFeedback",))


async def _in_numbers(hub: TestedHub) -> list[Thing]:
    """A signal and a group as Graph names them. Who is only invited to the group does not read it."""
    signal = {"kind": "url", "value": "http://only-tiktok.example/", "tlp": "RED"}
    done = await ok(hub, "tiktok", "POST", "/v1/signals", {"signals": [signal]})
    known = done["results"][0]["id"]
    listed = await ok(hub, "tiktok", "GET", "/compat/graph/v1/1/threat_privacy_groups_member")
    (inner,) = (one["id"] for one in listed["data"] if one["name"] == "Inner circle")
    group, missing = {"number": inner}, {"number": "42"}
    reading = ("ReadThreatUpdates", "ReadThreatPrivacyGroup")
    reacting, seen_by = ("ReactToThreatDescriptor",), frozenset(["tiktok", "secretariat"])
    return [
        Thing("tiktok", group, missing, frozenset(["tiktok"]), reading),
        Thing("tiktok", {"number": number(known)}, {"number": number(no_such(known))}, seen_by, reacting),
    ]


async def _report(hub: TestedHub, slug: str, **more: str) -> Thing:
    body = {"period": {"from": "2026-10-01", "to": "2026-11-01"}, "definition": {"sections": ["content"]}}
    name = (await ok(hub, slug, "POST", "/v1/reports", body | more))["id"]
    await until_made(hub.client_as(slug), name)
    file = {"name": "report.json"}
    operations = ("ReadReport", "GetReportFile", "GetReportManifest", "RemakeReport", "RestateReport")
    return Thing(slug, {"id": name} | file, {"id": no_such(name)} | file, frozenset([slug]), operations)


async def _national_report(hub: TestedHub) -> Thing:
    """Closed to a client of the very partner that has not been given reports:national."""
    made = await _report(hub, "a05", readers="national")
    return made._replace(seen_by=frozenset(), without=frozenset(["reports:national"]))


async def _orders_of_reports(hub: TestedHub) -> list[Thing]:
    """A template and a schedule of a partner's own, and a cut."""
    own, none = {"slug": "monthly-own"}, {"slug": "monthly-none"}
    title = {"vi": "Hằng tháng", "en": "Monthly"}
    template = {"title": title, "readers": "partner", "definition": {"sections": ["content"]}}
    schedule = {"template": own["slug"], "cron": "0 6 1 * *", "covers": "last_month"}
    cut = {"source": "signals", "months": {"from": "2026-09", "to": "2026-10"}}
    await ok(hub, "a05", "PUT", "/v1/report-templates/monthly-own", template)
    await ok(hub, "a05", "PUT", "/v1/report-schedules/monthly-own", schedule)
    name = (await ok(hub, "a05", "POST", "/v1/report-cuts", cut))["id"]
    mine = frozenset(["a05"])
    return [
        Thing("a05", own, none, mine, ("ReadReportSchedule", "DeleteReportSchedule")),
        Thing("a05", own, none, mine, ("ReadReportTemplate", "DeleteReportTemplate")),
        Thing("a05", {"id": name}, {"id": no_such(name)}, mine, ("ReadReportCut",)),
    ]


def _client(hub: TestedHub, slug: str) -> Thing:
    """Tried under the name of a creator, of whom an alliance has charge."""
    ids = {"slug": "creator-mai", "client": hub.accounts[slug].client_id}
    missing = ids | {"client": no_such(ids["client"])}
    return Thing(slug, ids, missing, frozenset(), ("DisableClient",))


async def _feed_key(hub: TestedHub) -> Thing:
    name = (await ok(hub, "tiktok", "POST", "/v1/feed-keys", {"format": "graph"}))["id"]
    return _of(("tiktok", "secretariat"), name, "RevokeFeedKey")


async def material(hub: TestedHub, state: str) -> Thing:
    opens = str(datetime.now(UTC) + timedelta(days=9)) if state == "not_yet" else None
    author = "chongluadao"
    name = (await ok(hub, author, "POST", "/v1/materials", WORDS | {"window": {"opens": opens}}))["id"]
    path = f"/v1/materials/{name}/versions/1"
    await ok(hub, author, "PUT", f"{path}/assets/poster.png", **IMAGE)
    await ok(hub, author, "PUT", f"{path}/pack", PACK)
    if state != "draft":
        await ok(hub, author, "POST", f"{path}/submission")
    if state == "not_yet":
        for reviewer in ("child-protection-network", "a05"):
            await ok(hub, reviewer, "POST", f"{path}/approval", {"decision": "approve"})
        await ok(hub, author, "POST", f"{path}/publication")
    if state == "discarded":
        await ok(hub, author, "POST", f"/v1/materials/{name}/withdrawal", {"reason": "A mistake."})
    ids = {"id": name, "version": "1", "name": "poster.png", "recipe": "thumbnail"}
    seen_by = frozenset([author, "secretariat"])
    return Thing(author, ids, ids | {"id": no_such(name)}, seen_by, _OF_MATERIALS, frozenset(["content:approve"]))


async def _upload(hub: TestedHub) -> Thing:
    author = "chongluadao"
    said = {
        "material": (await ok(hub, author, "POST", "/v1/materials", WORDS))["id"],
        "version": "1",
        "filename": "poster.png",
        "filetype": "image/png",
    }
    pairs = [f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items()]
    headers = TUS | {"Upload-Length": "100", "Upload-Metadata": ",".join(pairs)}
    made = await hub.client_as(author).post("/v1/uploads", headers=headers)
    return _of((author,), made.headers["location"].rpartition("/")[2], "GetUpload", "AppendUpload", "DeleteUpload")


async def _takedown(hub: TestedHub) -> Thing:
    item = {"target": {"url": "https://gift.example/"}, "platforms": ["tiktok"], "category": "phishing"}
    asked = {"items": [item | {"basis": {"kind": "user_complaint"}}]}
    name = (await ok(hub, "chongluadao", "POST", "/v1/takedowns", asked))["results"][0]["id"]
    parties = ("chongluadao", "tiktok", "secretariat")
    operations = ("ReadTakedown", "ListOutcomes", "MoveTakedown", "WithdrawTakedown")
    return _of(parties, name, *operations, "ReadClock", "PauseTakedown", "ResumeTakedown")


def _of(parties: tuple[str, ...], name: str, *operations: str) -> Thing:
    """The first of the parties owns it."""
    return Thing(parties[0], {"id": name}, {"id": no_such(name)}, frozenset(parties), operations)


async def _appeal(hub: TestedHub) -> Thing:
    item = {"kind": "domain", "value": "appealed.example", "tlp": "GREEN"}
    done = await ok(hub, "a05", "POST", "/v1/signals", {"signals": [item]})
    appeal = {"signal": done["results"][0]["id"], "reason": "It is the shop's own page."}
    name = (await ok(hub, "google", "POST", "/v1/appeals", appeal))["id"]
    # Who reviews sees every appeal.
    made = _of(("google", "secretariat"), name, "ReadAppeal", "WithdrawAppeal")
    return made._replace(without=frozenset(["appeals:review"]))


async def _emergency_and_push(hub: TestedHub) -> list[Thing]:
    """Acknowledged by both who answer, so that neither is told of it again while the test runs."""
    agency, protection = "a05", "child-protection-network"
    row = {"agency": agency, "protection": protection, "source": "Protocol", "valid_from": "2025-10-06"}
    await ok(hub, "secretariat", "POST", "/v1/responsibilities", row)
    said = {"category": "sextortion", "summary": "Threats in a game's chat."}
    name = (await ok(hub, "chongluadao", "POST", "/v1/emergencies", said))["id"]
    for slug in (agency, protection):
        await ok(hub, slug, "POST", f"/v1/emergencies/{name}/acknowledgement")
    parties = ("chongluadao", agency, protection, "secretariat")
    operations = ("ReadEmergency", "AcknowledgeEmergency", "LowerEmergency", "KeepEmergency")
    (push,) = (await ok(hub, agency, "GET", "/v1/pushes"))["pushes"]
    return [
        _of(parties, name, *operations),
        _of((agency, "secretariat"), push["id"], "ReadPush", "AcknowledgePush"),
    ]


async def _preservation(hub: TestedHub) -> Thing:
    asked = {"platform": "tiktok", "target": {"url": "https://bait.example/"}, "scope": ["traffic"], "days": 90}
    name = (await ok(hub, "a05", "POST", "/v1/preservations", asked | {"legal_basis": "Order 12"}))["id"]
    operations = ("ReadPreservation", "MovePreservation", "RenewPreservation", "AddCustody", "ReadCustody")
    return _of(("a05", "tiktok", "secretariat"), name, *operations)


async def _referral(hub: TestedHub) -> Thing:
    ground = {"ground": "vital_interest", "reason": "Nobody could be asked."}
    receiver = "child-protection-network"
    person = {"receiver": receiver, "service": "hotline_111", "age_band": "7_15", "urgency": "now"}
    name = (await ok(hub, "a05", "POST", "/v1/referrals", person | {"ground": ground}))["id"]
    return _of(("a05", receiver, "secretariat"), name, "ReadReferral", "MoveReferral")


async def _endpoint(hub: TestedHub) -> Thing:
    """Of events that do not happen here: what is delivered would show in it."""
    body = {"url": "https://hook.partner.example/", "types": ["webhook.lapsed"]}
    name = (await ok(hub, "tiktok", "POST", "/webhooks/endpoints", body))["id"]
    return Thing("tiktok", {"name": name}, {"name": no_such(name)}, frozenset(["tiktok"]), _OF_ENDPOINTS)


async def _collection_and_post(hub: TestedHub) -> list[Thing]:
    """The collection of a group with an object in it, and what became of the post."""
    await ok(hub, "tiktok", "POST", "/v1/groups", {"slug": "stix-circle", "name": "STIX circle"})
    await ok(hub, "tiktok", "POST", "/v1/groups/stix-circle/invitations", {"partner": "meta"})
    await ok(hub, "meta", "PUT", "/v1/groups/stix-circle/membership")
    every = (await ok(hub, "tiktok", "GET", "/taxii2/hub/collections/"))["collections"]
    collection = next(one["id"] for one in every if one["alias"] == "stix-circle")
    indicator = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11",
        "created": "2026-03-01T00:00:00.000Z",
        "modified": "2026-03-01T00:00:00.000Z",
        "pattern": "[domain-name:value = 'stix-circle.example']",
        "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z",
    }
    path = f"/taxii2/hub/collections/{collection}/objects/"
    taxii = {"Content-Type": "application/taxii+json;version=2.1"}
    post = (await ok(hub, "tiktok", "POST", path, {"objects": [indicator]}, headers=taxii))["id"]
    ids = {"collection": collection, "name": indicator["id"]}
    missing = {"collection": collection[:-4] + "0000", "name": ids["name"][:-4] + "0000"}
    seen_by = frozenset(["tiktok", "meta", "secretariat"])
    return [
        Thing("tiktok", ids, missing, seen_by, _OF_COLLECTIONS),
        Thing("tiktok", {"status": post}, {"status": no_such(post)}, frozenset(["tiktok"]), ("GetTaxiiStatus",)),
    ]
