"""What the demo sends when it starts."""

import json
from hashlib import sha256

import pytest

from core.cli.demo_content import FOLDER, PICTURE, fill
from core.testing import TestedHub

CONTENT = json.loads(FOLDER.joinpath("content.json").read_text("utf-8"))


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_draft_of_a_start_that_was_cut_short_is_not_the_material(hub: TestedHub) -> None:
    words = CONTENT["material"] | {"campaign": None}
    assert (await hub.client_as("digital-trust-alliance").post("/v1/materials", json=words)).status_code == 201
    for _ in range(2):
        await fill(hub.client_as)
        assert len((await hub.client_as("creator-mai").get("/v1/materials")).json()["materials"]) == 1


def test_the_digest_in_the_demo_is_that_of_its_sentence() -> None:
    signals = CONTENT["signals"]
    digests = [one["value"] for of_partner in signals.values() for one in of_partner if one["kind"] == "sha256"]
    assert digests == [sha256(PICTURE.encode()).hexdigest()]
