"""Commands of plugins: `kmm <plugin> <command>`."""

from inspect import isawaitable
from typing import Any

import click

from core.cli.house import Commands, House, run
from core.plugin import discovery


class WithPlugins(Commands):
    """The hub's own commands, and behind each other word the plugin of that name, if it adds any."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = super().get_command(ctx, cmd_name)
        # Settings are read for a plugin alone: a slip of the pen is told as such.
        if known or all(one.name != cmd_name for one in discovery.installed()):
            return known
        host = House(ctx.params.get("config")).plugins
        commands = host.commands(cmd_name)
        if not commands:
            return None
        group = Commands(cmd_name, commands={command.name or "": command for command in commands})

        @group.result_callback()
        def finish(result: Any) -> None:
            if isawaitable(result):
                run(host.perform(cmd_name, result))

        return group
