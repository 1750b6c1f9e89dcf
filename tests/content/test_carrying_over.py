"""What was approved before there were policies, after the migration that brought them."""

import asyncio
import json
from collections.abc import Callable

from alembic import command
from sqlalchemy import Connection, select, text

from core import times
from core.content import decide
from core.content.models import Material, Review, Version
from core.db import Database
from core.migrate import config, migrate

STATES = ("draft", "in_review", "approved", "published", "withdrawn")


def _fill(connection: Connection) -> None:
    """A material in each state, with one approval of another partner."""
    for number, slug in ((1001, "author"), (1002, "reviewer")):
        connection.execute(
            text(
                "INSERT INTO partner (id, slug, name, kind, state, attribution, view, version, created) "
                f"VALUES ({number}, '{slug}', '{slug}', 'protection', 'active', 'named', 0, 1, 1)"
            )
        )
    for number, state in enumerate(STATES, 1):
        is_out = state in ("published", "withdrawn")
        row = {
            "n": number,
            "id": f"mat_{number:026d}",
            "withdrawn": 5 if state == "withdrawn" else None,
            "state": state,
            "published": 4 if is_out else None,
            "audiences": json.dumps(["children", "teenagers", "parents"]),
            "digest": None if state == "draft" else "a" * 64,
        }
        connection.execute(
            text(
                "INSERT INTO material (number, id, author, revision, created, withdrawn) "
                "VALUES (:n, :id, 1001, 1, 1, :withdrawn)"
            ),
            row,
        )
        connection.execute(
            text(
                "INSERT INTO material_version (number, material, version, state, title_vi, summary, kind, languages, "
                "audiences, categories, licence, digest, published) VALUES (:n, :n, 1, :state, 'Bài', '', 'poster', "
                "'[\"vi\"]', :audiences, '[]', 'LicenseRef-KMM-1.0', :digest, :published)"
            ),
            row,
        )
        connection.execute(
            text(
                "INSERT INTO review (number, version, partner, client, decision, reason, digest, at) "
                f"VALUES (:n, :n, 1002, 'cli', 'approve', '', '{'a' * 64}', 2)"
            ),
            row,
        )


async def _run(url: str, work: Callable[[Connection], None]) -> None:
    db = Database(url)
    async with db.engine.begin() as connection:
        await connection.run_sync(work)
    await db.close()


def test_what_is_out_stays_out_and_the_rest_is_handed_in_again(new_database: Callable[[], str]) -> None:
    url = new_database()
    command.downgrade(config(url), "0014")
    asyncio.run(_run(url, _fill))
    migrate(url)
    asyncio.run(_run(url, _check))


def _check(connection: Connection) -> None:
    joined = select(Version.number).join(Material, Material.number == Version.material)
    assert connection.scalars(joined.where(decide.released(times.now()))).all() == [4]
    rows = connection.execute(
        select(Version.state, Version.digest.is_(None), Version.withdrawn).order_by(Version.number)
    ).all()
    assert rows == [
        ("draft", True, None),
        ("draft", True, None),
        ("draft", True, None),
        ("published", False, None),
        ("withdrawn", False, 5),
    ]
    ages = ["ages_6_11", "ages_12_15", "ages_16_18", "parents"]
    assert connection.scalars(select(Version.audiences)).all() == [ages] * len(STATES)
    assert set(connection.scalars(select(Review.role))) == {"protection"}
