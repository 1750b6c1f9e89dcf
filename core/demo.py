"""The cast of the demonstration and of the tests: one partner of each kind at least, and how each signs in."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import clients, feed_keys, kinds, partners
from core.auth.access import HUB
from core.settings import Settings
from core.wire.feed_keys import FeedFormat, FeedKeyIn
from core.wire.partners import ClientIn, PartnerIn
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Tlp

PARTNERS: dict[str, tuple[PartnerKind, str]] = {
    "secretariat": (PartnerKind.OPERATOR, "Ban thư ký Không Một Mình"),
    "digital-trust-alliance": (PartnerKind.ALLIANCE, "Liên minh Niềm tin số"),
    "tiktok": (PartnerKind.PLATFORM, "TikTok"),
    "meta": (PartnerKind.PLATFORM, "Meta"),
    "google": (PartnerKind.PLATFORM, "Google"),
    "chongluadao": (PartnerKind.PROTECTION, "Chống Lừa Đảo"),
    "child-protection-network": (PartnerKind.PROTECTION, "Mạng lưới bảo vệ trẻ em"),
    "creator-mai": (PartnerKind.CREATOR, "Kênh của Mai"),
    "a05": (PartnerKind.AGENCY, "Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao"),
}


FEED_KEYS = {
    FeedFormat.STOPNCII: "meta",
    FeedFormat.GRAPH: "meta",
    FeedFormat.NCMEC: "google",
    FeedFormat.GSE: "google",
}
"""Whose program speaks each of the formats that keys are issued for."""


class Account(msgspec.Struct, frozen=True):
    """A partner and the client that it signs in with."""

    kind: PartnerKind
    client_id: str
    client_secret: str
    scopes: tuple[Scope, ...]


class FeedAccount(msgspec.Struct, frozen=True):
    """What a program of a partner that speaks a format of its own is set up with."""

    partner: str
    id: str
    key: str
    subscription_key: str
    base_url: str


async def admit(session: AsyncSession, slug: str, kind: PartnerKind, name: str) -> None:
    """A partner, on a registry session."""
    await partners.admit(session, HUB, PartnerIn(slug=slug, name=name, kind=kind))


async def open_account(session: AsyncSession, slug: str, settings: Settings) -> Account:
    """A new client of a partner, with every scope that its kind may hold."""
    kind = (await partners.acting(session, slug)).kind
    allowed = {row.kind: row.scopes for row in (await kinds.table(session)).kinds}[kind]
    issued = await clients.issue(session, HUB, slug, ClientIn(scopes=allowed), settings)
    return Account(kind, issued.id, issued.client_secret or "", issued.scopes)


async def open_feed(session: AsyncSession, form: FeedFormat, settings: Settings) -> FeedAccount:
    """A new key that reads, and submits to the community."""
    partner = FEED_KEYS[form]
    issued = await feed_keys.issue(session, HUB, partner, FeedKeyIn(form, writes=True, tlp=Tlp.GREEN), settings)
    return FeedAccount(partner, **msgspec.structs.asdict(issued))
