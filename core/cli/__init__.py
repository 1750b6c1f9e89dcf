"""The command `kmm`: each subcommand one small function over the noun modules."""

from pathlib import Path

import click

from core.cli import access, demo, guard, lookup, policy, server, signals, sync
from core.cli.house import Commands, House


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings; also KMM_CONFIG.")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """The hub of Không Một Mình.

    Settings come from a TOML file and from KMM_* variables, of which KMM_SECRET is the only one that must be there.
    """
    context.obj = House(config)


for command in (
    demo.demo,
    server.serve,
    server.migrate,
    access.partner,
    access.client,
    access.group,
    signals.signals,
    guard.guard,
    policy.policy,
    lookup.lookup,
    sync.sync,
    server.plugins,
    server.openapi,
    server.keys,
):
    main.add_command(command)
