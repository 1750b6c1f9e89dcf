"""A pytest plugin: a whole hub for each test, and a signed-in client of any partner. For us and for plugin authors.

    async def test_my_route(client_as):
        answer = await client_as("tiktok").get("/my-plugin/route")

    async def test_my_connector(connector_sheet):
        sheet = await connector_sheet(MyConnector())
        assert sheet.green, sheet.failed

Installed with the hub, so nothing needs to be imported. The extra `khongmotminh[testing]` brings pytest-asyncio, which
runs such tests when pytest's settings say `asyncio_mode = "auto"`. Each hub stands on an empty SQLite file of its own;
override `database_url` for another database, `hub_plugins` to run without the installed plugins or with a fake one.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec
import pytest

# Only what is quick to import: pytest loads this file in every run, also where no hub is tested.
from core.client import ClientCredentials, in_process
from core.settings import Settings

if TYPE_CHECKING:
    from litestar import Litestar

    from core.demo import Account
    from core.hub import Hub
    from core.wire.conformance import Sheet
    from core.wire.scopes import PartnerKind

T = TypeVar("T")

BASE_URL = "http://hub.test"


class TestedHub:
    """A running application, called without a socket."""

    __test__ = False
    """To pytest, which takes classes of this name for tests."""

    def __init__(self, app: "Litestar", accounts: "Mapping[str, Account]", stack: AsyncExitStack) -> None:
        self.app = app
        self.parts: Hub = app.state.hub
        self.accounts = dict(accounts)
        self._stack = stack

    async def admit(self, *newcomers: tuple[str, "PartnerKind"]) -> None:
        """Further partners, besides those of `core.demo.PARTNERS`, each with all scopes of its kind."""
        from core import demo
        from core.log import head

        async with head.writing(self.parts.db, "tests", "AdmitPartner") as session:
            for slug, kind in newcomers:
                await demo.admit(session, slug, kind, slug.title())
                self.accounts[slug] = await demo.open_account(session, slug, self.parts.settings)
        await self.parts.tokens.refresh()

    def client_as(self, slug: str, *scopes: str) -> httpx.AsyncClient:
        """A client of this partner; its token is fetched from /oauth/token, for `scopes` or for all that it holds."""
        account = self.accounts[slug]
        return self._client(ClientCredentials(account.client_id, account.client_secret, scopes))

    def anonymous(self) -> httpx.AsyncClient:
        """A client that does not sign in."""
        return self._client(None)

    def _client(self, auth: httpx.Auth | None) -> httpx.AsyncClient:
        client = in_process(self.app, BASE_URL, auth)
        self._stack.push_async_callback(client.aclose)
        return client


@asynccontextmanager
async def run_hub(
    settings: Settings, plugins: Sequence[object] | None = None, cast: "Mapping[str, Account] | None" = None
) -> AsyncIterator[TestedHub]:
    """The hub of these settings while it runs, with the partners of `core.demo.PARTNERS`. Its database is migrated.

    `cast` says how they sign in, when the database has them already; else they are admitted.
    """
    from core.demo import PARTNERS

    app = _opened(settings, plugins)
    async with app.lifespan(), AsyncExitStack() as stack:
        hub = TestedHub(app, cast or {}, stack)
        if cast is None:
            await hub.admit(*((slug, kind) for slug, (kind, _) in PARTNERS.items()))
        yield hub
    if not plugins:
        _ENDED[_shape(settings, plugins)].append(app)


_ENDED: "defaultdict[tuple[bool, bytes], list[Litestar]]" = defaultdict(list)
"""Applications that have ended, with the installed plugins or with none, by their settings."""


def _opened(settings: Settings, plugins: Sequence[object] | None) -> "Litestar":
    """One that has ended, on the database of these settings, or a new one."""
    from core.app import create_app

    ended = [] if plugins else _ENDED[_shape(settings, plugins)]
    if not ended:
        return create_app(settings, plugins, strict=True)
    app = ended.pop()
    app.state.hub.open(settings)
    return app


def _shape(settings: Settings, plugins: Sequence[object] | None) -> tuple[bool, bytes]:
    """All but where the hub keeps things."""
    elsewhere = msgspec.structs.replace(settings, database_url="", blobs_url="", uploads_folder="")
    return plugins is None, msgspec.json.encode(elsewhere, order="sorted")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A fresh migrated database, with the tables of the installed plugins."""
    from core.migrate import migrate
    from core.plugin.host import PluginHost

    url = f"sqlite:///{tmp_path / 'hub.db'}"
    migrate(url, PluginHost(Settings(secret="s" * 32, database_url=url)).migrations())
    return url


@pytest.fixture
def hub_settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of the hub under test."""
    return Settings(
        secret="s" * 32,
        database_url=database_url,
        blobs_url="memory:///",
        uploads_folder=str(tmp_path / "uploads"),
        base_url=BASE_URL,
    )


@pytest.fixture
def hub_plugins() -> Sequence[object] | None:
    """Plugin modules to run instead of the installed ones; None takes those."""
    return None


@pytest.fixture
def hub_cast() -> "Mapping[str, Account] | None":
    """How the partners of the database sign in; None where it has none yet."""
    return None


# pytest's own, so that pytest runs beside the hub without pytest-asyncio, too.
@pytest.fixture
async def hub(
    hub_settings: Settings, hub_plugins: Sequence[object] | None, hub_cast: "Mapping[str, Account] | None"
) -> AsyncIterator[TestedHub]:
    """A running hub, seeded with a partner of every kind."""
    async with _one_task(run_hub(hub_settings, hub_plugins, hub_cast)) as running:
        yield running


@asynccontextmanager
async def _one_task(manager: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave `manager` in one task, as task groups ask; fixtures are set up and torn down in two."""
    entered: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        async with manager as thing:
            entered.set_result(thing)
            await over.wait()

    task = asyncio.create_task(hold())
    either: set[asyncio.Future[Any]] = {task, entered}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not entered.done():
        await task
    yield entered.result()
    over.set()
    await task


@pytest.fixture
def client_as(hub: TestedHub) -> Callable[..., httpx.AsyncClient]:
    """`client_as("tiktok")`, `client_as("a05", "reports:read")`."""
    return hub.client_as


@pytest.fixture
def connector_sheet(hub: TestedHub) -> "Callable[..., Awaitable[Sheet]]":
    """`sheet = await connector_sheet(MyConnector())`: what `kmm connector check` finds, with the hub under test.

    Forms of the feed that come with it may be given as well: `await connector_sheet(MyConnector(), feed_formats())`.
    """
    from core.connect.conformance import examine

    return partial(examine, hub.parts)
