"""TAXII 2.1 at `/taxii2/`: the feed as STIX 2.1, and collections that take what partners post."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from core.sdk import Context, Format, PluginInfo, hookimpl
from plugins.taxii import post_routes, retention, routes, stix


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="taxii", title="TAXII 2.1 and STIX 2.1", prefix="taxii2")


@hookimpl
def migrations() -> Path:
    return Path(__file__).with_name("revisions")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [*routes.handlers, *post_routes.handlers]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [stix.FORMAT]


@hookimpl
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:
    return retention.purging(ctx)
