"""Exports: what a caller may see, as files for tools that speak no API.

Two limits hold for all of it: what the caller may see, and what may leave at all (`Selection.leaving`).
"""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from core.sdk import Format, PluginInfo, hookimpl
from plugins.exports import tables
from plugins.exports.blocklist import read_blocklist


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="exports", title="Blocklists, CSV")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [read_blocklist]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [tables.FORMAT]
