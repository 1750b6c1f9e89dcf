"""POST /v1/connect: who is heard, what is stored, what the answer says."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from core.sdk import Connector, PartnerKind, PluginInfo, SignalIn, Translated, Withdrawal, hookimpl
from core.settings import Settings
from core.testing import TestedHub, run_hub
from tests.plugin.fakes import host, plugin


def notice(report_id: str, verdict: str, **more: Any) -> dict[str, Any]:
    target = {} if "username" in more or "link" in more else {"link": f"https://{report_id}.example/a"}
    return {"report_id": report_id, "verdict": verdict, "policy": "OTHER", "decided_at": 1762308000, **target, **more}


async def test_items_are_answered_one_by_one_in_their_order(hub: TestedHub) -> None:
    http = hub.client_as("tiktok")
    await http.post("/v1/connect", json={"notices": [notice("1", "REMOVED")]})
    notices = [
        notice("1", "NO_VIOLATION"),
        notice("2", "REMOVED", username="not a handle!"),
        notice("3", "RESTRICTED"),
        {"report_id": 4},
        notice("5", "NO_VIOLATION"),
        notice("6", "REMOVED", policy="NEW_POLICY"),
        notice("7", "REMOVED", link=None),
        "text",
        notice("9", "REMOVED", link=""),
    ]
    answer = (await http.post("/v1/connect", json={"notices": notices})).json()
    outcome = [
        (one["index"], one["status"], *(error["pointer"] for error in one["errors"])) for one in answer["results"]
    ]
    assert outcome == [
        (0, "retracted"),
        (1, "rejected", "/notices/1"),
        (2, "created"),
        (3, "rejected", "/notices/3/report_id"),
        (4, "not_found"),
        (5, "rejected", "/notices/5/policy"),
        (6, "rejected", "/notices/6"),
        (7, "rejected", "/notices/7"),
        (8, "rejected", "/notices/8"),
    ]
    assert answer["rejected"] == 6
    assert answer["results"][8]["errors"][0]["code"] == "no_object"
    feed = (await http.get("/v1/signals")).json()
    assert [signal["value"] for signal in feed["signals"]] == ["https://3.example/a"]


async def test_the_same_payload_again_changes_nothing(hub: TestedHub) -> None:
    http = hub.client_as("tiktok")
    payload = {"notices": [notice("1", "REMOVED")]}
    first = (await http.post("/v1/connect", json=payload)).json()
    again = (await http.post("/v1/connect", json=payload)).json()
    assert again["results"][0]["status"] == "unchanged"
    assert again["position"] == first["position"]


async def test_a_caller_speaks_for_its_own_partner_only(hub: TestedHub) -> None:
    """Which connector reads a payload follows from the token: TikTok's words from Meta are not understood."""
    payload = {"notices": [notice("1", "REMOVED")]}
    answers = {slug: await hub.client_as(slug).post("/v1/connect", json=payload) for slug in ("meta", "secretariat")}
    assert {slug: answer.status_code for slug, answer in answers.items()} == {"meta": 409, "secretariat": 404}
    assert answers["meta"].json()["type"] == "urn:kmm:problem:not_understood"
    reading = await hub.client_as("tiktok", "signals:read").post("/v1/connect", json=payload)
    assert reading.status_code == 403
    assert (await hub.anonymous().post("/v1/connect", json=payload)).status_code == 401


UNREADABLE = {
    b"": 400,
    b"{": 400,
    b"\xff\xfe": 400,
    b'{"notices": ["\\ud800"]}': 400,
    b'{"notices": ' + b"[" * 100_000: 400,
    b"{}": 409,
    b'{"notices": 1}': 409,
    b"[]": 409,
    b'{"notices": [' + b",".join([b"1"] * 10_001) + b"]}": 413,
}


async def test_a_body_that_cannot_be_read_stores_nothing(hub: TestedHub) -> None:
    http = hub.client_as("tiktok")
    before = (await http.get("/health")).json()["position"]
    for body, status in UNREADABLE.items():
        answer = await http.post("/v1/connect", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, f"{body[:40]!r}: {answer.text}"
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await http.get("/health")).json()["position"] == before


async def test_where_a_secret_is_set_the_signature_is_asked_for(hub_settings: Settings) -> None:
    async with run_hub(replace(hub_settings, plugins={"tiktok": {"client_secret": "secret"}})) as hub:
        answer = await hub.client_as("tiktok").post("/v1/connect", json={"notices": []})
    assert answer.status_code == 401
    assert "TikTok-Signature" in answer.json()["detail"]


class Careless(Connector):
    """Translates without care: what it makes is checked all the same."""

    kind = PartnerKind.PLATFORM
    items = "/items"

    def translate(self, body: bytes) -> list[Translated]:
        if b"bug" in body:
            raise ZeroDivisionError
        return [
            SignalIn("url", "https://a.example/", confidence=900),
            Withdrawal("nul \0"),
            SignalIn("no such kind", "x"),
            SignalIn("url", "https://b.example/", tlp="GREEN"),  # type: ignore[arg-type]
        ]


class Curious(Careless):
    """Keeps the headers that it is shown."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        self.seen |= headers


class CuriousPlugin:
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    @hookimpl
    def plugin_info(self) -> PluginInfo:
        return PluginInfo(name="curious", title="Curious")

    @hookimpl
    def connectors(self) -> list[Connector]:
        return [self._connector]


async def test_a_connector_is_not_shown_who_signed_in_how(hub_settings: Settings) -> None:
    curious = Curious()
    async with run_hub(hub_settings, [CuriousPlugin(curious)]) as hub:
        shown = {"Cookie": "session=1", "Proxy-Authorization": "Basic eDp5", "X-Signature": "abc"}
        answer = await hub.client_as("meta").post("/v1/connect", json={}, headers=shown)
    assert answer.status_code == 200
    assert curious.seen["x-signature"] == "abc"
    assert not curious.seen.keys() & {"authorization", "cookie", "proxy-authorization"}


class CarelessPlugin:
    @hookimpl
    def plugin_info(self) -> PluginInfo:
        return PluginInfo(name="careless", title="Careless")

    @hookimpl
    def connectors(self) -> list[Connector]:
        return [Careless()]


async def test_what_a_connector_makes_is_checked_and_its_bugs_are_its_own(hub_settings: Settings) -> None:
    async with run_hub(hub_settings, [CarelessPlugin()]) as hub:
        http = hub.client_as("meta")
        made = await http.post("/v1/connect", json={})
        bug = await http.post("/v1/connect", json={"bug": 1})
    assert [one["status"] for one in made.json()["results"]] == ["rejected", "rejected", "rejected", "created"]
    assert bug.status_code == 503


class Own(Careless):
    partner = "tiktok"


async def test_what_is_agreed_with_one_partner_is_read_by_its_own_connector_or_not_at_all(
    hub_settings: Settings,
) -> None:
    """The connector of every platform would check no signature."""
    async with run_hub(hub_settings, [plugin("own", connectors=lambda: [Own()]), CarelessPlugin()]) as hub:
        keeper = hub.parts.plugins.keeper
        keeper.shut(keeper.plugins[0], "memory", MemoryError())
        http = hub.client_as("tiktok")
        types = ("application/json", "application/notices+json", "image/png")
        answers = [await http.post("/v1/connect", content=b"{}", headers={"Content-Type": one}) for one in types]
        other = await hub.client_as("meta").post("/v1/connect", json={})
    assert [answer.status_code for answer in answers] == [503, 503, 415]
    assert "shut away" in answers[0].json()["detail"]
    assert other.status_code == 200


def test_who_reads_for_a_partner_is_known_by_what_was_told_or_by_name() -> None:
    def named(slug: str) -> Connector:
        class Named(Careless):
            partner = slug

        return Named()

    def late() -> list[Connector]:
        raise ZeroDivisionError

    first = plugin("first", connectors=lambda: [named("told")])
    twice = plugin("twice", connectors=lambda: [named("told")])
    early, off, plain = plugin("early", connectors=late), plugin("off"), plugin("plain")
    running = host(first, twice, early, off, plain, disabled_plugins=("off",))
    assert running.quarantined_names() == ("early", "twice")

    def silenced(slug: str) -> bool:
        return running.is_silenced(PartnerKind.PLATFORM, slug, "application/json")

    assert not silenced("told"), "who came second takes nothing away"
    assert silenced("early")
    assert silenced("off")
    assert not silenced("plain")
    running.keeper.shut(running.keeper.plugins[0], "memory", MemoryError())
    running.keeper.shut(running.keeper.plugins[-1], "memory", MemoryError())
    assert silenced("told")
    assert not silenced("plain"), "it told that it has none"


class Unsigned(Careless):
    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        raise ZeroDivisionError


async def test_who_failed_again_and_again_is_named_with_when_to_come_back(hub_settings: Settings) -> None:
    async with run_hub(hub_settings, [CuriousPlugin(Unsigned())]) as hub:
        http = hub.client_as("meta")
        *_, failed, spared = [await http.post("/v1/connect", json={}) for _ in range(6)]
    assert (failed.status_code, "Retry-After" in failed.headers) == (503, False)
    assert spared.status_code == 503
    assert "curious failed several times" in spared.json()["detail"]
    assert 0 < int(spared.headers["Retry-After"]) <= 30


async def test_a_platform_answers_a_takedown_in_its_own_words(hub: TestedHub) -> None:
    asked = {
        "target": {"url": "https://gift.example/claim"},
        "platforms": ["tiktok", "meta"],
        "basis": {"kind": "user_complaint"},
        "category": "phishing",
    }
    opened = (await hub.client_as("a05").post("/v1/takedowns", json={"items": [asked]})).json()["results"]
    mine, theirs = [one["id"] for one in opened]
    http = hub.client_as("tiktok")
    notices = [
        notice("1", "UNDER_REVIEW", takedown_id=mine),
        notice("2", "RESTRICTED"),
        notice("3", "REMOVED", takedown_id=mine),
        notice("4", "UNDER_REVIEW", takedown_id=mine),
        notice("5", "REMOVED", takedown_id=theirs),
        notice("6", "REMOVED", takedown_id="7301"),
    ]
    without = await hub.client_as("tiktok", "signals:write").post("/v1/connect", json={"notices": notices[:1]})
    assert without.json()["results"][0]["errors"][0]["code"] == "insufficient_scope"
    answer = (await http.post("/v1/connect", json={"notices": notices})).json()
    assert [(one["status"], one["takedown"]) for one in answer["results"]] == [
        ("moved", mine),
        ("created", None),
        ("answered", mine),
        ("rejected", mine),
        ("not_found", theirs),
        ("rejected", None),
    ]
    assert {error["pointer"] for one in answer["results"] for error in one["errors"]} == {"/notices/3", "/notices/5"}
    case = (await hub.client_as("a05").get(f"/v1/takedowns/{mine}")).json()
    assert (case["state"], [step["state"] for step in case["steps"]]) == ("removed", ["in_review", "removed"])
    (outcome,) = case["outcomes"]
    assert outcome["outcome"]["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
