"""Exchanges that the clients of others know: StopNCII, Graph, NCMEC hash sharing, Global Signal Exchange."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="compat", title="StopNCII, Graph, NCMEC and Global Signal Exchange")
