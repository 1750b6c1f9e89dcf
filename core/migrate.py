"""Bringing a database to the current schema."""

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


def migrate(url: str) -> None:
    """Upgrade to the newest revision, as owner of the schema. Not to be called on a running event loop.

    Makes the folder of a SQLite file when there is none.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command.upgrade(config(url), "heads")
