"""Reading on and looking up: nothing is skipped, nothing is handed out unasked, nothing grows with the list."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.driver import Driver
from core.testing import TestedHub
from tests.pains.conftest import ONE_ENGINE, Join, Member

DOMAIN = {"kind": "domain", "category": "phishing", "tlp": "GREEN"}


def numbered(count: int) -> list[dict[str, Any]]:
    return [DOMAIN | {"value": f"n{number}.example"} for number in range(count)]


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_pain_07_a_walk_in_small_pages_misses_nothing_of_one_instant(join: Join, limit: int) -> None:
    """Cursors by time lost what fell in the same second, stopped early or hung: users of python-threatexchange.

    Positions are gapless and each copy proves itself, here by the digest that `news` compares.
    """
    tiktok, meta = join("tiktok"), join("meta")
    await tiktok.submit(*numbered(7))
    first = await meta.get("/v1/signals", limit=limit)
    # Moved while the walk is under way: to a place that is yet to come, never to one that is past.
    meta.copy = {one["id"]: one for one in first["signals"]}
    meta.cursor = first["next"]
    await tiktok.submit(*(one | {"confidence": 70} for one in numbered(7)[::2]))
    await meta.news(limit)
    assert {one["value"]: one["confidence"] for one in meta.copy.values()} == {
        f"n{number}.example": None if number % 2 else 70 for number in range(7)
    }
    # One that lost an item finds out.
    meta.copy.popitem()
    with pytest.raises(AssertionError):
        await meta.news()


async def test_pain_08_to_ask_about_a_value_is_not_to_be_handed_the_list(hub: TestedHub) -> None:
    """Anybody could write to a matcher, and only a whole list could be shared or kept: users of HMA, and its reviewers.

    A match of media without the list comes with the plugins that match.
    """
    await Member(hub.client_as("tiktok")).submit(*numbered(1))
    desk = Member(hub.client_as("meta", "signals:lookup"))
    assert (await desk.look_up("domain", "n0.example"))["known"]
    for path in ("/v1/signals", "/v1/signals/digest", "/v1/readers"):
        assert (await desk.client.get(path)).status_code == 403
    assert (await desk.client.post("/v1/signals", json={"signals": numbered(1)})).status_code == 403
    stranger = hub.anonymous()
    for path in ("/v1/signals", "/v1/signals/lookup", "/v1/signals/opinions", "/v1/lookup/private", "/v1/reviews"):
        assert (await stranger.post(path, json={})).status_code == 401


@ONE_ENGINE
async def test_pain_10_a_new_signal_is_found_at_once_and_without_reading_the_others(
    hub: TestedHub, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matchers rebuilt their whole index in memory for every change: operators of HMA.

    An index for near matches comes with the plugins that match; tests/drills/test_memory.py holds the memory of bulk.
    """
    tiktok, meta = join("tiktok"), join("meta")
    await tiktok.submit(*numbered(50))
    asked: list[tuple[str, tuple[Any, ...]]] = []
    rows = Driver.rows

    async def noted(self: Driver, statement: str, *values: Any, among: Sequence[Any] | None = None) -> Any:
        marks = ", ".join("?" * len(among or ()))
        asked.append((statement.replace("{among}", f"IN ({marks})"), (*values, *(among or ()))))
        return await rows(self, statement, *values, among=among)

    monkeypatch.setattr(Driver, "rows", noted)
    assert (await meta.look_up("domain", "n49.example"))["known"]
    reads = [one for one in asked if "FROM claim" in one[0] or "FROM signal" in one[0]]
    assert reads
    async with hub.parts.db.survey() as session:
        raw = await session.connection()
        for statement, parameters in reads:
            plan = (await raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
            assert [row[-1] for row in plan if row[-1].startswith(("SCAN claim", "SCAN signal"))] == []


async def test_pain_12_what_everyone_reports_stays_one_item(join: Join) -> None:
    """A value that is in every event was correlated with every event, until the server stood still: users of MISP.

    Here nothing is correlated when it comes in. Links between kinds come later, with a bound of their own.
    """
    everyone = [join(slug) for slug in ("tiktok", "meta", "google", "chongluadao", "a05")]
    reader = join("digital-trust-alliance")
    ids = [(await one.submit(DOMAIN | {"value": "everywhere.example"}))[0]["id"] for one in everyone]
    assert len(set(ids)) == 1
    (item,) = await reader.news(limit=1)
    assert item["claims"] == 5
    # One more word of one of them is one item more, not five.
    await everyone[0].submit(DOMAIN | {"value": "everywhere.example", "confidence": 90})
    assert [one["confidence"] for one in await reader.news(limit=1)] == [90]
    # What a claim may point at is bounded.
    (many,) = await everyone[0].submit(DOMAIN | {"value": "echo.example", "derived_from": ids * 11})
    assert many["status"] == "rejected"
