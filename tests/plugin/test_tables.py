"""Tables of a plugin: made after core's, in its name alone, and taken back without a trace."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, inspect, text

from core.cli import main
from core.db import Database
from core.migrate import migrate, purge
from core.plugin import discovery
from tests.plugin.fakes import host, plugin

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("word", sa.Text()))


def downgrade():
    op.drop_table("{table}")
"""


@pytest.fixture
def revisions(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with one revision, which makes a table of this name."""

    def make(table: str) -> Path:
        folder = tmp_path / f"revisions of {table}"
        folder.mkdir()
        (folder / "1_first.py").write_text(REVISION.format(table=table))
        return folder

    return make


def tables(url: str) -> set[str]:
    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async def work() -> Any:
        db = Database(url)
        async with db.engine.connect() as connection:
            found = await connection.run_sync(names)
        await db.close()
        return found

    return set(asyncio.run(work()))


def write_and_count(url: str) -> int:
    async def work() -> int:
        db = Database(url)
        async with db.edge(0) as session:
            await session.execute(text("INSERT INTO two_words_thing (word) VALUES ('one')"))
        async with db.writer() as session:
            found = await session.execute(text("SELECT count(*) FROM two_words_thing"))
            count = int(found.scalar_one())
        await db.close()
        return count

    return asyncio.run(work())


def test_both_roles_may_use_what_a_plugin_makes(database_url: str, revisions: Callable[[str], Path]) -> None:
    before = tables(database_url)
    folder = revisions("two_words_thing")
    migrate(database_url, {"two-words": folder})
    assert tables(database_url) - before == {"two_words_thing", "alembic_version_two-words"}
    assert write_and_count(database_url) == 1
    # Again, as at every start: nothing is done.
    migrate(database_url, {"two-words": folder})
    assert write_and_count(database_url) == 2
    # Without the plugin, too: core's own revisions are found whole.
    migrate(database_url)
    purge(database_url, "two-words", folder)
    assert tables(database_url) == before
    migrate(database_url, {"two-words": folder})
    assert write_and_count(database_url) == 1


def test_a_plugin_makes_no_table_in_anothers_name(database_url: str, revisions: Callable[[str], Path]) -> None:
    before = tables(database_url)
    with pytest.raises(ValueError, match="tables that begin with 'polite_', not 'rude_thing'"):
        migrate(database_url, {"polite": revisions("rude_thing")})
    assert "rude_thing" not in tables(database_url) - before


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_command_makes_and_drops_the_tables_of_plugins(
    database_url: str, revisions: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = revisions("shelf_book")
    shelf = plugin("shelf", migrations=lambda: folder)
    monkeypatch.setattr(discovery, "installed", lambda: discovery.given([shelf]))
    environment = {"KMM_SECRET": "s" * 32, "KMM_DATABASE_URL": database_url}

    def run(*command: str) -> str:
        done = CliRunner().invoke(main, command, env=environment)
        return f"{done.exit_code} {done.output}"

    assert run("migrate").startswith("0")
    assert "shelf_book" in tables(database_url)
    assert "0 " in run("plugins", "purge", "shelf", "--yes")
    assert "shelf_book" not in tables(database_url)
    assert "No plugin nothing with tables runs here" in run("plugins", "purge", "nothing", "--yes")
    assert "shelf" in run("plugins")


def test_a_plugin_without_its_folder_is_quarantined(tmp_path: Path) -> None:
    missing = host(plugin("missing", migrations=lambda: tmp_path / "nowhere"))
    assert "nowhere" in missing.quarantined["missing"].error
