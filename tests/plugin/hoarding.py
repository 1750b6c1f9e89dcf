"""A plugin that keeps whatever it gets hold of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.sdk import PluginInfo, hookimpl

_kept: list[bytes] = []


async def hoard() -> None:
    while True:
        _kept.append(bytes(2**17))
        await asyncio.sleep(0.005)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="hoarding", title="Hoarding")


@hookimpl
@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    _kept.clear()
    task = asyncio.create_task(hoard())
    yield
    task.cancel()
    _kept.clear()
