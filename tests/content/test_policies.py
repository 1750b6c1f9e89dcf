"""Who must say yes: rows that an operator adds and ends, counted for what is published while they hold."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import times
from core.content.models import Review
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from tests.content.conftest import Studio, material

POLICIES = "/v1/approval-policies"
YES = {"decision": "approve"}
TODAY = times.hub_day(times.now())


def policy(**more: Any) -> dict[str, Any]:
    return {"role": "alliance", "source": "Decided in a meeting.", "valid_from": TODAY} | more


async def test_one_of_child_protection_and_one_agency_must_say_yes(studio: Studio, hub: TestedHub) -> None:
    version = await studio.in_review()
    alliance = hub.client_as("digital-trust-alliance")
    for client, state, missing in (
        (alliance, "in_review", ["protection", "agency"]),
        (studio.agency, "in_review", ["protection"]),
        (studio.reviewer, "approved", []),
    ):
        told = (await client.post(f"{version}/approval", json=YES)).json()["versions"][0]
        assert (told["state"], [one["role"] for one in told["missing"]]) == (state, missing)
    twice = await studio.agency.post(f"{version}/approval", json=YES)
    assert twice.status_code == 409
    assert (await studio.move(version, "publication")).status_code == 200


async def test_a_policy_holds_for_its_kind_and_category_only(studio: Studio) -> None:
    for more in ({"material_kind": "video"}, {"category": "grooming"}):
        assert (await studio.operator.post(POLICIES, json=policy(**more))).status_code == 201
    for words, wanted in (({}, False), ({"kind": "video"}, True), ({"categories": ["grooming"]}, True)):
        version = await studio.in_review(**words)
        (shown,) = (await studio.author.get(material(version))).json()["versions"]
        assert ("alliance" in [one["role"] for one in shown["missing"]]) == wanted


async def test_so_many_partners_must_say_yes_not_so_many_times(studio: Studio, hub: TestedHub) -> None:
    await studio.operator.post(POLICIES, json=policy(role="protection", approvals=2))
    version = await studio.approved()
    (shown,) = (await studio.author.get(material(version))).json()["versions"]
    assert (shown["state"], shown["missing"]) == ("in_review", [{"role": "protection", "approvals": 1}])
    await hub.admit(("second-network", PartnerKind.PROTECTION))
    done = await hub.client_as("second-network").post(f"{version}/approval", json=YES)
    assert done.json()["versions"][0]["state"] == "approved"


async def test_what_holds_is_what_held_at_publication(studio: Studio) -> None:
    out, waiting = await studio.published(), await studio.approved()
    added = await studio.operator.post(POLICIES, json=policy())
    assert added.status_code == 201
    refused = await studio.move(waiting, "publication")
    assert (refused.status_code, "1 of alliance" in refused.json()["detail"]) == (409, True)
    assert (await studio.creator.get(f"{out}/assets/poster.png")).status_code == 200
    ended = await studio.operator.post(f"{POLICIES}/{added.json()['id']}/end", json={"valid_until": TODAY})
    assert ended.status_code == 200
    assert (await studio.move(waiting, "publication")).status_code == 200


async def test_what_lost_one_of_its_approvals_is_not_served(studio: Studio, hub: TestedHub) -> None:
    for role in ("protection", "agency"):
        version = await studio.published()
        async with hub.parts.db.edge(0) as session:
            await session.execute(update(Review).where(Review.role == role).values(lapsed=1))
        assert (await studio.creator.get(f"{version}/assets/poster.png")).status_code == 404


async def test_an_approved_version_can_still_be_sent_back(studio: Studio) -> None:
    version = await studio.approved()
    assert (await studio.move(version, "rejection")).status_code == 200
    assert (await studio.move(version, "publication")).status_code == 409


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_policies_are_the_operators_and_never_edited(studio: Studio) -> None:
    assert (await studio.reviewer.post(POLICIES, json=policy())).status_code == 403
    backwards = await studio.operator.post(POLICIES, json=policy(valid_until=TODAY))
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (409, "/valid_until")
    listed = (await studio.creator.get(POLICIES)).json()["policies"]
    assert [one["role"] for one in listed] == ["protection", "agency"]
    at = f"{POLICIES}/{listed[0]['id']}/end"
    yesterday = (times.from_micros(times.now()) - timedelta(days=2)).date().isoformat()
    assert (await studio.reviewer.post(at, json={"valid_until": TODAY})).status_code == 403
    assert (await studio.operator.post(at, json={"valid_until": yesterday})).status_code == 409
    assert (await studio.operator.post(at, json={"valid_until": TODAY})).status_code == 200
    assert (await studio.operator.post(at, json={"valid_until": TODAY})).status_code == 409
    assert (await studio.operator.post(f"{POLICIES}/apo_99/end", json={"valid_until": TODAY})).status_code == 404
    assert len((await studio.creator.get(f"{POLICIES}?on={TODAY}")).json()["policies"]) == 1
