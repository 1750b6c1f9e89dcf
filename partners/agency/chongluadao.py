"""ChongLuaDao: a list of hosts and URLs, one a line."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="chongluadao", title="ChongLuaDao list")
