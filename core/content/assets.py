"""Assets: bytes of a draft coming in, bytes of a version going out."""

import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.blobs import Blobs, Staged
from core.content import decide, moves, sniff
from core.content.models import Asset, Material, Version
from core.db import Database, among
from core.errors import Conflict, Invalid, NotFound, TooLarge
from core.log import head
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


async def upload(db: Database, blobs: Blobs, principal: Principal, id: str, number: str, sent: Sent) -> Asset:
    """Take a file into a draft, or another in place of the one under this name; all of it or nothing.

    The transaction opens when the bytes are there, since it locks the log; what was asked before is asked again in it.
    Raises `NotFound`, `Forbidden`, `Conflict` by the state, `UnsupportedMediaType`, `TooLarge`, `Invalid` by the bytes.
    """
    name = _name(sent.name)
    async with db.snapshot(principal.partner) as snapshot:
        await _draft(snapshot, principal, id, number)
    kind = sniff.expected(name, sent.media_type)
    if sent.length is not None and sent.length > kind.limit:
        raise TooLarge(f"A {kind.media_type} may have {kind.limit} bytes.")
    async with blobs.receive(sent.pieces, kind.limit) as staged:
        _check_digests(staged, sent)
        sniff.check(kind, staged.first, staged.last, staged.size)
        # Before the log is locked, since a store may take its time; what no asset names in the end, `sweep` finds.
        await blobs.keep(staged)
        async with head.edge(db, principal.partner, principal.client, "PutAsset") as session:
            material, version = await _draft(session, principal, id, number)
            asset = Asset(
                version=version.number, name=name, media_type=kind.media_type, size=staged.size, sha256=staged.sha256
            )
            put = await _put(session, material, version, asset)
        # `sweep` may have taken away an older copy before the asset named it. From now on it does not.
        await blobs.keep(staged)
        return put


async def sweep(db: Database, blobs: Blobs, before: datetime) -> int:
    """Delete the blobs that no asset names and that were received before that time; returns how many."""
    swept = 0
    async for old in blobs.kept(before):
        async with db.snapshot(0) as snapshot:
            unnamed = await _unnamed(snapshot, old)
        for sha256 in unnamed:
            # Under the lock, one at a time: an upload that names it meanwhile waits, and then finds that it is gone.
            async with head.edge(db, 0, "hub", "SweepAssets") as session:
                if await _unnamed(session, [sha256]):
                    await blobs.delete(sha256)
                    swept += 1
    return swept


async def _unnamed(session: AsyncSession, sha256s: Sequence[str]) -> set[str]:
    named = await session.scalars(select(Asset.sha256).where(among(Asset.sha256, sha256s, session)))
    return set(sha256s) - set(named)


async def remove(session: AsyncSession, principal: Principal, id: str, number: str, name: str) -> None:
    """Take an asset out of a draft."""
    material, version = await _draft(session, principal, id, number)
    asset = await _named(session, version, name)
    await session.execute(delete(Asset).where(Asset.version == version.number, Asset.name == asset.name))
    material.revision += 1


async def leaving(session: AsyncSession, principal: Principal, id: str, number: str, name: str) -> Asset:
    """An asset whose bytes may leave for the principal. Raises `NotFound` and `Gone`."""
    _, version = await decide.version(session, principal, id, number)
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


def _check_digests(staged: Staged, sent: Sent) -> None:
    if any(digest.hex() != staged.sha256 for digest in sent.digests):
        fault = FieldError("", "digest_mismatch", f"What arrived has the SHA-256 {staged.sha256}.")
        raise Invalid("The bytes are not those that the digest names. Send them again.", errors=[fault])
