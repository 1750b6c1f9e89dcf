"""Scanners of malware: what they find does not come in, and their silence is never `clean`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.sdk import Scan, Verdict
from core.testing import TestedHub
from tests.content.conftest import PNG, Studio, material
from tests.content.test_uploads import files
from tests.plugin.fakes import plugin

seen: list[tuple[str, str, bytes]] = []


async def clean(path: Path, sha256: str, media_type: str) -> Scan:
    seen.append((sha256, media_type, await asyncio.to_thread(path.read_bytes)))
    return Scan(Verdict.CLEAN)


async def infected() -> Scan:
    return Scan(Verdict.INFECTED, "EICAR")


async def broken() -> Scan:
    raise ConnectionRefusedError("clamd is away")


async def hanging() -> Scan:
    await asyncio.sleep(60)
    return Scan(Verdict.CLEAN)


Scanner = Callable[..., Awaitable[Scan]]


@pytest.fixture
def scanners() -> Sequence[Scanner]:
    return ()


@pytest.fixture
def hub_plugins(scanners: Sequence[Scanner]) -> Sequence[object]:
    return [plugin(f"scanner-{number}", scan_asset=scanner) for number, scanner in enumerate(scanners)]


async def state(client: Any, version: str) -> str | None:
    (shown,) = (await client.get(material(version))).json()["versions"]
    (asset,) = shown["assets"]
    found: str | None = asset.get("scan")
    return found


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    ("scanners", "expected"),
    [((), "not_scanned"), ((clean, clean), "clean"), ((clean, broken), "not_scanned"), ((hanging,), "not_scanned")],
)
async def test_silence_is_not_clean(studio: Studio, hub: TestedHub, expected: str) -> None:
    hub.parts.plugins._budget = 0.03
    seen.clear()
    version = await studio.published()
    for client in (studio.author, studio.reviewer):
        assert await state(client, version) == expected
    assert await state(studio.creator, version) is None
    assert all((media_type, data) == ("image/png", PNG) for _, media_type, data in seen)


@pytest.mark.parametrize("scanners", [(clean, infected)])
async def test_what_is_infected_does_not_come_in(
    studio: Studio, blobs_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = await studio.author.post(
        "/v1/materials", json={"title": {"vi": "Áp phích"}, "kind": "poster", "languages": ["vi"]}
    )
    path = f"/v1/materials/{made.json()['id']}/versions/1/assets/a.png"
    with caplog.at_level(logging.WARNING):
        refused = await studio.author.put(path, content=PNG, headers={"Content-Type": "image/png"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:kmm:problem:malware")
    assert "EICAR" in refused.json()["detail"]
    assert "EICAR" in caplog.text
    assert files(blobs_folder) == []
    assert (await studio.author.get(path)).status_code == 404
