"""Bringing a database to the current schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config

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


def migrate(url: str) -> None:
    """Upgrade to the newest revision, as owner of the schema. Not to be called on a running event loop."""
    command.upgrade(config(url), "heads")
