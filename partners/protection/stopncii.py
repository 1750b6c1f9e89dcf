"""StopNCII: hashes of intimate images, as its exchange spells them."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="stopncii", title="StopNCII")
