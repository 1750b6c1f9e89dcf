"""Hotline 111: what its counsellors note of offenders, as a table and as a form."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="hotline", title="Hotline 111")
