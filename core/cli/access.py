"""Partners, their clients and their groups, as the operator changes them by command."""

from typing import BinaryIO

import click
import msgspec
from msgspec import UNSET

from core.auth import clients, groups, partners
from core.auth.access import HUB
from core.cli.house import House, Words, key_set, pass_house, run, show, show_table
from core.reports.verify import NotGenuine
from core.sandbox import admission
from core.wire.groups import GroupIn, GroupOut
from core.wire.partners import (
    AuthMethod,
    ClientIn,
    IssuedClient,
    KeySetIn,
    PartnerIn,
    PartnerList,
    PartnerOut,
    PartnerPatch,
    PartnerState,
)
from core.wire.scopes import PartnerKind, Scope


@click.group()
def partner() -> None:
    """Admit partners, suspend and reinstate them."""


@partner.command()
@click.argument("slug")
@click.option("--kind", required=True, type=Words(PartnerKind))
@click.option("--name", required=True)
@click.option("--sheet", type=click.File("rb"), help="What a sandbox signed for it; without a green one it stays out.")
@click.option("--keys", type=click.File("rb"), help="The sandbox's /.well-known/document-keys.json.")
@pass_house
def add(house: House, slug: str, kind: PartnerKind, name: str, sheet: BinaryIO | None, keys: BinaryIO | None) -> None:
    """Admit a partner under SLUG, which never changes."""
    if sheet or keys:
        if not (sheet and keys):
            raise click.UsageError("--sheet and --keys go together.")
        try:
            admission.require(sheet.read(), key_set(keys.read()), slug, kind)
        except NotGenuine as exc:
            raise click.ClickException(str(exc)) from None

    async def work() -> PartnerOut:
        async with house.registry("AdmitPartner") as session:
            data = msgspec.convert({"slug": slug, "kind": kind, "name": name}, PartnerIn)
            return partners.to_wire(await partners.admit(session, HUB, data), HUB)

    show(run(work()))


@partner.command("list")
@pass_house
def list_(house: House) -> None:
    """List every partner."""

    async def work() -> PartnerList:
        async with house.database() as db, db.snapshot(HUB.partner) as session:
            return await partners.listing(session, HUB, None, 100_000)

    rows = ((one.slug, one.kind, one.state, one.name) for one in run(work()).partners)
    show_table(("slug", "kind", "state", "name"), rows)


@partner.command()
@click.argument("slug")
@pass_house
def suspend(house: House, slug: str) -> None:
    """Refuse a partner's tokens and take its sight, at once. Its claims stand."""
    show(run(_change(house, slug, PartnerPatch(state=PartnerState.SUSPENDED))))


@partner.command()
@click.argument("slug")
@pass_house
def reinstate(house: House, slug: str) -> None:
    """Let a suspended partner in again."""
    show(run(_change(house, slug, PartnerPatch(state=PartnerState.ACTIVE))))


@partner.command()
@click.argument("slug")
@click.option("--until", required=True, metavar="TIME", help="RFC 3339 with a zone, such as 2026-12-01T00:00:00Z.")
@pass_house
def bulk(house: House, slug: str, until: str) -> None:
    """Let a partner send however much until TIME; nothing of it is quarantined for being a burst."""

    async def work() -> PartnerOut:
        return await _change(house, slug, msgspec.convert({"bulk_until": until}, PartnerPatch))

    show(run(work()))


@partner.command()
@click.argument("slug")
@click.argument("percent", type=click.IntRange(0, 100))
@pass_house
def quality(house: House, slug: str, percent: int) -> None:
    """State how often a partner was right, of 100: it weighs its claims, and its doubts."""
    show(run(_change(house, slug, PartnerPatch(quality=percent))))


async def _change(house: House, slug: str, patch: PartnerPatch) -> PartnerOut:
    async with house.registry("ChangePartner") as session:
        row = await partners.find(session, slug)
        await partners.change(session, HUB, row, patch)
        return partners.to_wire(row, HUB)


@click.group()
def client() -> None:
    """Issue clients, the credentials of a partner's programs."""


@client.command("add")
@click.argument("partner")
@click.option("--scope", "scopes", multiple=True, required=True, type=Words(Scope), help="One or several.")
@click.argument("more", nargs=-1, type=Words(Scope), metavar="")
@click.option("--auth", type=Words(AuthMethod), default=AuthMethod.CLIENT_SECRET_BASIC, show_default=True)
@click.option("--jwks", type=click.File("rb"), help="Public keys (RFC 7517), for private_key_jwt.")
@pass_house
def add_client(
    house: House,
    partner: str,
    scopes: tuple[Scope, ...],
    more: tuple[Scope, ...],
    auth: AuthMethod,
    jwks: BinaryIO | None,
) -> None:
    """Issue a client to PARTNER and print it as JSON. Its secret is shown this once."""

    async def work() -> IssuedClient:
        own_keys = msgspec.json.decode(jwks.read(), type=KeySetIn) if jwks else UNSET
        data = ClientIn(scopes=(*scopes, *more), auth_method=auth, jwks=own_keys)
        async with house.registry("IssueClient") as session:
            return await clients.issue(session, HUB, partner, data, house.settings)

    show(run(work()))


_acting = click.option("--as", "slug", required=True, metavar="PARTNER", help="The partner that does it.")


@click.group()
def group() -> None:
    """Sharing groups: found them, invite, accept, leave."""


@group.command()
@click.argument("group")
@click.option("--name", required=True)
@_acting
@pass_house
def found(house: House, group: str, name: str, slug: str) -> None:
    """Found GROUP with PARTNER as its first member."""

    async def work() -> GroupOut:
        data = msgspec.convert({"slug": group, "name": name}, GroupIn)
        async with house.registry("FoundGroup") as session:
            return await groups.found(session, await partners.acting(session, slug), data)

    show(run(work()))


@group.command()
@click.argument("group")
@click.argument("partner")
@_acting
@pass_house
def invite(house: House, group: str, partner: str, slug: str) -> None:
    """Invite a partner into GROUP."""

    async def work() -> GroupOut:
        async with house.registry("InviteToGroup") as session:
            return await groups.invite(session, await partners.acting(session, slug), group, partner)

    show(run(work()))


@group.command()
@click.argument("group")
@_acting
@pass_house
def accept(house: House, group: str, slug: str) -> None:
    """Accept the invitation into GROUP."""

    async def work() -> GroupOut:
        async with house.registry("AcceptGroup") as session:
            return await groups.accept(session, await partners.acting(session, slug), group)

    show(run(work()))


@group.command()
@click.argument("group")
@_acting
@pass_house
def leave(house: House, group: str, slug: str) -> None:
    """Leave GROUP, or decline the invitation into it."""

    async def work() -> None:
        async with house.registry("LeaveGroup") as session:
            await groups.leave(session, await partners.acting(session, slug), group)

    run(work())
