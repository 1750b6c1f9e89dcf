"""NCMEC: entries of its hash-sharing interface, version 2."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="ncmec", title="NCMEC hash sharing")
