"""Webhooks: events of the log delivered to endpoints of partners, signed as Standard Webhooks say.

What may be sent is asked with the partner's own eyes when it is sent; bodies carry ids and counts only. Delivery is at
least once and in order for each endpoint; one that is slow or dead delays nobody else.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
from litestar.handlers import HTTPRouteHandler

from core.sdk import Channel, Context, PluginInfo, hookimpl
from plugins.webhooks import routes
from plugins.webhooks.channel import WebhookChannel
from plugins.webhooks.dispatch import Dispatcher
from plugins.webhooks.transport import Limits, Transport


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[plugins.webhooks]`."""

    ports: tuple[int, ...] = (443,)
    """That deliveries may go to."""
    allow: tuple[str, ...] = ()
    """`host:port` pairs that may be reached though they are not public, by http as well: for trying things out."""


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="webhooks", title="Events delivered to partners' endpoints", settings=Settings)


@hookimpl
def migrations() -> Path:
    return Path(__file__).with_name("revisions")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return routes.handlers


@hookimpl
def channels(ctx: Context) -> Sequence[Channel]:
    # Less than core gives a channel, so that what was answered is noted, too.
    return [WebhookChannel(ctx, Transport(ctx.settings.allow, Limits(total=10.0)))]


@hookimpl
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:
    return Dispatcher(ctx, Transport(ctx.settings.allow)).running()
