"""Assets: bytes of a draft coming in, bytes of a version going out."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.blobs import Blobs, Staged
from core.content import containers, decide, moves, renditions, scanning, sniff
from core.content.models import Asset, Material, Rendition, Version
from core.db import Database, among
from core.errors import Conflict, Invalid, NotFound, TooLarge
from core.log import head
from core.plugin.host import PluginHost
from core.wire.common import FieldError
from core.wire.content import Move

MOST = 50
"""Assets of a version."""


class Sent(NamedTuple):
    """A file on its way in, as its headers describe it."""

    name: str
    media_type: str
    length: int | None
    digests: tuple[bytes, ...]
    """SHA-256 digests that the sender named (RFC 9530)."""
    pieces: AsyncIterator[bytes]


async def upload(
    db: Database, blobs: Blobs, plugins: PluginHost, principal: Principal, id: str, number: str, sent: Sent
) -> Asset:
    """Take a file into a draft, or another in place of the one under this name; all of it or nothing.

    Raises `NotFound`, `Forbidden`, `Conflict` by the state, `UnsupportedMediaType`, `TooLarge`, `Invalid`, `Infected`
    by the bytes.
    """
    place = await expected(db, principal, id, number, sent.name, sent.media_type, sent.length)
    async with blobs.receive(sent.pieces, place.kind.limit) as staged:
        return await admit(db, blobs, plugins, principal, place, staged, sent.digests)


class Place(NamedTuple):
    """Where a file is to go, and as what."""

    material: str
    version: str
    name: str
    kind: sniff.Kind


async def expected(
    db: Database, principal: Principal, id: str, number: str, name: str, media_type: str, length: int | None
) -> Place:
    """Ask before the bytes come whether a file may. Raises what `upload` does, but for the bytes themselves."""
    name = _name(name)
    async with db.snapshot(principal.partner) as snapshot:
        await _draft(snapshot, principal, id, number)
    kind = sniff.expected(name, media_type)
    if length is not None and length > kind.limit:
        raise TooLarge(f"A {kind.media_type} may have {kind.limit} bytes.")
    return Place(id, number, name, kind)


async def admit(
    db: Database,
    blobs: Blobs,
    plugins: PluginHost,
    principal: Principal,
    place: Place,
    staged: Staged,
    digests: Sequence[bytes],
) -> Asset:
    """Make an asset of bytes that have come, by whichever door. Raises what `upload` does.

    The transaction opens when all is looked at, since it locks the log; what was asked before is asked again in it.
    """
    _check_digests(staged, digests)
    kind = place.kind
    sniff.check(kind, staged.first, staged.last, staged.size)
    async with blobs.on_disk(staged) as path:
        await asyncio.to_thread(containers.check, kind.media_type, path)
        scan = await scanning.scan(plugins, path, staged.sha256, kind.media_type)
        made = await renditions.make(kind.media_type, path)
    # Before the log is locked, since a store may take its time; what no asset names in the end, `sweep` finds.
    await blobs.keep(staged)
    kept = [(one, await blobs.add(one.data)) for one in made]
    async with head.edge(db, principal.partner, principal.client, "PutAsset") as session:
        material, version = await _draft(session, principal, place.material, place.version)
        asset = Asset(
            version=version.number,
            name=place.name,
            media_type=kind.media_type,
            size=staged.size,
            sha256=staged.sha256,
            scan=scan,
        )
        put = await _put(session, material, version, asset)
        await renditions.write(session, staged.sha256, kept)
    # `sweep` may have taken away older copies before the rows named them. From now on it does not.
    await blobs.keep(staged)
    for one in made:
        await blobs.add(one.data)
    return put


Named = Callable[[AsyncSession, Sequence[str]], Awaitable[set[str]]]
"""Which of these blobs something names."""


async def sweep(db: Database, blobs: Blobs, before: datetime, *others: Named) -> int:
    """Delete the blobs that no asset names, nor anything of the `others`, and that were received before that time.

    Returns how many.
    """
    swept = 0
    async for old in blobs.kept(before):
        async with db.snapshot(0) as snapshot:
            unnamed = await _unnamed(snapshot, old, *others)
        for sha256 in unnamed:
            # Under the lock, one at a time: an upload that names it meanwhile waits, and then finds that it is gone.
            async with head.edge(db, 0, "hub", "SweepAssets") as session:
                if await _unnamed(session, [sha256], *others):
                    await session.execute(delete(Rendition).where(Rendition.source == sha256))
                    await blobs.delete(sha256)
                    swept += 1
    return swept


async def _unnamed(session: AsyncSession, sha256s: Sequence[str], *others: Named) -> set[str]:
    named = await session.scalars(select(Asset.sha256).where(among(Asset.sha256, sha256s, session)))
    made = select(Rendition.sha256).where(
        among(Rendition.sha256, sha256s, session), exists().where(Asset.sha256 == Rendition.source)
    )
    unnamed = set(sha256s) - set(named) - set(await session.scalars(made))
    for other in others:
        unnamed -= await other(session, sha256s)
    return unnamed


async def remove(session: AsyncSession, principal: Principal, id: str, number: str, name: str) -> None:
    """Take an asset out of a draft."""
    material, version = await _draft(session, principal, id, number)
    asset = await _named(session, version, name)
    await session.execute(delete(Asset).where(Asset.version == version.number, Asset.name == asset.name))
    material.revision += 1


async def leaving(session: AsyncSession, principal: Principal, id: str, number: str, name: str) -> Asset:
    """An asset whose bytes may leave for the principal. Raises `NotFound`, `Gone` and `LicenceNotAccepted`."""
    _, version = await decide.version_to_fetch(session, principal, id, number)
    return await _named(session, version, name)


async def _draft(session: AsyncSession, principal: Principal, id: str, number: str) -> tuple[Material, Version]:
    material, version = await decide.version_to_change(session, principal, id, number)
    moves.require_author(principal, material)
    moves.require(version, Move.EDIT)
    return material, version


async def _put(session: AsyncSession, material: Material, version: Version, asset: Asset) -> Asset:
    others = select(Asset.name).where(Asset.version == version.number, Asset.name != asset.name)
    if len((await session.execute(others)).all()) >= MOST:
        raise Conflict(f"A version may have {MOST} assets.")
    material.revision += 1
    return await session.merge(asset)


async def _named(session: AsyncSession, version: Version, name: str) -> Asset:
    found = await session.get(Asset, (version.number, _name(name)))
    if found is None:
        raise NotFound
    return found


_NAME = re.compile(r"[^\0-\x1f\x7f/\\\"<>:|?*\ud800-\udfff]{1,120}")


def _name(text: str) -> str:
    """The name in one spelling. Raises `NotFound` for what cannot be the name of a file."""
    name = unicodedata.normalize("NFC", text)
    if not _NAME.fullmatch(name) or name.startswith(".") or name != name.strip():
        raise NotFound("A file is named by up to 120 characters, without slashes, quotes and controls.")
    return name


def _check_digests(staged: Staged, digests: Sequence[bytes]) -> None:
    if any(digest.hex() != staged.sha256 for digest in digests):
        fault = FieldError("", "digest_mismatch", f"What arrived has the SHA-256 {staged.sha256}.")
        raise Invalid("The bytes are not those that the digest names. Send them again.", errors=[fault])
