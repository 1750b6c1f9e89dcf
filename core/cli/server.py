"""Serving, migrating, and looking at what a hub is made of."""

import asyncio
import gc
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click
import msgspec
import uvicorn
from litestar import Litestar
from sqlalchemy.exc import DBAPIError

import core
import core.migrate
import core.openapi
import core.openapi.hooks
import core.plugin.hooks
from core.app import create_app
from core.auth import keys as ring
from core.cli.house import House, pass_house, run, show_table
from core.plugin import shared
from core.plugin.host import PluginStatus
from core.plugin.models import PluginState
from core.settings import Settings
from core.times import from_micros

PORT = click.IntRange(1, 65_535)
OPENAPI = Path(core.__file__).parents[1] / "openapi"
HOOK_TESTS = Path(core.__file__).parents[1] / "tests" / "plugin" / "test_hooks.py"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8080, show_default=True)
@pass_house
def serve(house: House, host: str, port: int) -> None:
    """Serve the API until interrupted."""
    door = take_port(host, port)
    serve_app(create_app(house.settings), door)


def take_port(host: str, port: int) -> socket.socket:
    """The address, before anything is written or told about it. Raises `ClickException` when it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as exc:
        door.close()
        raise click.ClickException(f"Cannot listen on {host}:{port}: {exc.strerror or exc}.") from None
    return door


def serve_app(app: Litestar, door: socket.socket) -> None:
    """Until interrupted. One process, the application in it: what kills the process kills all of it.

    2026-11-22: granian 2.8.7 was tried beside it. It spends 10 % less on a small GET and as much on a batch or a page,
    but it does not stop while an upload hangs, answers a broken chunk with 500, lets two hubs share a port, and runs in
    one process only by an interface that calls itself experimental.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        timeout_graceful_shutdown=10,
        server_header=False,
        # Worth 6 % of a small GET, and nobody reads them: lines below the log level, addresses from a proxy's headers.
        access_log=False,
        proxy_headers=False,
    )
    # What was loaded until here stays for good: looking through it for garbage takes a sixth of a batch's time.
    gc.collect()
    gc.freeze()
    # The server raises the signal again once it is down; Ctrl-C is how it is meant to end.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[door])


@click.command()
@pass_house
def migrate(house: House) -> None:
    """Bring the database to the current schema, as its owner: core's tables, then those of plugins."""
    # In a thread, because it runs an event loop of its own.
    run(asyncio.to_thread(core.migrate.migrate, house.settings.database_url, house.plugins.migrations()))


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """List plugins and partners: what runs, how it is, what is shut away and why, as far as a running hub has told."""
    if context.invoked_subcommand is None:
        house: House = context.obj
        rows = (_line(one) for one in house.plugins.statuses(run(_told(house))))
        show_table(("name", "what", "from", "state", "why"), rows)


async def _told(house: House) -> Mapping[str, PluginState]:
    """What running hubs know of their plugins; nothing where there is no database yet."""
    try:
        async with house.database() as db, db.snapshot(partner=0) as session:
            return await shared.read(session)
    except DBAPIError:
        return {}


def _line(one: PluginStatus) -> tuple[str, ...]:
    since = f" since {from_micros(one.since):%Y-%m-%d %H:%M} UTC" if one.since else ""
    said = [f"{reading.name}{'' if reading.ok else ' (!)'}: {reading.says}" for reading in one.readings]
    return one.name, one.title, one.origin, one.state + since, one.why or "; ".join(said)


@plugins.command()
@click.argument("name")
@pass_house
def release(house: House, /, name: str) -> None:
    """Let the plugin NAME out of quarantine: within two seconds in every process of the hub."""

    async def work() -> None:
        async with house.database() as db, db.edge(partner=0) as session:
            await shared.release(session, name)

    run(work())
    click.echo(f"{name} is let out.")


@plugins.command()
@click.argument("name")
@click.confirmation_option(prompt="Its tables go, with everything in them. Are you sure?")
@pass_house
def purge(house: House, /, name: str) -> None:
    """Drop the tables of the plugin NAME, which must be installed still; `kmm migrate` makes them anew."""
    folder = house.plugins.migrations().get(name)
    if folder is None:
        raise click.ClickException(f"No plugin {name} with tables runs here; see `kmm plugins`.")
    run(asyncio.to_thread(core.migrate.purge, house.settings.database_url, name, folder))


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a file differs.")
@click.option("--folder", type=click.Path(path_type=Path), default=OPENAPI, help="Default: openapi/ of the tree.")
def openapi(check: bool, folder: Path) -> None:
    """Write the contract: openapi.json, sandbox.json, asyncapi.json, report.schema.json and the pages beside them."""
    app = create_app(_UNOPENED, strict=True)
    if not check:
        core.openapi.write(app, folder, other_pages())
    elif stale := core.openapi.check(app, folder, other_pages()):
        raise click.ClickException(f"Not what the code says: {', '.join(stale)}. Run `make openapi`.")


_UNOPENED = Settings(secret="x" * 32, database_url="sqlite:///none.db", blobs_url="memory:///")
"""Nothing is opened: the contract is made of the handlers alone."""


def other_pages() -> dict[str, bytes]:
    """What of openapi/ is not made of a hub: what a sandbox has besides, and what is made of tests.

    Tests are in the tree alone.
    """
    sandbox = create_app(msgspec.structs.replace(_UNOPENED, sandbox=True), plugins=())
    pages = {"sandbox.json": core.openapi.render(sandbox, "/v1/sandbox/")}
    if HOOK_TESTS.exists():
        pages["hooks.md"] = core.openapi.hooks.render(core.plugin.hooks, HOOK_TESTS)
    return pages


@click.group()
def keys() -> None:
    """The keys that sign access tokens."""


@keys.command()
@pass_house
def rotate(house: House) -> None:
    """Publish a new key, which signs from an hour later; prints its kid."""

    async def work() -> str:
        async with house.database() as db:
            return await ring.rotate(db, house.settings)

    click.echo(run(work()))
