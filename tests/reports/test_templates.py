"""Templates and schedules over HTTP: those of everybody, one's own, and who changes them."""

from typing import Any

import pytest

from core.reports.sections import SECTIONS
from core.reports.templates import SHIPPED
from core.testing import TestedHub

MINE: dict[str, Any] = {
    "title": {"vi": "Báo cáo quý", "en": "Quarterly report"},
    "readers": "partner",
    "definition": {"sections": ["takedowns", "signals"]},
    "note": "Theo công văn của Sở",
}
QUARTERLY = {"template": "quarterly", "cron": "0 7 2 1,4,7,10 *", "covers": "last_quarter"}


def test_templates_of_everybody_name_sections_that_there_are() -> None:
    for one in SHIPPED.values():
        assert set(one.definition.sections) <= set(SECTIONS), one.slug
        assert one.title.vi != one.title.en
    assert {"national-monthly", "province", "police", "education", "public"} <= set(SHIPPED)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_partner_has_templates_of_its_own(hub: TestedHub) -> None:
    a05, path = hub.client_as("a05"), "/v1/report-templates/quarterly"
    made = await a05.put(path, json=MINE)
    assert made.json().items() >= (MINE | {"own": True, "version": 1}).items()
    listed = (await a05.get("/v1/report-templates")).json()["templates"]
    assert [one["slug"] for one in listed] == [*SHIPPED, "quarterly"]
    assert (await hub.client_as("tiktok").get(path)).status_code == 404
    assert (await a05.put(path, json=MINE)).headers["etag"] == '"1"', "the same said again changes nothing"
    changed = await a05.put(path, json=MINE | {"readers": "national"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await a05.put(path, json=MINE, headers={"If-Match": '"1"'})).status_code == 412
    for slug in SHIPPED:
        assert (await a05.put(f"/v1/report-templates/{slug}", json=MINE)).status_code == 409
        assert (await a05.delete(f"/v1/report-templates/{slug}")).status_code == 404
    twice = MINE | {"definition": {"sections": ["signals", "signals"]}}
    assert (await a05.put(path, json=twice)).json()["errors"][0]["code"] == "twice"
    assert (await a05.put("/v1/report-templates/Not-A-Slug", json=MINE)).status_code == 404
    assert (await a05.delete(path)).status_code == 204
    assert (await a05.get(path)).status_code == 404


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_partner_has_schedules_of_its_own(hub: TestedHub) -> None:
    a05, path = hub.client_as("a05"), "/v1/report-schedules/quarterly"
    assert (await a05.put(path, json=QUARTERLY)).json()["errors"][0]["pointer"] == "/template"
    await a05.put("/v1/report-templates/quarterly", json=MINE)
    made = await a05.put(path, json=QUARTERLY)
    assert made.json().items() >= (QUARTERLY | {"version": 1, "paused": False, "trouble": None}).items()
    assert made.json()["due"].endswith("-02T00:00:00Z"), "07:00 in Viet Nam"
    assert (await a05.get("/v1/report-schedules")).json()["schedules"] == [made.json()]
    tiktok = hub.client_as("tiktok")
    assert (await tiktok.get("/v1/report-schedules")).json() == {"schedules": []}
    assert (await tiktok.get(path)).status_code == (await tiktok.delete(path)).status_code == 404
    assert "quarterly" in (await a05.delete("/v1/report-templates/quarterly")).json()["detail"]
    assert (await a05.put(path, json=QUARTERLY, headers={"If-Match": '"7"'})).status_code == 412
    assert (await a05.delete(path)).status_code == 204
    assert (await a05.delete("/v1/report-templates/quarterly")).status_code == 204
    refused = await tiktok.put(path, json=QUARTERLY | {"template": "national-monthly"})
    assert refused.status_code == 403
