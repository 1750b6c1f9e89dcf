"""Holding connectors to what is promised of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from core.app import create_app
from core.cli.house import Commands, House, pass_house, run, show_table
from core.connect.conformance import examine
from core.hub import Hub
from core.migrate import migrate
from core.settings import Settings
from core.wire.conformance import Sheet

_OUTCOMES = {True: "held", False: "BROKEN", None: "not tried"}


@click.group(cls=Commands)
def connector() -> None:
    """What reads a partner's own format, for those who write one."""


@connector.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@pass_house
def check(house: House, name: str, as_json: bool) -> None:
    """Try each connector of the plugin NAME, and its forms of the feed; exit with 1 when a promise is broken.

    Its recorded payloads are what is tried. The hub that they are sent to is made for it, and gone afterwards; the
    settings of plugins are those of yours.
    """
    sheets = run(_examine(house, name))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(sheets), indent=2))
    else:
        for sheet in sheets:
            _show(sheet)
    if not all(sheet.green for sheet in sheets):
        raise SystemExit(1)


async def _examine(house: House, name: str) -> list[Sheet]:
    plugins = house.plugins
    connectors = plugins.speaking(name)
    if not connectors:
        raise click.ClickException(f"No plugin {name} with connectors runs here; see `kmm plugins`.")
    async with _scratch(house.settings, plugins.migrations()) as hub:
        return [await examine(hub, one, plugins.forms(name)) for one in connectors]


@asynccontextmanager
async def _scratch(settings: Settings, revisions: Mapping[str, Path]) -> AsyncIterator[Hub]:
    """A hub to send things to."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        url = f"sqlite:///{here / 'hub.db'}"
        uploads = str(here / "uploads")
        settings = msgspec.structs.replace(settings, database_url=url, blobs_url="memory:///", uploads_folder=uploads)
        await asyncio.to_thread(migrate, url, revisions)
        app = create_app(settings)
        async with app.lifespan():
            yield app.state.hub


def _show(sheet: Sheet) -> None:
    click.echo(f"{sheet.subject}: {'conforms' if sheet.green else 'does not conform'}")
    rows = ((line.check, _OUTCOMES[line.passed], line.found or line.promise) for line in sheet.lines)
    show_table(("check", "outcome", ""), rows)
