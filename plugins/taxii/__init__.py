"""TAXII 2.1 at `/taxii2/`: the feed as STIX 2.1, and collections that take what partners post.

Where to look:

- `stix`: `objects` as they come, `meaning` is what they say (`patterns`, `grammar`, `markings`); `indicators` are what
  the hub makes of signals.
- `reading`: `routes`; `query` has the filters and where a reader stands; `pages` are made of what was posted (`stored`)
  and of what the hub says itself (`rendered`), whose ids `own_ids` keeps.
- `posting`: `routes`, `posts`; `posted` is what may be kept, `checking` and `owning` why not, `sharing` with whom.
  `storing` and `removing` are jobs of the claim log, on `claiming` and `versions`; `statuses` has what became of it.
- Both: `collections`, who looks at which; `turns`, on the head of the log; `errors`; `resources`, what TAXII calls so.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from core.sdk import Context, Format, PluginInfo, hookimpl
from plugins.taxii.posting import retention
from plugins.taxii.posting.routes import handlers as posting
from plugins.taxii.reading.routes import handlers as reading
from plugins.taxii.stix import indicators


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="taxii", title="TAXII 2.1 and STIX 2.1", prefix="taxii2")


@hookimpl
def migrations() -> Path:
    return Path(__file__).with_name("revisions")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [*reading, *posting]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [indicators.FORMAT]


@hookimpl
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:
    return retention.purging(ctx)
