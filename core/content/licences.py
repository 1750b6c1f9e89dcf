"""Licences: the terms in their versions, and who accepted which. A reference without a text is a public licence."""

import hashlib

import msgspec
from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content.models import Acceptance, LicenceText, Version
from core.errors import Conflict, Forbidden, LicenceNotAccepted, NotFound
from core.log import audit
from core.wire.common import FieldError
from core.wire.content import LicenceRef
from core.wire.licences import AcceptanceIn, AcceptanceOut, LicenceList, LicenceOut, LicenceTextIn

_OWN = "LicenseRef-"
"""How a licence that is not on SPDX's list begins."""


def accepted(principal: Principal) -> ColumnElement[bool]:
    """The versions whose licence, as it reads now, asks nothing or was accepted by the principal's client.

    By the client and not by its partner: the acceptance of one member of a team is not that of another.
    """
    mine = exists().where(_mine(principal), Acceptance.digest == LicenceText.digest).correlate(LicenceText)
    return ~exists().where(LicenceText.ref == Version.licence, LicenceText.until.is_(None), ~mine).correlate(Version)


async def require_accepted(session: AsyncSession, principal: Principal, ref: str) -> None:
    """Raises `LicenceNotAccepted`, saying what to read and where to accept it."""
    text = await _current(session, ref)
    if text is None or await _acceptance(session, principal, text) is not None:
        return
    at = f"/v1/licences/{ref}"
    raise LicenceNotAccepted(
        f"Read the terms at {at}, and accept them before the first download: "
        f'POST {at}/acceptances with {{"digest": "{text.digest}"}}.',
        headers={"Link": f'<{at}>; rel="license"'},
    )


async def require_known(session: AsyncSession, ref: str) -> None:
    """Raises `Conflict` for a licence of our own without a text: nobody could accept it."""
    if ref.startswith(_OWN) and await _current(session, ref) is None:
        fault = FieldError("/licence", "unknown_licence", "GET /v1/licences lists them; others by SPDX identifier.")
        raise Conflict("There is no such licence.", errors=[fault])


async def listing(session: AsyncSession, principal: Principal) -> LicenceList:
    """Every licence as it reads now."""
    texts = await session.scalars(select(LicenceText).where(LicenceText.until.is_(None)).order_by(LicenceText.ref))
    times_of = dict((await session.execute(select(Acceptance.digest, Acceptance.at).where(_mine(principal)))).all())
    return LicenceList(licences=tuple(_out(text, times_of.get(text.digest)) for text in texts))


async def read(session: AsyncSession, principal: Principal, ref: str) -> LicenceOut:
    """A licence as it reads now. Raises `NotFound`."""
    text = await _found(session, ref)
    acceptance = await _acceptance(session, principal, text)
    return _out(text, None if acceptance is None else acceptance.at)


async def write(session: AsyncSession, principal: Principal, ref: str, data: LicenceTextIn) -> LicenceOut:
    """The next version of the terms. Whoever accepted the one before is asked again."""
    if not principal.is_operator:
        raise Forbidden("The terms are in the operator's charge.")
    if not _named(ref) or not ref.startswith(_OWN):
        raise NotFound(f"A licence of our own is named {_OWN}…; the terms of others are theirs.")
    before = await _current(session, ref)
    digest = hashlib.sha256("\0".join((ref, data.vi, data.en)).encode()).hexdigest()
    if before is not None and before.digest == digest:
        raise Conflict(f"Version {before.version} reads just so.")
    now = times.now()
    held = update(LicenceText).where(LicenceText.ref == ref, LicenceText.until.is_(None))
    await session.execute(held.values(until=now))
    version = 1 if before is None else before.version + 1
    text = LicenceText(ref=ref, version=version, vi=data.vi, en=data.en, digest=digest, since=now)
    session.add(text)
    await audit.note(session, principal, "WriteLicence", {"ref": ref, "version": version, "digest": digest})
    return _out(text, None)


async def accept(session: AsyncSession, principal: Principal, ref: str, data: AcceptanceIn) -> AcceptanceOut:
    """Keep that the principal's client accepts the text of that digest; a second time changes nothing."""
    text = await _found(session, ref)
    if data.digest != text.digest:
        fault = FieldError("/digest", "changed", f"What holds is {text.digest}.")
        raise Conflict("The terms are not those that you read. Read them again.", errors=[fault])
    row = await _acceptance(session, principal, text)
    if row is None:
        row = Acceptance(partner=principal.partner, client=principal.client, digest=text.digest, at=times.now())
        session.add(row)
    return AcceptanceOut(ref=ref, version=text.version, digest=text.digest, accepted=times.from_micros(row.at))


def _mine(principal: Principal) -> ColumnElement[bool]:
    return (Acceptance.partner == principal.partner) & (Acceptance.client == principal.client)


async def _current(session: AsyncSession, ref: str) -> LicenceText | None:
    found = await session.scalars(select(LicenceText).where(LicenceText.ref == ref, LicenceText.until.is_(None)))
    return found.one_or_none()


async def _found(session: AsyncSession, ref: str) -> LicenceText:
    text = await _current(session, ref) if _named(ref) else None
    if text is None:
        raise NotFound
    return text


async def _acceptance(session: AsyncSession, principal: Principal, text: LicenceText) -> Acceptance | None:
    return await session.get(Acceptance, (principal.partner, principal.client, text.digest))


def _named(text: str) -> bool:
    try:
        msgspec.convert(text, LicenceRef)
    except msgspec.ValidationError:
        return False
    return True


def _out(text: LicenceText, accepted: int | None) -> LicenceOut:
    return LicenceOut(
        ref=text.ref,
        version=text.version,
        vi=text.vi,
        en=text.en,
        digest=text.digest,
        since=times.from_micros(text.since),
        accepted=None if accepted is None else times.from_micros(accepted),
    )
