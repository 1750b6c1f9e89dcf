"""A running hub and the hands that a material goes through."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.settings import Settings
from core.testing import BASE_URL, TestedHub
from tests.pictures import png

PNG = png(bytes(range(1, 256)) * 40)
OTHER_PNG = png(b"other")
WORDS: dict[str, Any] = {
    "title": {"vi": "Đừng nghe máy một mình", "en": "Do not take the call alone"},
    "kind": "poster",
    "languages": ["vi"],
    "audiences": ["students"],
    "categories": ["online_kidnapping"],
    "asset_texts": [{"asset": "poster.png", "language": "vi", "alt": "Một em nhỏ đưa điện thoại cho mẹ."}],
}
LICENCE = "/v1/licences/LicenseRef-KMM-1.0"


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return ()


@pytest.fixture
def blobs_folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def hub_settings(database_url: str, blobs_folder: Path) -> Settings:
    return Settings(
        secret="s" * 32,
        database_url=database_url,
        blobs_url=f"file://{blobs_folder}",
        uploads_folder=str(blobs_folder.with_name("uploads")),
        base_url=BASE_URL,
    )


class Studio:
    """The author's, a reviewer's, a creator's and a stranger's client, and the way between them."""

    def __init__(self, client_as: Callable[..., httpx.AsyncClient]) -> None:
        self.author = client_as("chongluadao")
        self.reviewer = client_as("child-protection-network")
        self.agency = client_as("a05")
        """The other whose approval is asked for."""
        self.creator = client_as("creator-mai")
        self.stranger = client_as("tiktok")
        """Holds content:read, and made nothing of this."""
        self.operator = client_as("secretariat")

    async def accept(self, *clients: httpx.AsyncClient) -> None:
        """The licence, as it reads now."""
        for client in clients:
            read = (await client.get(LICENCE)).json()
            done = await client.post(f"{LICENCE}/acceptances", json={"digest": read["digest"]})
            assert done.status_code == 200, done.text

    async def draft(self, **words: Any) -> str:
        """The path of version 1 of a new material with one asset."""
        made = await self.author.post("/v1/materials", json=WORDS | words)
        assert made.status_code == 201, made.text
        version = f"/v1/materials/{made.json()['id']}/versions/1"
        await self.upload(version)
        return version

    async def upload(self, version: str, name: str = "poster.png", content: bytes = PNG) -> None:
        headers = {"Content-Type": "image/png"}
        done = await self.author.put(f"{version}/assets/{name}", content=content, headers=headers)
        assert done.status_code == 200, done.text

    async def in_review(self, **words: Any) -> str:
        return await self._moved(await self.draft(**words), "submission")

    async def approved(self, **words: Any) -> str:
        return await self._moved(await self.in_review(**words), "approval")

    async def published(self, **words: Any) -> str:
        return await self._moved(await self.approved(**words), "publication")

    async def withdrawn(self, **words: Any) -> str:
        version = await self.published(**words)
        done = await self.author.post(f"{material(version)}/withdrawal", json={"reason": "The number is wrong."})
        assert done.status_code == 204, done.text
        return version

    async def _moved(self, version: str, move: str) -> str:
        done = await self.move(version, move)
        assert done.status_code == 200, done.text
        return version

    async def move(self, version: str, move: str) -> httpx.Response:
        """Do it as those who may."""
        if move == "approval":
            first = await self.reviewer.post(f"{version}/approval", json={"decision": "approve"})
            return (
                first if first.is_error else await self.agency.post(f"{version}/approval", json={"decision": "approve"})
            )
        if move == "rejection":
            return await self.reviewer.post(f"{version}/approval", json={"decision": "reject"})
        return await self.author.post(f"{version}/{move}")


def material(version: str) -> str:
    """The path of the material that a version belongs to."""
    return version.partition("/versions/")[0]


@pytest.fixture
async def studio(hub: TestedHub) -> Studio:
    made = Studio(hub.client_as)
    await made.accept(made.creator, made.stranger)
    return made
