"""Short links: the way from paper and from posts to what a material is now."""

import io
import re
import secrets
from collections.abc import Sequence
from typing import Any

import segno
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content import decide, manifest
from core.content.models import Material, ShortLink, Version
from core.db import among
from core.errors import Fault, Gone, NotFound
from core.wire.content import MaterialState
from core.wire.links import LinkOut, SharedOut

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""None that people take for one another: 0 and o, 1 and i and l."""
_CODE = re.compile(f"[{_LETTERS}]{{8}}")
_codes = select(ShortLink.code).join(Material, Material.number == ShortLink.material)


def give(session: AsyncSession, material: Material) -> None:
    """Random, since a code made of a number would let anyone count through what there is."""
    session.add(ShortLink(code="".join(secrets.choice(_LETTERS) for _ in range(8)), material=material.number))


async def of(session: AsyncSession, principal: Principal, id: str, base_url: str) -> LinkOut:
    """The link of a material that may leave for the principal. Raises `NotFound` and `Gone`."""
    material, _ = await decide.versions(session, principal, id)
    code = (await session.scalars(_codes.where(Material.id == material.id))).one()
    return LinkOut(code=code, url=url(base_url, code), qr=f"/v1/materials/{id}/qr")


async def follow(session: AsyncSession, code: str, base_url: str) -> SharedOut:
    """What a code leads anyone to: the words of what is released, wherever they are, and never a byte.

    Raises `NotFound`, and `Gone` with the link of what to use instead.
    """
    material = await _material(session, code)
    of_it = select(Version).join(Material, Material.number == Version.material).where(Material.id == material.id)
    released = (await session.scalars(of_it.where(decide.released(times.now())))).one_or_none()
    if released is None:
        raise await _refusal(session, material, base_url)
    words = manifest.words(released)
    return SharedOut(
        material=material.id,
        title=words.title,
        kind=words.kind,
        languages=words.languages,
        audiences=words.audiences,
        licence=words.licence,
        href=f"{base_url}/v1/materials/{material.id}",
    )


async def _material(session: AsyncSession, code: str) -> Material:
    if not _CODE.fullmatch(code):
        raise NotFound
    query = select(Material).join(ShortLink, ShortLink.material == Material.number).where(ShortLink.code == code)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def _refusal(session: AsyncSession, material: Material, base_url: str) -> Fault:
    """410 for what anyone could have come by, else 404."""
    now = times.now()
    opened = or_(Version.opens.is_(None), Version.opens <= now)
    query = select(Version).where(Version.material == material.number, Version.published.is_not(None), opened)
    last = (await session.scalars(query.order_by(Version.version.desc()).limit(1))).one_or_none()
    if last is None or (last.state == MaterialState.PUBLISHED and (last.closes is None or last.closes > now)):
        return NotFound()
    reason = material.reason or last.reason
    detail = f"This material of the campaign is no longer in use.{' ' + reason if reason else ''}"
    replacement = material.replacement or last.replacement
    if replacement is None:
        return Gone(detail)
    code = (await session.scalars(_codes.where(Material.id == replacement))).one()
    # RFC 5829 §3.4, for programs.
    link = {"Link": f'<{url(base_url, code)}>; rel="successor-version"'}
    return Gone(f"{detail} Use {url(base_url, code)} instead.", headers=link)


async def codes(session: AsyncSession, materials: Sequence[int]) -> dict[str, str]:
    """The codes of the materials of these numbers, by their ids."""
    query = select(Material.id, ShortLink.code).join(Material, Material.number == ShortLink.material)
    return {row.id: row.code for row in await session.execute(query.where(among(Material.number, materials, session)))}


def url(base_url: str, code: str) -> str:
    """What the QR code of a material holds."""
    return f"{base_url}/m/{code}"


def qr(text: str, form: str) -> bytes:
    """A QR code of a text as `svg` or `png`, that can be read with a quarter of it soiled (level Q)."""
    drawn: dict[str, Any] = {"svg": {"scale": 4}, "png": {"scale": 12}}[form]
    out = io.BytesIO()
    # Never smaller than what ISO/IEC 18004 asks to be left white around it.
    segno.make_qr(text, error="q").save(out, kind=form, border=4, **drawn)
    return out.getvalue()
