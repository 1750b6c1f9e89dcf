"""TAXII 2.1 at `/taxii2/`: the feed as STIX 2.1, and collections that take what partners post.

Where to look:

- Reading: `read_routes`; `asking` has the query, filters and where a reader stands; `reading` makes a page, of what was
  posted (`stored`) and what the hub says itself (`rendered`, written by `stix`); `own_ids` keeps the ids of that, and
  finds its signals again.
- Posting: `post_routes`, `posting`; `objects` are as they came, `meaning` is what they say (`patterns`, `markings`),
  `posted` what may be kept; `checking`, `grammar` and `owning` are why not, `sharing` is with whom. `storing` and
  `removing` are jobs of the claim log, on `claiming` and `versions`; `statuses` has what became of it.
- Both: `collections`, who looks at which; `errors`; `resources`, what TAXII calls so; `retention`.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from core.sdk import Context, Format, PluginInfo, hookimpl
from plugins.taxii import post_routes, read_routes, retention, stix


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="taxii", title="TAXII 2.1 and STIX 2.1", prefix="taxii2")


@hookimpl
def migrations() -> Path:
    return Path(__file__).with_name("revisions")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [*read_routes.handlers, *post_routes.handlers]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [stix.FORMAT]


@hookimpl
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:
    return retention.purging(ctx)
