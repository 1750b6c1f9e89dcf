"""Exchanges that the clients of others know: StopNCII, Graph, NCMEC hash sharing, Global Signal Exchange.

Each has a module of its own, which says what a partner has to know that reads us so.
"""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from core.sdk import Format, PluginInfo, hookimpl
from plugins.compat import graph, gse, gse_reports, ncmec, ncmec_entries, stopncii, stopncii_records


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="compat", title="StopNCII, Graph, NCMEC and Global Signal Exchange")


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [*stopncii.handlers, *graph.handlers, *ncmec.handlers, *gse.handlers]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [stopncii_records.FORMAT, ncmec_entries.FORMAT, gse_reports.FORMAT]
