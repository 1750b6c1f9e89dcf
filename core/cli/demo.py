"""A hub to try out: one folder, a partner of every kind, something of everything to see."""

import asyncio
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import httpx
import msgspec
from litestar import Litestar

from core.app import create_app
from core.auth import clients, feed_keys, partners
from core.auth.access import HUB
from core.cli.demo_content import fill
from core.cli.house import alone_in, show_table
from core.cli.importing import Defaults, Import
from core.cli.server import PORT, serve_app, take_port
from core.cli.signals import send
from core.client import ClientCredentials, in_process
from core.demo import FEED_KEYS, PARTNERS, Account, FeedAccount, admit, open_account, open_feed
from core.errors import NotFound
from core.hub import Hub
from core.log import head
from core.migrate import migrate
from core.plugin.host import PluginHost
from core.settings import Settings, load
from core.wire.feed_keys import FeedFormat
from core.wire.partners import PartnerPatch
from core.wire.signals import Category, Tlp

LISTED_BY = "chongluadao"
"""Whose claims the signals of `--list` become."""
_BULK = timedelta(days=366)
"""From each start on."""


class Demo(msgspec.Struct, frozen=True):
    """demo.json: where the hub is and how each partner signs in."""

    base_url: str
    partners: dict[str, Account]
    feed_keys: dict[FeedFormat, FeedAccount] = {}


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("var"), show_default=True)
@click.option("--port", type=PORT, default=8080, show_default=True)
@click.option(
    "--list",
    "list_",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Signals to import once the hub is up: GREEN, phishing.",
)
def demo(data: Path, port: int, list_: Path | None) -> None:
    """Serve a hub with demo partners, everything in one folder. Started again, it goes on with what is there."""
    serve_folder(data, f"http://127.0.0.1:{port}", port, list_)


def serve_folder(data: Path, base_url: str, port: int, list_: Path | None = None, *, sandbox: bool = False) -> None:
    """A hub of synthetic data that keeps everything in `data`, until interrupted."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Both are held for as long as the process lives, and taken before anything is written for others to read.
    with alone_in(data, "demo"), closing(take_port("127.0.0.1", port)) as door:
        _run(settle(data, base_url, sandbox), data, list_, door)


def _run(settings: Settings, data: Path, list_: Path | None, door: socket.socket) -> None:
    base_url = settings.base_url
    migrate(settings.database_url, PluginHost(settings).migrations())
    file = data / "demo.json"
    known = msgspec.json.decode(file.read_bytes(), type=Demo) if file.exists() else Demo(base_url, {})
    app = create_app(settings)
    opened = asyncio.run(_prepare(app, known))
    _write(file, json.dumps(msgspec.to_builtins(opened), indent=2) + "\n")
    _show(opened, file, settings.sandbox)
    if list_:
        account = opened.partners[LISTED_BY]
        threading.Thread(target=_import, args=(list_, account, base_url, data / "imports"), daemon=True).start()
    app.state.hub.open(settings)
    serve_app(app, door)


def settle(data: Path, base_url: str, sandbox: bool) -> Settings:
    """The settings of the folder, with a secret of its own from the first start on, and the address of this one: other
    commands that take the file print it."""
    file = data / "settings.toml"
    text = file.read_text("utf-8") if file.exists() else _first(data.resolve())
    _write(file, _at(base_url, text))
    return load(file, base_url=base_url, sandbox=sandbox)


def _first(data: Path) -> str:
    lines = {
        "secret": secrets.token_urlsafe(32),
        "database_url": f"sqlite:///{data / 'hub.db'}",
        "blobs_url": f"{data.as_uri()}/blobs",
        "uploads_folder": str(data / "uploads"),
    }
    # A JSON string is a TOML string.
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())


def _at(base_url: str, text: str) -> str:
    """Whatever else is set stays, and so do tables of plugins, which may have a `base_url` of their own."""
    top, *tables = re.split(r"^(?=\[)", text, maxsplit=1, flags=re.MULTILINE)
    others = re.sub(r"^base_url\s*=.*\n?", "", top, flags=re.MULTILINE)
    return f"base_url = {json.dumps(base_url)}\n{others}{''.join(tables)}"


async def _prepare(app: Litestar, known: Demo) -> Demo:
    """Partners with a client each, keys of programs, and content; what is there already stays."""
    hub: Hub = app.state.hub
    base_url = hub.settings.base_url
    async with app.lifespan():
        accounts = await _open_accounts(hub, known.partners)
        feeds = await _open_feeds(hub, known.feed_keys)
        await hub.tokens.refresh()

        def client_as(slug: str) -> httpx.AsyncClient:
            return in_process(app, base_url, _credentials(accounts[slug]))

        await fill(client_as)
    return Demo(base_url, accounts, feeds)


async def _open_accounts(hub: Hub, known: Mapping[str, Account]) -> dict[str, Account]:
    accounts = {}
    async with head.writing(hub.db, "cli", "OpenDemoAccounts") as session:
        for slug, (kind, name) in PARTNERS.items():
            try:
                await partners.find(session, slug)
            except NotFound:
                await admit(session, slug, kind, name)
            live = {one.id for one in await clients.listing(session, HUB, slug) if one.disabled is None}
            account = known.get(slug)
            if account is None or account.client_id not in live:
                account = await open_account(session, slug, hub.settings)
            accounts[slug] = account
            # However much is imported to try the hub out, none of it waits for a review.
            row = await partners.find(session, slug)
            await partners.change(session, HUB, row, PartnerPatch(bulk_until=datetime.now(UTC) + _BULK))
    return accounts


async def _open_feeds(hub: Hub, known: Mapping[FeedFormat, FeedAccount]) -> dict[FeedFormat, FeedAccount]:
    feeds = {}
    async with head.writing(hub.db, "cli", "OpenDemoFeeds") as session:
        for form, slug in FEED_KEYS.items():
            live = {one.id for one in await feed_keys.listing(session, HUB, slug) if one.revoked is None}
            feed = known.get(form)
            if feed is None or feed.id not in live:
                feed = await open_feed(session, form, hub.settings)
            feeds[form] = msgspec.structs.replace(feed, base_url=hub.settings.base_url + form.path)
    return feeds


def _import(path: Path, account: Account, base_url: str, folder: Path) -> None:
    """Over HTTP, as the partner's own program would; in a thread, while the server has the main one."""
    while not _is_up(base_url):
        time.sleep(0.1)
    sending = Import(path, LISTED_BY, Defaults(tlp=Tlp.GREEN, category=Category.PHISHING), folder)
    try:
        asyncio.run(_send_to(base_url, account, sending))
    except click.ClickException as exc:
        exc.show()


def _is_up(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/health").is_success
    except httpx.TransportError:
        return False


async def _send_to(base_url: str, account: Account, sending: Import) -> None:
    async with httpx.AsyncClient(base_url=base_url, auth=_credentials(account), timeout=60) as client:
        await send(sending, client)


def _credentials(account: Account) -> ClientCredentials:
    return ClientCredentials(account.client_id, account.client_secret)


def _show(opened: Demo, file: Path, sandbox: bool) -> None:
    paths = ("", "/health", "/openapi.json", "/taxii2/", *(("/v1/sandbox/accounts",) if sandbox else ()))
    click.echo("".join(f"{opened.base_url}{path}\n" for path in paths))
    rows = ((slug, one.kind, one.client_id, one.client_secret) for slug, one in opened.partners.items())
    show_table(("partner", "kind", "client_id", "client_secret"), rows)
    click.echo(f"\nThe same in {file}, with the keys of formats of others, for programs. Stop with Ctrl-C.\n")


def _write(file: Path, text: str) -> None:
    """With secrets in it, so for the owner's eyes only from the first byte on; whole or not at all."""
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text, "utf-8")
    new.replace(file)
