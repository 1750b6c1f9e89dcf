"""Feed keys: static credentials for programs that speak a format of their own."""

import click
import msgspec

from core.auth import feed_keys
from core.auth.access import HUB
from core.cli.house import House, Words, pass_house, run, show, show_table
from core.signals.kinds import Kinds
from core.wire.feed_keys import FeedFormat, FeedKeyIn, FeedKeyOut, IssuedFeedKey
from core.wire.signals import Tlp


@click.group()
def feedkey() -> None:
    """Issue static keys to programs that cannot fetch tokens, such as those of ThreatExchange."""


@feedkey.command()
@click.argument("partner")
@click.option("--format", "form", required=True, type=Words(FeedFormat))
@click.option("--kinds", metavar="KIND,…", default="", help="Instead of all that the format can carry.")
@click.option("--campaign", metavar="SLUG", help="Only what belongs to it.")
@click.option("--min-score", type=click.IntRange(0, 100), default=0, show_default=True)
@click.option("--write", is_flag=True, help="It may submit signals and opinions as well.")
@click.option("--tlp", type=Words(Tlp), help="What it submits carries this; else it is its partner's alone.")
@click.option("--group", "groups", multiple=True, metavar="SLUG", help="What it submits goes there. One or several.")
@pass_house
def add(
    house: House,
    partner: str,
    form: FeedFormat,
    kinds: str,
    campaign: str | None,
    min_score: int,
    write: bool,
    tlp: Tlp | None,
    groups: tuple[str, ...],
) -> None:
    """Issue a key to PARTNER and print it as JSON. Its secrets are shown this once."""
    wanted = tuple(one.strip() for one in kinds.split(",") if one.strip())
    known = Kinds(house.plugins.signal_kinds())
    if unknown := sorted(set(wanted) - set(known.names)):
        raise click.BadParameter(f"The hub knows no {', '.join(unknown)}.", param_hint="--kinds")

    async def work() -> IssuedFeedKey:
        fields = {"kinds": wanted, "campaign": campaign, "min_score": min_score, "writes": write, "groups": groups}
        data = msgspec.convert({"format": form, "tlp": tlp, **fields}, FeedKeyIn)
        async with house.registry("IssueFeedKey") as session:
            return await feed_keys.issue(session, HUB, partner, data, house.settings)

    show(run(work()))


@feedkey.command("list")
@click.argument("partner")
@pass_house
def list_(house: House, partner: str) -> None:
    """List the keys of PARTNER, the revoked ones too."""

    async def work() -> tuple[FeedKeyOut, ...]:
        async with house.database() as db, db.snapshot(HUB.partner) as session:
            return await feed_keys.listing(session, HUB, partner)

    rows = (
        (
            *(one.id, one.format, " ".join(one.kinds) or "all", str(one.min_score), one.campaign or ""),
            "revoked" if one.revoked else "writes" if one.writes else "reads",
        )
        for one in run(work())
    )
    show_table(("id", "format", "kinds", "min_score", "campaign", "state"), rows)


@feedkey.command()
@click.argument("key")
@pass_house
def revoke(house: House, key: str) -> None:
    """Refuse the key of this id from now on."""

    async def work() -> None:
        async with house.registry("RevokeFeedKey") as session:
            await feed_keys.revoke(session, HUB, key)

    run(work())
    click.echo(f"{key} is refused from now on.")
