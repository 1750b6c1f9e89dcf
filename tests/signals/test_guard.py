"""The negative list: what it hits, who keeps it, and what becomes of what stands already."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from core import times
from core.log import head
from core.signals import holding
from core.signals.guard import Guard
from core.signals.models import GuardEntry
from core.testing import TestedHub

OPERATOR = "secretariat"


def entry(value: str, reach: str = "exact", kind: str = "domain", **more: Any) -> dict[str, Any]:
    common = {"kind": kind, "value": value, "reach": reach}
    return common | {"label": "A school", "source": "https://school.example/contact"} | more


def item(kind: str, value: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "value": value, "category": "phishing", "tlp": "GREEN"} | more


@pytest.fixture
def operator(hub: TestedHub) -> httpx.AsyncClient:
    return hub.client_as(OPERATOR)


async def add(client: httpx.AsyncClient, *entries: Any) -> list[dict[str, Any]]:
    answer = await client.post("/v1/guard", json={"entries": entries})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def submit(hub: TestedHub, slug: str, *items: dict[str, Any]) -> list[str]:
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    assert answer.status_code == 200, answer.text
    return [one["status"] for one in answer.json()["results"]]


async def sweep(hub: TestedHub) -> int:
    parts = hub.parts
    return await holding.hold_standing(parts.db, parts.writer, parts.guard, parts.kinds, parts.keys)


async def values(hub: TestedHub, slug: str) -> set[str]:
    feed = (await hub.client_as(slug).get("/v1/signals")).json()
    return {one["value"] for one in feed["signals"] if "value" in one}


ON_SITE = [
    item("domain", "school.example"),
    item("domain", "www.school.example"),
    item("url", "https://school.example/"),
    item("url", "http://SCHOOL.example:8080/login?next=1"),
    item("url", "https://a.b.school.example/x"),
    item("email", "Office@mail.school.example"),
]
BESIDE = [
    item("domain", "myschool.example"),
    item("domain", "school.example.test"),
    item("url", "https://evil.example/school.example/"),
    item("email", "school.example@evil.example"),
]


async def test_a_site_is_everything_on_it_and_nothing_beside_it(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await add(operator, entry("school.example", "site"))
    assert await submit(hub, "tiktok", *ON_SITE) == ["quarantined"] * len(ON_SITE)
    assert await submit(hub, "tiktok", *BESIDE) == ["created"] * len(BESIDE)
    assert len(await values(hub, "meta")) == len(BESIDE)


async def test_an_exact_entry_leaves_what_lies_below_open(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await add(operator, entry("social.example"), entry("+84 91 000 0009", kind="phone"))
    exact = [item("domain", "Social.example."), item("url", "https://social.example"), item("phone", "0910000009")]
    below = [
        item("url", "https://social.example/evil"),
        item("domain", "www.social.example"),
        item("email", "a@social.example"),
        item("phone", "0910000008"),
    ]
    assert await submit(hub, "tiktok", *exact) == ["quarantined"] * len(exact)
    assert await submit(hub, "tiktok", *below) == ["created"] * len(below)


async def test_the_childrens_hotline_a_banks_number_and_a_ministry_never_reach_a_peer(hub: TestedHub) -> None:
    """Pain 11: one partner's mistake must not have the hotline blocked by everyone."""
    mistakes = [
        item("phone", "111"),
        item("phone", "1900 54 54 13"),
        item("url", "https://dichvucong.gov.vn/p/home"),
        item("domain", "facebook.com"),
        item("url", "https://www.vietcombank.com.vn/vi-VN/KHCN"),
    ]
    assert await submit(hub, "tiktok", *mistakes) == ["quarantined"] * len(mistakes)
    assert await values(hub, "meta") == set()
    lines = "\n".join(
        f'{{"kind":"{one["kind"]}","value":"{one["value"]}","category":"other","tlp":"CLEAR"}}' for one in mistakes
    )
    streamed = await hub.client_as("google").post(
        "/v1/signals", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert streamed.text.count('"quarantined"') >= len(mistakes)
    assert await values(hub, "meta") == set()


async def test_what_stands_is_held_when_an_entry_comes(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    for slug in ("tiktok", "google"):
        assert await submit(hub, slug, *ON_SITE, *BESIDE) == ["created"] * (len(ON_SITE) + len(BESIDE))
    before = await values(hub, "meta")
    await add(operator, entry("school.example", "site"))
    # The hub's own job may be at it, too.
    await sweep(hub)
    assert len(await values(hub, "meta")) == len(BESIDE)
    assert len(before) == len(ON_SITE) + len(BESIDE)
    assert await _held(operator) == {"tiktok": len(ON_SITE), "google": len(ON_SITE)}
    assert await sweep(hub) == 0


async def test_a_sweep_goes_on_where_it_was_stopped_and_ends(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await submit(hub, "tiktok", item("phone", "0910000009"))
    await add(operator, entry("0910000009", kind="phone"))
    await sweep(hub)
    assert await _due(hub) == [True]
    async with head.writing(hub.parts.db, "tests", "Age") as session:
        mine = update(GuardEntry).where(GuardEntry.reached.is_not(None))
        await session.execute(mine.values(added=times.now() - times.HOUR))
    await sweep(hub)
    assert await _due(hub) == [False]


async def _due(hub: TestedHub) -> list[bool]:
    async with hub.parts.db.survey() as session:
        found = select(GuardEntry.reached).where(GuardEntry.added_by == OPERATOR)
        return [reached is not None for reached in await session.scalars(found)]


async def test_removal_lets_through_what_comes_and_releases_nothing(
    hub: TestedHub, operator: httpx.AsyncClient
) -> None:
    (made,) = await add(operator, entry("school.example"))
    assert await submit(hub, "tiktok", ON_SITE[0]) == ["quarantined"]
    assert (await operator.delete(f"/v1/guard/{made['id']}")).status_code == 204
    assert await submit(hub, "google", ON_SITE[0]) == ["created"]
    assert await _held(operator) == {"tiktok": 1}
    for gone in (made["id"], "grd_0", "grd_x", "7", "grd_99999999999"):
        assert (await operator.delete(f"/v1/guard/{gone}")).status_code == 404


async def test_a_released_claim_is_not_held_again_by_a_resend(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await add(operator, entry("school.example"))
    await submit(hub, "tiktok", ON_SITE[0])
    clearing = {"what": "quarantine", "partner": "tiktok", "clearance": "release", "reason": "It was taken over."}
    await operator.post("/v1/reviews", json={"decisions": [clearing]})
    assert await submit(hub, "tiktok", ON_SITE[0]) == ["unchanged"]
    # Nor by the sweep that the entry is due.
    assert await sweep(hub) == 0
    assert await values(hub, "meta") == {"school.example"}


@pytest.mark.parametrize("tlp", ["GREEN", None])
async def test_what_was_released_is_not_held_again_by_the_entry_it_was_held_for(
    hub: TestedHub, operator: httpx.AsyncClient, tlp: str | None
) -> None:
    """Neither a claim that is older than the entry, nor one that its partner alone may see anyway."""
    older = item("domain", "school.example", tlp=tlp)
    assert await submit(hub, "tiktok", older) == ["created"]
    await add(operator, entry("school.example"))
    assert await submit(hub, "google", older) == ["quarantined"]
    await sweep(hub)
    assert await _held(operator) == {"tiktok": 1, "google": 1}
    for slug in ("tiktok", "google"):
        clearing = {"what": "quarantine", "partner": slug, "clearance": "release", "reason": "It was taken over."}
        await operator.post("/v1/reviews", json={"decisions": [clearing]})
    await sweep(hub)
    assert await _held(operator) == {}
    # Changed, the entry is another one.
    await add(operator, entry("school.example", label="Another"))
    await sweep(hub)
    assert await _held(operator) == {"tiktok": 1, "google": 1}


async def _held(operator: httpx.AsyncClient) -> dict[str, int]:
    held = (await operator.get("/v1/reviews", params={"what": "quarantine"})).json()["held"]
    return {one["partner"]: one["claims"] for one in held}


async def test_entries_are_added_changed_and_refused_one_by_one(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    results = await add(
        operator,
        entry("School.Example"),
        entry("school.example."),
        entry("school.example", label="Another"),
        entry("school.example", "site"),
        entry("0910000009", "site", kind="phone"),
        entry("x", kind="no_such_kind"),
        entry("not a host"),
        {"kind": "domain"},
    )
    assert [one["status"] for one in results] == ["added", "unchanged", "changed", "added"] + ["rejected"] * 4
    assert len({one["id"] for one in results[:3]}) == 1
    assert [one["errors"][0]["pointer"] for one in results[4:]] == [
        "/entries/4/reach",
        "/entries/5/kind",
        "/entries/6/value",
        "/entries/7/value",
    ]
    listed: list[dict[str, Any]] = []
    url: str | None = "/v1/guard?limit=70"
    while url:
        answer = await operator.get(url)
        listed += answer.json()["entries"]
        url = answer.links.get("next", {}).get("url")
    own = [one for one in listed if one["added_by"] == OPERATOR]
    assert [(one["value"], one["reach"], one["label"]) for one in own] == [
        ("school.example", "exact", "Another"),
        ("school.example", "site", "A school"),
    ]
    assert len({one["id"] for one in listed}) == len(listed) >= 80


async def test_an_entry_holds_in_its_time_only(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await add(
        operator,
        entry("past.example", valid_until="2020-01-01T00:00:00Z"),
        entry("coming.example", valid_from="2999-01-01T00:00:00Z"),
        entry("now.example", valid_from="2020-01-01T00:00:00Z", valid_until="2999-01-01T00:00:00Z"),
    )
    domains = [item("domain", f"{word}.example") for word in ("past", "coming", "now")]
    assert await submit(hub, "tiktok", *domains) == ["created", "created", "quarantined"]


async def test_another_process_learns_of_it_within_a_second(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    other = Guard(hub.parts.db, hub.parts.kinds)
    await other.refresh()
    identity = "school.example"
    (made,) = await add(operator, entry(identity))
    assert not other.hit("domain", identity)
    await other.refresh()
    assert other.hit("domain", identity)
    await operator.delete(f"/v1/guard/{made['id']}")
    # One goes and one comes between two looks: the count is the same.
    await add(operator, entry("elsewhere.example"))
    await other.refresh()
    assert not other.hit("domain", identity)
    assert other.hit("domain", "elsewhere.example")


async def test_the_list_is_the_reviewers(hub: TestedHub) -> None:
    for slug in ("tiktok", "a05", "digital-trust-alliance"):
        client = hub.client_as(slug)
        assert (await client.get("/v1/guard")).status_code == 403
        assert (await client.post("/v1/guard", json={"entries": []})).status_code == 403
        assert (await client.delete("/v1/guard/grd_1")).status_code == 403


async def test_a_dispute_is_of_one_kind_and_the_negative_list_reaches_the_other(
    hub: TestedHub, operator: httpx.AsyncClient
) -> None:
    """A host and its bare address are two signals: what keeps coming back as the other one is for the list."""
    both = [item("domain", "bait.example"), item("url", "https://bait.example/")]
    await submit(hub, "tiktok", *both)
    shown = {one["value"]: one["id"] for one in (await hub.client_as("meta").get("/v1/signals")).json()["signals"]}
    doubt = {"id": shown["bait.example"], "stance": "false_positive", "reason": "A school's own page."}
    answer = await hub.client_as("a05").post("/v1/signals/opinions", json={"items": [doubt]})
    assert answer.json()["results"][0]["status"] == "given"
    assert await values(hub, "meta") == {"https://bait.example/"}
    await add(operator, entry("bait.example"))
    await sweep(hub)
    assert await values(hub, "meta") == set()
    assert await submit(hub, "google", *both) == ["quarantined", "quarantined"]
