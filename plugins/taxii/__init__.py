"""TAXII 2.1 at `/taxii2/`: the feed as STIX 2.1, and collections that take what partners post."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from core.sdk import Context, PluginInfo, hookimpl
from plugins.taxii import retention


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="taxii", title="TAXII 2.1 and STIX 2.1")


@hookimpl
def migrations() -> Path:
    return Path(__file__).with_name("revisions")


@hookimpl
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:
    return retention.purging(ctx)
