"""Short links and QR codes: one for each material, public, and true after a recall."""

import io
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core.content.links import qr
from core.content.models import ShortLink
from core.testing import BASE_URL, TestedHub
from tests.content.conftest import WORDS, Studio, material


async def link(studio: Studio, version: str) -> str:
    """The path of the short link."""
    answer = await studio.author.get(f"{material(version)}/link")
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"] == f"{BASE_URL}/m/{answer.json()['code']}"
    return f"/m/{answer.json()['code']}"


async def test_anyone_learns_what_a_code_leads_to(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published(territory=["VN"])
    answer = await hub.anonymous().get(await link(studio, version))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "material": material(version)[14:],
        "title": WORDS["title"],
        "kind": "poster",
        "languages": ["vi"],
        "audiences": ["students"],
        "licence": "LicenseRef-KMM-1.0",
        "href": f"{BASE_URL}{material(version)}",
    }


async def test_a_code_tells_nothing_of_what_is_not_released(studio: Studio, hub: TestedHub) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    nobodys = await hub.anonymous().get("/m/22222222")
    assert nobodys.status_code == 404
    for version in (await studio.draft(), await studio.approved(), await studio.published(window={"opens": later})):
        answer = await hub.anonymous().get(await link(studio, version))
        assert (answer.status_code, answer.json()) == (404, nobodys.json())
    for strange in ("0", "2222222", "222222222", "2222222l", "%00", "..%2Fhealth", "22222222%0a"):
        assert (await hub.anonymous().get(f"/m/{strange}")).status_code == 404, strange


async def test_a_recalled_material_leads_to_its_replacement(studio: Studio, hub: TestedHub) -> None:
    good, bad = await studio.published(), await studio.published()
    old, new = await link(studio, bad), await link(studio, good)
    recall = {"reason": "The number is wrong.", "replacement": material(good)[14:]}
    assert (await studio.author.post(f"{material(bad)}/withdrawal", json=recall)).status_code == 204
    answer = await hub.anonymous().get(old)
    assert answer.status_code == 410
    assert answer.headers["link"] == f'<{BASE_URL}{new}>; rel="successor-version"'
    assert "The number is wrong." in answer.json()["detail"]
    for path in (f"{material(bad)}/link", f"{material(bad)}/qr"):
        assert (await studio.creator.get(path)).status_code == 410


async def test_codes_are_not_counted_through(studio: Studio, hub: TestedHub) -> None:
    codes = {(await link(studio, await studio.draft()))[3:] for _ in range(20)}
    assert len(codes) == 20
    assert len({code[:3] for code in codes}) > 10
    async with hub.parts.db.snapshot(0) as snapshot:
        assert set(await snapshot.scalars(select(ShortLink.code))) >= codes


async def test_a_qr_code_comes_as_svg_and_as_png(studio: Studio) -> None:
    path = f"{material(await studio.published())}/qr"
    answer = await studio.creator.get(path)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<?xml")
    assert "<script" not in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    answer = await studio.creator.get(path, headers={"Accept": "image/png"})
    assert answer.content.startswith(b"\x89PNG")


def test_a_qr_code_is_the_same_each_time() -> None:
    assert qr("https://hub.example/m/23456789", "png") == qr("https://hub.example/m/23456789", "png")
    assert len(io.BytesIO(qr("https://hub.example/m/23456789", "svg")).getvalue()) < 4_000
