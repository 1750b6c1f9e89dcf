"""Packs: a draft's questions or steps coming in, and going out in the formats of those who teach with them."""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.content import decide, h5p, moves, qti, questions
from core.content.models import Material, PackRow, Version
from core.db import among
from core.errors import Conflict, Invalid, NotFound
from core.wire.common import FieldError
from core.wire.content import MaterialKind, Move
from core.wire.packs import Pack, PackFormat, Quiz

FETCHED = "pack"
"""As what a download of a pack is written down, in whichever format."""
_ZIP = "application/zip"
_AT_ONCE = 5_000
"""Numbers in a statement."""
_encoder = msgspec.json.Encoder(order="sorted")


class Packed(NamedTuple):
    """A pack as a file."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


async def put(session: AsyncSession, principal: Principal, material: Material, version: Version, given: Pack) -> None:
    """Give a draft its pack, or another in its place. Raises `Invalid` naming what is wrong with it."""
    _require_draft(principal, material, version)
    if questions.kind_of(given) is not MaterialKind(version.kind):
        fault = FieldError("/kind", "another_kind", f"The version is a {version.kind}.")
        raise Conflict("A quiz has questions, a scenario has steps, and other kinds have neither.", errors=[fault])
    faults = questions.faults(given)
    if faults:
        raise Invalid("Not everyone could get through this.", errors=faults)
    document = _encoder.encode(given)
    row = PackRow(version=version.number, document=document.decode(), sha256=hashlib.sha256(document).hexdigest())
    await session.merge(row)
    material.revision += 1


async def remove(session: AsyncSession, principal: Principal, material: Material, version: Version) -> None:
    """Take the pack out of a draft."""
    _require_draft(principal, material, version)
    found = await session.get(PackRow, version.number)
    if found is None:
        raise NotFound
    await session.delete(found)
    material.revision += 1


def _require_draft(principal: Principal, material: Material, version: Version) -> None:
    moves.require_author(principal, material)
    moves.require(version, Move.EDIT)


async def leaving(session: AsyncSession, principal: Principal, id: str, number: str) -> tuple[Version, PackRow]:
    """A pack that may leave for the principal. Raises `NotFound`, `Gone` and `LicenceNotAccepted`."""
    _, version = await decide.version_to_fetch(session, principal, id, number)
    found = await session.get(PackRow, version.number)
    if found is None:
        raise NotFound
    return version, found


async def digests(session: AsyncSession, versions: Sequence[int]) -> dict[int, str]:
    """SHA-256 of the packs of those of the versions that have one."""
    found: dict[int, str] = {}
    for start in range(0, len(versions), _AT_ONCE):
        some = among(PackRow.version, versions[start : start + _AT_ONCE], session)
        rows = await session.execute(select(PackRow.version, PackRow.sha256).where(some))
        found |= {row.version: row.sha256 for row in rows}
    return found


def written(version: Version, row: PackRow, form: PackFormat, language: str) -> Packed:
    """The pack in one format. Raises `NotFound` for a language it is not in and a format that does not hold it."""
    if form is PackFormat.JSON:
        return Packed("pack.json", "application/json", row.document.encode())
    if language not in {"vi", *version.languages}:
        raise NotFound(f"It is in {', '.join(version.languages)}.")
    pack = questions.read(row.document)
    title = (version.title_en if language == "en" else None) or version.title_vi
    title = re.sub("[\ufffe\uffff]", "", title)
    if form is PackFormat.H5P:
        return Packed(f"pack-{language}.h5p", _ZIP, h5p.package(pack, title, language))
    if not isinstance(pack, Quiz):
        raise NotFound("QTI knows questions and no ways between steps. A scenario is to be had as JSON and as H5P.")
    dialect = qti.QTI3 if form is PackFormat.QTI3 else qti.QTI2
    return Packed(f"pack-{language}-{form}.zip", _ZIP, qti.package(pack, title, language, dialect))


def everything(version: Version, row: PackRow) -> list[Packed]:
    """The pack in all formats and languages that it is to be had in."""
    forms = [PackFormat.H5P]
    if version.kind == MaterialKind.QUIZ:
        forms += [PackFormat.QTI3, PackFormat.QTI2]
    whole = written(version, row, PackFormat.JSON, "vi")
    return [whole, *(written(version, row, form, language) for language in version.languages for form in forms)]
