"""Kits: all that goes with a version in one archive, and nothing that may not leave."""

import hashlib
import io
import zipfile
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from core.content import kits
from core.content.models import Fetch
from core.errors import Gone
from core.testing import BASE_URL, TestedHub
from core.wire.kits import KitManifest
from tests.content.conftest import OTHER_PNG, PNG, Studio, material
from tests.people import principal_of

POSTS = [
    {"language": "vi", "caption": "Đừng nghe máy một mình.", "hashtags": ["KhongMotMinh", "AnToanTrucTuyen"]},
    {"language": "en", "caption": "Do not take the call alone.", "hashtags": []},
]
TEXTS = [
    {"asset": name, "language": "vi", "alt": f"Một em nhỏ ({name})."} for name in ("poster.png", "bìa sau – đỏ.png")
]


async def kit_of_two(studio: Studio) -> str:
    """A published version with two assets, ready for the creator."""
    version = await studio.draft(posts=POSTS, asset_texts=TEXTS)
    await studio.upload(version, "bìa sau – đỏ.png", OTHER_PNG)
    for move in ("submission", "approval", "publication"):
        done = await studio.move(version, move)
        assert done.is_success, done.text
    return version


async def test_a_kit_holds_files_licence_captions_and_alt_texts(studio: Studio) -> None:
    version = await kit_of_two(studio)
    answer = await studio.creator.get(f"{version}/kit")
    assert answer.content == (await studio.creator.get(f"{version}/kit")).content
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        manifest = msgspec.json.decode(archive.read("manifest.json"), type=KitManifest)
        (item,) = manifest.materials
        assert manifest.partner == "creator-mai"
        for file in item.files:
            content = archive.read(file.path)
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)
        assert [file.path.rpartition("/")[2] for file in item.files] == ["bìa sau – đỏ.png", "poster.png"]
        folder = item.files[0].path.partition("/")[0]
        assert folder == f"dung-nghe-may-mot-minh-{item.code}-v1"
        assert "Đừng nghe máy một mình.\n\n#KhongMotMinh #AnToan" in archive.read(f"{folder}/captions.txt").decode()
        assert "Một em nhỏ (poster.png)." in archive.read(f"{folder}/alt.txt").decode()
        assert "Không Một Mình" in archive.read(f"{folder}/LICENCE.txt").decode()
        assert item.recall == f"{BASE_URL}{version}/kit"


async def test_a_kit_of_several_materials_is_of_all_or_none(studio: Studio) -> None:
    one, two, draft = await studio.published(), await studio.published(), await studio.draft()
    ids = [material(version)[14:] for version in (one, two, one)]
    answer = await studio.creator.get("/v1/kits", params={"ids": ids})
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len([name for name in archive.namelist() if name.endswith("/files/poster.png")]) == 2
    answer = await studio.creator.get("/v1/kits", params={"ids": [*ids, material(draft)[14:]]})
    assert answer.status_code == 404
    for wrong in ([], ["mat_x"], ["mat_" + "a" * 26] * 101):
        assert (await studio.creator.get("/v1/kits", params={"ids": wrong})).status_code == 400


async def test_a_kit_asks_for_the_licence_as_its_files_do(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    other = hub.client_as("google")
    refused = await other.get(f"{version}/assets/poster.png")
    for path in (f"{version}/kit", f"/v1/kits?ids={material(version)[14:]}"):
        answer = await other.get(path)
        assert (answer.status_code, answer.json()) == (refused.status_code, refused.json())
    assert refused.status_code == 403


async def test_a_recall_is_told_by_head(studio: Studio) -> None:
    version = await studio.published()
    answer = await studio.creator.head(f"{version}/kit")
    assert (answer.status_code, answer.content) == (200, b"")
    recalled = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "Wrong."})
    assert recalled.status_code == 204
    assert (await studio.creator.head(f"{version}/kit")).status_code == 410


@pytest.mark.parametrize("patience", [0.0, 1.0])
async def test_a_recall_ends_a_download_in_its_middle(
    studio: Studio, hub: TestedHub, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the next file, and within a long one when it has taken its time."""
    monkeypatch.setattr(kits, "_LOOK", patience)
    version = await kit_of_two(studio)
    mai = await principal_of(hub, "creator-mai")
    accepted = msgspec.structs.replace(mai, client=hub.accounts["creator-mai"].client_id)
    async with hub.parts.db.snapshot(mai.partner) as snapshot:
        chosen = await kits.of_version(snapshot, accepted, material(version)[14:], "1", BASE_URL)
    pieces = kits.write(hub.parts.db, hub.parts.blobs, accepted, [chosen])
    received = [await anext(pieces), await anext(pieces)]
    recalled = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "Wrong."})
    assert recalled.status_code == 204
    with pytest.raises(Gone):
        received += [piece async for piece in pieces]
    assert PNG not in b"".join(received)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(received)))


async def test_each_file_of_a_kit_counts_as_fetched(studio: Studio, hub: TestedHub) -> None:
    version = await kit_of_two(studio)
    for _ in range(2):
        await studio.creator.get(f"{version}/kit")
    async with hub.parts.db.snapshot(0) as snapshot:
        rows: list[Any] = list(await snapshot.scalars(select(Fetch.asset).order_by(Fetch.asset)))
    assert rows == ["bìa sau – đỏ.png", "poster.png"]
