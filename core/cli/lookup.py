"""The private lookup, as its operator keeps it."""

import click

from core.cli.house import House, pass_house, run
from core.signals import blinding


@click.group()
def lookup() -> None:
    """The private lookup: whose key partners share."""


@lookup.command()
@pass_house
def rotate(house: House) -> None:
    """Begin an epoch with a new key; prints its number.

    A running hub builds it, and it serves once it is built: until then the old key does. Do this when a partner
    that held the key has left.
    """

    async def work() -> int:
        async with house.registry("RotateLookupKey") as session:
            return await blinding.rotate(session)

    click.echo(run(work()))
