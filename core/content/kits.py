"""Kits: versions with all that goes with them, as one archive that is written while it is read.

2026-11-22: the standard library's zipfile writes to a stream that cannot be rewound, so that a kit is never on disk or
whole in memory, and each file is decided on when its turn comes. The libraries for it either hop into a thread for
each piece or want every file beforehand, and one brings a cipher along. We gave up Content-Length and Range.
Held by tests/content/test_kits.py.
"""

import io
import re
import time
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.blobs import Blobs
from core.content import assets, decide, fetches, licences, links, materials, packs
from core.content.archive import entry
from core.content.models import Asset
from core.db import Database
from core.errors import NotFound
from core.folding import fold
from core.wire.content import AssetOut, MaterialState, VersionOut
from core.wire.kits import KitFile, KitItem, KitManifest

_LOOK = 1.0
"""Seconds for which a decision that a file may leave holds while it is being sent."""


class Chosen(NamedTuple):
    """A version for a kit, and its short texts."""

    item: KitItem
    folder: str
    licence: str
    assets: tuple[AssetOut, ...]
    pack: tuple[packs.Packed, ...]


async def of_version(session: AsyncSession, principal: Principal, id: str, number: str, base_url: str) -> Chosen:
    """One version. Raises what downloading its files would raise."""
    _, version = await decide.version(session, principal, id, number)
    shown = await materials.read(session, principal, id)
    (wanted,) = (one for one in shown.versions if one.version == version.version)
    return await _chosen(session, principal, shown.id, shown.author, wanted, base_url)


async def newest(session: AsyncSession, principal: Principal, id: str, base_url: str) -> Chosen:
    """The version of a material that is published; before there is one, the last that the principal may see."""
    shown = await materials.read(session, principal, id)
    published = [one for one in shown.versions if one.state is MaterialState.PUBLISHED]
    return await _chosen(session, principal, shown.id, shown.author, (published or shown.versions)[-1], base_url)


async def _chosen(
    session: AsyncSession, principal: Principal, id: str, author: str, version: VersionOut, base_url: str
) -> Chosen:
    number = str(version.version)
    await decide.version_to_fetch(session, principal, id, number)
    pack = packs.everything(*await packs.leaving(session, principal, id, number)) if version.pack else []
    link = await links.of(session, principal, id, base_url)
    folder = f"{_slug(version.words.title.vi)}-{link.code}-v{version.version}"
    item = KitItem(
        material=id,
        version=version.version,
        author=author,
        code=link.code,
        link=link.url,
        recall=f"{base_url}/v1/materials/{id}/versions/{version.version}/kit",
        digest=version.digest,
        words=version.words,
        files=(
            *(KitFile(_path(folder, one), one.media_type, one.size, one.sha256) for one in version.assets),
            *(KitFile(f"{folder}/{one.name}", one.media_type, len(one.content), one.sha256) for one in pack),
        ),
    )
    return Chosen(item, folder, await _terms(session, principal, version.words.licence), version.assets, tuple(pack))


async def _terms(session: AsyncSession, principal: Principal, ref: str) -> str:
    try:
        terms = await licences.read(session, principal, ref)
    except NotFound:
        return f"{ref}\nhttps://spdx.org/licenses/{ref}.html\n"
    return f"{ref}, {terms.version}\n\n{terms.vi}\n\n{terms.en}\n"


def _slug(title: str) -> str:
    return re.sub("[^a-z0-9]+", "-", fold(title)).strip("-")[:60]


def _path(folder: str, asset: AssetOut) -> str:
    # In a folder of their own, since an asset may be called captions.txt.
    return f"{folder}/files/{asset.name}"


async def write(db: Database, blobs: Blobs, principal: Principal, kit: Sequence[Chosen]) -> AsyncIterator[bytes]:
    """The archive, piece by piece.

    Raises `NotFound` and `Gone` in the middle when something may no longer leave: what was sent till then is no whole
    archive.
    """
    out = _Out()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in _texts(principal, kit):
            archive.writestr(entry(name), text)
        yield out.taken()
        for chosen in kit:
            for asset in chosen.assets:
                async for _ in _file(db, blobs, principal, archive, chosen, asset):
                    yield out.taken()
            if chosen.pack:
                await _pack(db, principal, archive, chosen)
                yield out.taken()
    yield out.taken()


async def _file(
    db: Database, blobs: Blobs, principal: Principal, archive: zipfile.ZipFile, chosen: Chosen, asset: AssetOut
) -> AsyncIterator[None]:
    row, decided = await _leaving(db, principal, chosen.item, asset), time.monotonic()
    await fetches.note(db, principal, row.version, row.name)
    with archive.open(entry(_path(chosen.folder, asset), row.size), "w") as written:
        async for piece in blobs.stream(row.sha256, 0, row.size):
            if time.monotonic() > decided + _LOOK:
                row, decided = await _leaving(db, principal, chosen.item, asset), time.monotonic()
            written.write(piece)
            yield


async def _pack(db: Database, principal: Principal, archive: zipfile.ZipFile, chosen: Chosen) -> None:
    async with db.snapshot(principal.partner) as snapshot:
        version, _ = await packs.leaving(snapshot, principal, chosen.item.material, str(chosen.item.version))
    await fetches.note(db, principal, version.number, packs.FETCHED)
    for file in chosen.pack:
        archive.writestr(entry(f"{chosen.folder}/{file.name}"), file.content)


async def _leaving(db: Database, principal: Principal, item: KitItem, asset: AssetOut) -> Asset:
    async with db.snapshot(principal.partner) as snapshot:
        return await assets.leaving(snapshot, principal, item.material, str(item.version), asset.name)


def _texts(principal: Principal, kit: Sequence[Chosen]) -> Iterator[tuple[str, bytes]]:
    items = tuple(chosen.item for chosen in kit)
    manifest = KitManifest(partner=principal.slug, materials=items)
    yield "manifest.json", msgspec.json.format(msgspec.json.encode(manifest))
    for chosen in kit:
        words = chosen.item.words
        posts = (f"[{post.language}]\n{post.caption}\n\n{_hashtags(post.hashtags)}\n" for post in words.posts)
        said = (f"{one.asset} [{one.language}]\n{one.alt}\n\n{one.transcript}\n" for one in words.asset_texts)
        yield f"{chosen.folder}/LICENCE.txt", chosen.licence.encode()
        yield f"{chosen.folder}/captions.txt", "\n".join(posts).encode()
        yield f"{chosen.folder}/alt.txt", "\n".join(said).encode()


def _hashtags(words: Sequence[str]) -> str:
    return " ".join(f"#{word}" for word in words)


class _Out(io.RawIOBase):
    """Where zipfile writes: kept until it is taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        written, self._written = bytes(self._written), bytearray()
        return written
