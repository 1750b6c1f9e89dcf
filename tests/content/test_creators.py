"""Creators send in drafts of their own, and decide on none."""

from tests.content.conftest import PNG, WORDS, Studio, material


async def test_a_creator_s_own_material_goes_the_way_of_all_others(studio: Studio) -> None:
    made = await studio.creator.post("/v1/materials", json=WORDS)
    assert made.status_code == 201, made.text
    version = f"/v1/materials/{made.json()['id']}/versions/1"
    done = await studio.creator.put(f"{version}/assets/poster.png", content=PNG, headers={"Content-Type": "image/png"})
    assert done.status_code == 200, done.text
    assert (await studio.stranger.get(material(version))).status_code == 404
    assert (await studio.creator.post(f"{version}/submission")).status_code == 200
    assert (await studio.creator.post(f"{version}/approval", json={"decision": "approve"})).status_code == 403
    assert (await studio.creator.post(f"{version}/publication")).status_code == 409
    assert (await studio.move(version, "approval")).status_code == 200
    assert (await studio.author.post(f"{version}/publication")).status_code == 403
    assert (await studio.creator.post(f"{version}/publication")).status_code == 200
    assert (await studio.stranger.get(material(version))).status_code == 200
