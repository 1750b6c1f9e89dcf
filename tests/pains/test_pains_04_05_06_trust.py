"""Why to believe a signal, how to object to it, and what never may be called abusive by mistake."""

import pytest

from tests.pains.conftest import Join

SHOP = {"kind": "domain", "value": "gift-shop.example", "category": "phishing", "tlp": "GREEN", "confidence": 60}


async def test_pain_04_feedback_flows_back_to_the_one_who_said_it(join: Join) -> None:
    """What reviewers found out stayed with them, so that nobody's list ever got better: users of HMA and its CLI.

    Outcomes of takedowns come the same way with the next issue.
    """
    tiktok, meta, google = (join(slug) for slug in ("tiktok", "meta", "google"))
    (said,) = await tiktok.submit(SHOP)
    await tiktok.news()
    assert await meta.opine(said["id"], "false_positive", "It is the shop itself.") == "given"

    path = f"/v1/signals/{said['id']}/opinions"
    (heard,) = (await tiktok.get(path))["opinions"]
    assert (heard["partner"], heard["stance"], heard["reason"]) == ("meta", "false_positive", "It is the shop itself.")
    (item,) = await tiktok.news()
    assert (item["state"], item["opinions"]["false_positive"]) == ("disputed", 1)
    assert (await google.get(path))["opinions"] == []


@pytest.mark.parametrize("value", ["111", "tel:111", "1 1 1"])
async def test_pain_05_a_hotline_is_never_passed_on_as_abusive(join: Join, value: str) -> None:
    """Benign values in a shared list take down what is harmless, everywhere at once: HMA, StopNCII's members, MISP."""
    tiktok, meta = join("tiktok"), join("meta")
    hotline, blank = await tiktok.submit(
        {"kind": "phone", "value": value, "tlp": "GREEN"}, {"kind": "pdq", "value": "0" * 64, "tlp": "GREEN"}
    )
    assert (hotline["status"], blank["status"]) == ("quarantined", "rejected")
    assert await meta.news() == []
    assert not (await meta.look_up("phone", value))["known"]


async def test_pain_05_a_flood_changes_nobody_elses_feed_until_it_is_released(join: Join) -> None:
    """An unreviewed import reached every matcher at once; the moderators of FetLife told of it."""
    operator, tiktok, meta = join("secretariat"), join("tiktok"), join("meta")
    most = {"burst_per_hour": 2}
    (await operator.client.patch("/v1/partners/tiktok", json=most)).raise_for_status()
    items = [SHOP | {"value": f"n{number}.example"} for number in range(5)]
    assert [one["status"] for one in await tiktok.submit(*items)] == ["created"] * 2 + ["quarantined"] * 3
    # Sending it again is no way out.
    assert {one["status"] for one in await tiktok.submit(*items)} == {"unchanged"}
    await meta.news()
    assert {one["value"] for one in meta.copy.values()} == {"n0.example", "n1.example"}

    release = {"what": "quarantine", "partner": "tiktok", "clearance": "release", "reason": "A list it announced."}
    await operator.send("/v1/reviews", {"decisions": [release]})
    await meta.news()
    assert len(meta.copy) == 5


async def test_pain_06_a_match_tells_what_stands_behind_it(join: Join) -> None:
    """A hit was a bank's number and a distance, with no word of who says so and why: users of HMA and its library."""
    tiktok, meta, google = (join(slug) for slug in ("tiktok", "meta", "google"))
    said = SHOP | {"severity": "high", "origin": "Kidnapping desk", "context": {"script": "gift"}}
    await tiktok.submit(said)
    (echo,) = await meta.submit(SHOP | {"confidence": 40, "origin": "Kidnapping Desk"})

    match = await google.look_up("domain", "GIFT-SHOP.example.")
    assert match["known"]
    terms = match["score"]["terms"]
    # One origin is one voice, however many repeat it.
    assert [term["kind"] for term in terms] == ["claim"]
    assert sum(term["points"] for term in terms) == pytest.approx(match["score"]["value"])
    detail = await google.get(f"/v1/signals/{echo['id']}")
    shown = [(one["category"], one["confidence"], one["severity"], one["context"]) for one in detail["claims"]]
    assert shown == [("phishing", 60, "high", {"script": "gift"}), ("phishing", 40, None, {})]
    assert [one["origin"] for one in detail["claims"]] == ["Kidnapping desk", "Kidnapping Desk"]
    # Who it was is theirs to tell.
    assert {one["partner"] for one in detail["claims"]} == {None}
    assert {one["partner"] for one in (await tiktok.get(f"/v1/signals/{echo['id']}"))["claims"]} == {"tiktok", None}
