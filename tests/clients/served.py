"""A hub on a real socket, for clients that bring their own HTTP: served from a thread of this process."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import uvicorn

from core.settings import Settings
from core.testing import TestedHub, run_hub
from tests.conftest import Cast
from tests.postgres import free_port

R = TypeVar("R")


class Served:
    """A running hub with an address."""

    def __init__(self, hub: TestedHub, base_url: str) -> None:
        self.hub = hub
        self.base_url = base_url
        self._loop = asyncio.get_running_loop()

    def run(self, work: Coroutine[Any, Any, R], seconds: float = 60) -> R:
        """What `work` gives when it is awaited on the hub's own loop: for seeding, and for looking behind the API."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def ask(self, slug: str, method: str, path: str, body: Any = None) -> Any:
        """What a partner is answered that asks well, by a token of its own."""
        answer = self.run(self.hub.client_as(slug).request(method, path, json=body))
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@contextmanager
def served(settings: Settings, cast: Cast | None = None) -> Iterator[Served]:
    """The hub of these settings, with the installed plugins, up for the length of the block at a free port.

    Its database is migrated; `cast` says how the partners in it sign in, else those of `core.demo` are admitted.
    """
    port, up = free_port(), Future[Served]()
    here = f"http://127.0.0.1:{port}"
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with run_hub(msgspec.structs.replace(settings, base_url=here), cast=cast) as hub:
            # The application's lifespan is entered by `run_hub`.
            config = uvicorn.Config(hub.app, port=port, lifespan="off", log_level="warning", access_log=False)
            hub_here = Served(hub, here)
            servers.append(_Server(config, lambda: up.set_result(hub_here)))
            await servers[0].serve()

    thread = threading.Thread(target=_run, args=(serve(), up), name="served hub")
    thread.start()
    try:
        yield up.result(60)
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(30)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def _run(work: Coroutine[Any, Any, None], up: "Future[Served]") -> None:
    try:
        asyncio.run(work)
    except BaseException as exc:
        if up.done():
            raise
        up.set_exception(exc)
