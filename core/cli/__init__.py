"""The command `kmm`: each subcommand one small function over the noun modules."""

import ctypes
import gc
from contextlib import suppress
from pathlib import Path

import click

# Nothing goes of what is imported: to look for garbage in it, now and later, took a fifth of every command's start.
gc.disable()

from core.cli import (  # noqa: E402
    access,
    connector,
    demo,
    feedkey,
    guard,
    lookup,
    plugin,
    policy,
    preview,
    report,
    sandbox,
    server,
    signals,
    sync,
)
from core.cli.added import WithPlugins  # noqa: E402
from core.cli.house import House  # noqa: E402

gc.freeze()
gc.enable()


@click.group(cls=WithPlugins, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings; also KMM_CONFIG.")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """The hub of Không Một Mình.

    Settings come from a TOML file and from KMM_* variables, of which KMM_SECRET is the only one that must be there.
    """
    _share_one_heap()
    context.obj = House(config)


def _share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own; to be said before there are threads.

    2026-11-22: what the threads of SQLite's connections leave behind in theirs is not given back. A walk of a million
    signals ended with 33 MB more than one of a hundred thousand, and with one heap it ends with next to nothing more.
    Other C libraries know no such setting. Held by tests/bench.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


_M_ARENA_MAX = -8
"""As <malloc.h> has it."""


report.report.add_command(preview.preview)

for command in (
    demo.demo,
    sandbox.sandbox,
    server.serve,
    server.migrate,
    access.partner,
    access.client,
    feedkey.feedkey,
    access.group,
    signals.signals,
    guard.guard,
    policy.policy,
    lookup.lookup,
    report.report,
    sync.sync,
    server.plugins,
    plugin.plugin,
    connector.connector,
    server.openapi,
    server.keys,
):
    main.add_command(command)
