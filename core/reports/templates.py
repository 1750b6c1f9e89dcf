"""Templates: those shipped with the hub for everybody, and each partner's own."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids
from core.auth.access import Principal
from core.errors import Conflict, NotFound
from core.reports.models import ReportSchedule, ReportTemplate
from core.wire.common import FieldError, Slug
from core.wire.documents import Name, ReaderClass, Words
from core.wire.templates import Definition, Heading, TemplateIn, TemplateOut, Templates

_MOST = 50
"""Templates of a partner's own."""


class _Shipped(msgspec.Struct, forbid_unknown_fields=True):
    slug: Slug
    title: Heading
    readers: ReaderClass
    sections: tuple[Name, ...]
    note: Words
    source: str
    """Who asks for it, or that nobody does."""
    valid_from: date


class _File(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    templates: tuple[_Shipped, ...]


_FILE = msgspec.json.decode(files("core.reports").joinpath("data/templates.json").read_bytes(), type=_File)


def _shipped(one: _Shipped) -> TemplateOut:
    note = f"{one.note.vi} / {one.note.en} ({one.source})"
    return TemplateOut(one.slug, False, one.title, one.readers, Definition(one.sections), note, version=0)


SHIPPED: Mapping[str, TemplateOut] = {one.slug: _shipped(one) for one in _FILE.templates}


async def listing(session: AsyncSession, principal: Principal) -> Templates:
    own = select(ReportTemplate).where(ReportTemplate.partner == principal.partner).order_by(ReportTemplate.slug)
    # Databases sort text by their own collations.
    mine = sorted(map(_own, await session.scalars(own)), key=lambda one: one.slug)
    return Templates((*SHIPPED.values(), *mine))


async def find(session: AsyncSession, principal: Principal, slug: str) -> TemplateOut:
    """Raises `NotFound`, also for another partner's."""
    if slug in SHIPPED:
        return SHIPPED[slug]
    return _own(await _row(session, principal, slug))


async def _row(session: AsyncSession, principal: Principal, slug: str) -> ReportTemplate:
    row = await session.get(ReportTemplate, (principal.partner, slug)) if ids.is_slug(slug) else None
    if row is None:
        raise NotFound
    return row


def _own(row: ReportTemplate) -> TemplateOut:
    body = msgspec.convert(row.body, TemplateIn)
    return TemplateOut(row.slug, True, body.title, body.readers, body.definition, body.note, row.version)


async def version(session: AsyncSession, principal: Principal, slug: str) -> int:
    """Of the template that stands under the slug; 0: none of your own does."""
    row = await session.get(ReportTemplate, (principal.partner, slug)) if ids.is_slug(slug) else None
    return row.version if row else 0


async def put(session: AsyncSession, principal: Principal, slug: str, data: TemplateIn) -> TemplateOut:
    """Make a template of the partner's own, or say it anew. Reports made by it before keep their definition.

    Raises `Conflict` for a slug that is shipped, for a section that is named twice, and for too many; `NotFound` for
    what cannot be a slug.
    """
    if not ids.is_slug(slug):
        raise NotFound("A slug has 2 to 64 lower-case letters, digits and inner hyphens.")
    if slug in SHIPPED:
        raise Conflict(f"The template {slug!r} is everybody's. Give yours another slug.")
    if len(set(data.definition.sections)) < len(data.definition.sections):
        fault = FieldError("/definition/sections", "twice", "Name each section once.")
        raise Conflict("The template cannot be as it is sent.", errors=[fault])
    body = msgspec.to_builtins(data)
    row = await session.get(ReportTemplate, (principal.partner, slug))
    if row is None:
        own = await session.scalars(select(ReportTemplate.slug).where(ReportTemplate.partner == principal.partner))
        if len(own.all()) >= _MOST:
            raise Conflict(f"A partner has {_MOST} templates of its own at most; delete one.")
        row = ReportTemplate(partner=principal.partner, slug=slug, body=body, version=1)
        session.add(row)
        await session.flush()
    elif msgspec.convert(row.body, TemplateIn) != data:
        row.body, row.version = body, row.version + 1
    return _own(row)


async def remove(session: AsyncSession, principal: Principal, slug: str) -> None:
    """Raises `NotFound`, and `Conflict` while a schedule orders by it."""
    await _row(session, principal, slug)
    own = select(ReportSchedule).where(ReportSchedule.partner == principal.partner)
    users = [row.slug for row in await session.scalars(own) if row.body["template"] == slug]
    if users:
        raise Conflict(f"Schedules order by it: {', '.join(sorted(users))}. Change them first.")
    named = (ReportTemplate.partner == principal.partner, ReportTemplate.slug == slug)
    await session.execute(delete(ReportTemplate).where(*named))
