"""Renditions: what the hub makes of images and videos, for lists, pages and printers, with nothing but pixels in it.

2026-11-22: they are made when an asset comes in, before the log is locked, so that what cannot be decoded never becomes
an asset and what reviewers approve has its renditions already. They are rows of the source's digest: once made they
stand, and leave by the decision over the version whose asset the source is. Held by tests/content/test_renditions.py.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.content.models import Asset, Rendition
from core.db import among, insert_rows, table_of
from core.errors import NotFound, UnsupportedMediaType
from core.wire.assets import Recipe, RenditionOut

_PROGRAM = str(Path(__file__).with_name("rendering.py"))
_PATIENCE = 60
"""Seconds; the program has 20 of a processor."""
_AT_ONCE = 5_000
"""Digests in a statement: SQLite takes 32,766 values."""
_workers = ThreadPoolExecutor(2, thread_name_prefix="rendering")
"""So many at once. Each may take a gigabyte."""


class Made(NamedTuple):
    """A rendition, with its bytes."""

    recipe: Recipe
    media_type: str
    width: int
    height: int
    data: bytes


class _Item(msgspec.Struct, frozen=True):
    recipe: Recipe
    media_type: str
    width: int
    height: int


class _Said(msgspec.Struct, frozen=True):
    made: tuple[_Item, ...] = ()
    refused: str = ""


async def make(media_type: str, path: Path) -> list[Made]:
    """Decode a file and make what its type allows. Raises `UnsupportedMediaType` for what cannot be decoded."""
    if not media_type.startswith(("image/", "video/")):
        return []
    return await asyncio.get_running_loop().run_in_executor(_workers, _run, media_type, path)


def _run(media_type: str, path: Path) -> list[Made]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", _PROGRAM, media_type, str(path), folder]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)  # noqa: S603  (our own words)
            said = msgspec.json.decode(done.stdout, type=_Said)
        except (subprocess.SubprocessError, msgspec.MsgspecError):
            # Ended by one of its limits, or by a decoder that fell over.
            raise UnsupportedMediaType(f"The {media_type} takes too much to decode.") from None
        if said.refused:
            raise UnsupportedMediaType(said.refused)
        return [
            Made(one.recipe, one.media_type, one.width, one.height, Path(folder, one.recipe).read_bytes())
            for one in said.made
        ]


async def write(session: AsyncSession, source: str, made: Sequence[tuple[Made, str]]) -> None:
    """Note what was made of `source`, each with its SHA-256, unless it was noted before."""
    if (await of(session, [source]))[source]:
        return
    rows = [
        {
            "source": source,
            "recipe": one.recipe,
            "media_type": one.media_type,
            "width": one.width,
            "height": one.height,
            "size": len(one.data),
            "sha256": sha256,
        }
        for one, sha256 in made
    ]
    await insert_rows(session, table_of(Rendition), rows)


async def of(session: AsyncSession, sources: Sequence[str]) -> dict[str, list[Rendition]]:
    """What was made of each of these, by SHA-256, in the order of recipes' names."""
    found: dict[str, list[Rendition]] = defaultdict(list)
    different = sorted(set(sources))
    for start in range(0, len(different), _AT_ONCE):
        of_these = among(Rendition.source, different[start : start + _AT_ONCE], session)
        for row in await session.scalars(select(Rendition).where(of_these).order_by(Rendition.recipe)):
            found[row.source].append(row)
    return found


def shown(rendition: Rendition, asset: str) -> RenditionOut:
    """For those who see the asset, whose path is `asset`."""
    return RenditionOut(
        recipe=Recipe(rendition.recipe),
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
        size=rendition.size,
        sha256=rendition.sha256,
        href=f"{asset}/renditions/{rendition.recipe}",
    )


async def leaving(session: AsyncSession, asset: Asset, recipe: str) -> Rendition:
    """One of an asset that may leave. Raises `NotFound`."""
    found = await session.get(Rendition, (asset.sha256, recipe)) if recipe in set(Recipe) else None
    if found is None:
        raise NotFound
    return found
