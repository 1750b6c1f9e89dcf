"""Bringing a database to the current schema: core's own tables, and those that plugins bring.

Each plugin's revisions have a version table of their own, so that core's are found whole without the plugin.
Held by tests/test_migrations.py and tests/plugin/test_tables.py.
"""

from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

import core
from core.db import full_url

FOLDER = Path(core.__file__).parents[1] / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration, without an ini file."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER))
    # Alembic interpolates %; passwords in URLs carry it.
    found.set_main_option("sqlalchemy.url", full_url(url).replace("%", "%%"))
    return found


def plugin_config(url: str, plugin: str, folder: Path) -> Config:
    """The same for the revisions of one plugin: other files, another version table."""
    found = config(url)
    found.set_main_option("path_separator", "newline")
    found.set_main_option("version_locations", str(folder).replace("%", "%%"))
    found.attributes["plugin"] = plugin
    return found


def migrate(url: str, plugins: Mapping[str, Path] | None = None) -> None:
    """Upgrade to the newest revision, as owner of the schema. Not to be called on a running event loop.

    `plugins` are their folders of revisions by name (`PluginHost.migrations`), run after core's. Makes the folder of a
    SQLite file when there is none.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command.upgrade(config(url), "heads")
    for plugin, folder in (plugins or {}).items():
        command.upgrade(plugin_config(url, plugin, folder), "heads")


def purge(url: str, plugin: str, folder: Path) -> None:
    """Take back every revision of a plugin: its tables go, with what is in them."""
    command.downgrade(plugin_config(url, plugin, folder), "base")
