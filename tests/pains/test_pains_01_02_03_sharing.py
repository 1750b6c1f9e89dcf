"""What was taken back or narrowed has to reach whoever holds it, and nobody else may learn of it."""

from tests.pains.conftest import Join, found_group

PHONE = {"kind": "phone", "value": "0912 345 678", "category": "impersonation", "tlp": "GREEN"}


async def test_pain_01_a_retraction_reaches_everyone_who_holds_it(join: Join) -> None:
    """Deletions get lost between instances: operators of MISP over ten years, and StopNCII's client never applies them.

    Here it comes in the same sequence as everything else, and the submitter sees who has yet to hear of it.
    """
    tiktok, meta, google, late = (join(slug) for slug in ("tiktok", "meta", "google", "chongluadao"))
    (said,) = await tiktok.submit(PHONE)
    await meta.news()
    await google.news()
    await tiktok.send("/v1/signals/retractions", {"ids": [said["id"]]})

    holders = f"/v1/signals/{said['id']}/holders"
    told = {one["partner"]: one["holds"] for one in (await tiktok.get(holders))["holders"]}
    assert told == {"google": True, "meta": True}
    (tombstone,) = await meta.news()
    assert (tombstone["id"], tombstone["state"]) == (said["id"], "retracted")
    assert meta.copy == {}
    assert await late.news() == []
    # To ask for what comes after it is the receipt.
    await meta.news()
    told = {one["partner"]: one["confirmed"] for one in (await tiktok.get(holders))["holders"]}
    assert told == {"google": False, "meta": True}


async def test_pain_02_a_narrower_audience_takes_the_signal_from_those_who_lost_it(join: Join) -> None:
    """Making something less public later reached no copy, and two TLP tags stood side by side: MISP, ThreatExchange."""
    tiktok, meta, google = (join(slug) for slug in ("tiktok", "meta", "google"))
    await found_group("two", tiktok, {"meta": meta})
    (said,) = await tiktok.submit(PHONE)
    await meta.news()
    await google.news()

    await tiktok.submit(PHONE | {"tlp": "AMBER", "groups": ["two"]})
    assert [one["state"] for one in await google.news()] == ["gone"]
    assert google.copy == {}
    assert [(one["state"], one["tlp"]) for one in await meta.news()] == [("active", "AMBER")]
    assert [one["tlp"] for one in (await meta.get(f"/v1/signals/{said['id']}"))["claims"]] == ["AMBER"]


async def test_pain_03_a_group_shows_its_signals_to_its_members_alone(join: Join) -> None:
    """An empty sharing group meant everyone, and ids of groups collided between servers: operators of MISP."""
    tiktok, meta, google = (join(slug) for slug in ("tiktok", "meta", "google"))
    await found_group("two", tiktok, {"meta": meta})
    nobody, members, foreign = await tiktok.submit(
        PHONE | {"tlp": "AMBER", "groups": []},
        PHONE | {"value": "0912 345 679", "tlp": None, "groups": ["two"]},
        PHONE | {"value": "0912 345 677", "groups": ["not-mine"]},
    )
    assert [one["code"] for one in nobody["errors"]] == ["audience_empty"]
    assert foreign["status"] == "rejected"
    await meta.news()
    assert set(meta.copy) == {members["id"]}
    assert await google.news() == []
    # No other way leads round the feed, and what is hidden answers like what is not there.
    assert not (await google.look_up("phone", "0912345679"))["known"]
    hidden = await google.client.get(f"/v1/signals/{members['id']}")
    nothing = await google.client.get("/v1/signals/sig_aaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.content == nothing.content
    assert (await google.submit(PHONE | {"value": "0912 345 676", "groups": ["two"]}))[0]["status"] == "rejected"
    # Nor does having said the same oneself.
    await google.submit(PHONE | {"value": "0912345679"})
    assert (await google.get(f"/v1/signals/{members['id']}"))["signal"]["claims"] == 1
