"""Mail: pushes reach a duty desk that has no endpoint."""

from collections.abc import Sequence

from core.sdk import Channel, Context, PluginInfo, hookimpl
from plugins.mail.channel import Mail, Settings


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="mail", title="Notices by mail", settings=Settings)


@hookimpl
def channels(ctx: Context) -> Sequence[Channel]:
    """None until the operator names a mail server."""
    return [Mail(ctx.settings)] if ctx.settings.host else []
