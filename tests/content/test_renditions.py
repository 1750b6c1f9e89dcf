"""What the hub makes of pictures and films: nothing but pixels, and it leaves as they do."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import update

from core.content import renditions
from core.content.models import Rendition
from core.errors import UnsupportedMediaType
from core.testing import TestedHub
from tests.content.conftest import Studio, material
from tests.films import film

SECRET = b"16.0471 N, 108.2068 E"


def photograph() -> bytes:
    """Lying on its side, and full of what its maker would not tell."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[29] = SECRET.decode()
    buffer = io.BytesIO()
    picture = Image.new("RGB", (2_000, 1_000), "red")
    picture.save(buffer, format="JPEG", exif=exif, comment=SECRET, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    assert buffer.getvalue().count(SECRET) >= 3
    return buffer.getvalue()


async def photographed(studio: Studio) -> str:
    """The path of an asset in a draft."""
    version = await studio.draft()
    headers = {"Content-Type": "image/jpeg"}
    put = await studio.author.put(f"{version}/assets/a.jpg", content=photograph(), headers=headers)
    assert put.status_code == 200, put.text
    assert {one["recipe"]: (one["width"], one["height"]) for one in put.json()["renditions"]} == {
        "thumbnail": (160, 320),
        "web": (800, 1_600),
        "print": (1_000, 2_000),
    }
    return str(put.json()["href"])


async def test_nothing_but_pixels_goes_over(studio: Studio) -> None:
    asset = await photographed(studio)
    for recipe in ("thumbnail", "web", "print"):
        made = await studio.author.get(f"{asset}/renditions/{recipe}")
        assert made.headers["content-type"] == "image/jpeg"
        assert made.headers["content-disposition"].startswith(f'inline; filename="a-{recipe}.jpeg"')
        assert made.headers["cache-control"] == "private, no-cache"
        assert SECRET not in made.content
        picture = Image.open(io.BytesIO(made.content))
        picture.load()
        assert not picture.getexif()
        assert picture.info.keys() <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        again = await studio.author.get(f"{asset}/renditions/{recipe}", headers={"If-None-Match": made.headers["etag"]})
        assert again.status_code == 304
    for recipe in ("poster", "original", "%00", "thumbnail.jpg"):
        assert (await studio.author.get(f"{asset}/renditions/{recipe}")).status_code == 404


async def test_a_rendition_leaves_as_its_source_does(studio: Studio) -> None:
    version = await studio.approved()
    thumbnail = f"{version}/assets/poster.png/renditions/thumbnail"
    assert (await studio.author.get(thumbnail)).status_code == 200
    assert (await studio.creator.get(thumbnail)).status_code == 404
    assert (await studio.move(version, "publication")).status_code == 200
    await studio.accept(studio.creator)
    got = await studio.creator.get(thumbnail)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
    assert (await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "Wrong."})).status_code == 204
    assert (await studio.creator.get(thumbnail, headers={"If-None-Match": got.headers["etag"]})).status_code == 410


async def test_approval_binds_renditions(studio: Studio, hub: TestedHub) -> None:
    version = await studio.approved()
    async with hub.parts.db.edge(0) as session:
        await session.execute(update(Rendition).where(Rendition.recipe == "web").values(sha256="0" * 64))
    assert (await studio.move(version, "publication")).status_code == 409


async def test_a_film_has_a_poster(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(film(SECRET))
    assert SECRET in path.read_bytes()
    (poster,) = await renditions.make("video/mp4", path)
    assert (poster.recipe, poster.media_type, poster.width, poster.height) == ("poster", "image/jpeg", 320, 180)
    assert SECRET not in poster.data
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UnsupportedMediaType):
        await renditions.make("video/mp4", path)
