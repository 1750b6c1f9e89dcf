"""PostgreSQL: whatever a statement forgets, its role reads and writes nothing of another partner."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Partner, Sight
from core.db import Base, Database
from core.log import head
from core.log.events import record
from core.log.models import Addressee, EventRow
from core.settings import Settings
from core.signals import blinding
from core.signals.models import Blind, Claim, Reference, Signal
from core.testing import BASE_URL, TestedHub, run_hub
from core.wire.events import CampaignChanged
from tests.conftest import TEMPLATE
from tests.isolation.shapes import READS, WRITES, Keys, Read, Row, Write, core_insert, keys_of, orm_insert
from tests.postgres import execute

TABLES: tuple[type[Base], ...] = (Claim, Signal, Blind, EventRow, Addressee, Sight, Reference)
ORDINARY = {
    *("activity", "asset", "campaign", "connection_point", "fetch", "material", "material_version", "review"),
    *("report", "report_file", "report_template", "report_schedule", "report_cut"),
    *("usage_cell", "reach_cell", "commune_cell", "campaign_goals"),
    *("approval_policy", "requirement", "licence_text", "licence_acceptance", "recall_acknowledgement"),
    *("search_text", "short_link", "usage_report", "rendition", "upload", "pack"),
    *("event", "log_head", "tick", "used_assertion", "blind_use", "reader"),
    *("takedown", "takedown_request", "takedown_step", "takedown_outcome", "takedown_pause", "takedown_policy"),
    *("repeat_policy", "calendar_day", "contact", "push", "responsibility", "emergency", "appeal", "appeal_task"),
    *("referral", "referral_step", "preservation", "custody_entry", "partner_quality"),
    *("webhooks_endpoint", "webhooks_delivery", "webhooks_desk", "webhooks_replay"),
    *("feed_key", "plugin_state", "taxii_status", "taxii_rendered"),
    # Migrations of plugins give every right; policies of its own leave reading alone (tests/plugins/taxii).
    "taxii_object",
}
"""Tables that the transaction of a request may write to."""
ADDED_TO = {"addressee", "audit"}
"""Tables that it adds to, and changes nothing in."""
READERS = ("tiktok", "meta", "chongluadao", "creator-mai", "secretariat")
MANY = 1_000


@pytest.fixture(scope="module")
def url(postgresql_url: str) -> Iterator[str]:
    """A database with claims, names and events of several audiences. Tests leave it as it is."""
    execute(postgresql_url, f"CREATE DATABASE shapes TEMPLATE {TEMPLATE}")
    url = make_url(postgresql_url).set(database="shapes").render_as_string(hide_password=False)
    asyncio.run(_seed(url))
    yield url
    execute(postgresql_url, "DROP DATABASE shapes WITH (FORCE)")


async def _seed(url: str) -> None:
    settings = Settings(secret="s" * 32, database_url=url, blobs_url="memory:///", base_url=BASE_URL)
    async with run_hub(settings) as hub:
        await _group(hub)
        for number, slug in enumerate(("tiktok", "meta", "chongluadao")):
            items = [
                {"kind": "domain", "value": f"{word}-{number % (2 if shared else 3)}.example"} | audience
                for shared, word, audience in (
                    (False, "alone", {}),
                    (False, "inside", {"groups": ["eyes"]} if slug != "chongluadao" else {"tlp": "RED"}),
                    (True, "everyone", {"tlp": "GREEN"}),
                    (True, "mixed", {"tlp": "GREEN"} if slug == "tiktok" else {}),
                )
            ]
            named = [item | {"external_id": f"{slug}-{index}"} for index, item in enumerate(items)]
            await _ok(hub, slug, "POST", "/v1/signals", {"signals": named})
        await _ok(hub, "tiktok", "POST", "/v1/signals/retractions", {"external_ids": ["tiktok-2"]})
        await _ok(
            hub,
            "meta",
            "POST",
            "/v1/signals",
            {"signals": [{"kind": "domain", "value": "mixed-1.example", "tlp": "GREEN"}]},
        )
        await blinding.follow(hub.parts.db, hub.parts.keys, hub.parts.kinds)
        async with head.writing(hub.parts.db, "tests", "Seed") as session:
            for partner in list(await session.scalars(select(Partner.id))):
                await record(session, CampaignChanged(campaign="planted"), to=(partner,))


async def _group(hub: TestedHub) -> None:
    await _ok(hub, "tiktok", "POST", "/v1/groups", {"slug": "eyes", "name": "Eyes"})
    await _ok(hub, "tiktok", "POST", "/v1/groups/eyes/invitations", {"partner": "meta"})
    await _ok(hub, "meta", "PUT", "/v1/groups/eyes/membership", None)


async def _ok(hub: TestedHub, slug: str, method: str, path: str, body: Any) -> None:
    answer = await hub.client_as(slug).request(method, path, json=body)
    assert answer.is_success, answer.text


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    db = Database(url)
    yield db
    await db.close()


async def _rows(session: AsyncSession, model: type[Base]) -> list[Row]:
    return [dict(row) for row in (await session.execute(model.__table__.select())).mappings()]


class Truth:
    """Every row there is, and what each partner may see of them."""

    def __init__(self, rows: dict[type[Base], list[Row]], ids: dict[str, int]) -> None:
        self.rows = rows
        self.ids = ids

    def visible(self, model: type[Base], slug: str) -> list[Row]:
        partner = self.ids[slug]
        sight = {row["audience"] for row in self.rows[Sight] if row["partner"] == partner}
        told = {row["position"] for row in self.rows[Addressee] if row["partner"] == partner}
        seen = {row["signal"] for row in self.rows[Claim] if row["audience"] in sight}
        tests: dict[type[Base], Callable[[Row], bool]] = {
            Claim: lambda row: row["audience"] in sight,
            EventRow: lambda row: row["position"] in told,
            Addressee: lambda row: row["partner"] == partner,
            Signal: lambda row: row["id"] in seen,
            Blind: lambda row: row["signal"] in seen,
            Sight: lambda row: row["partner"] == partner,
            Reference: lambda row: row["partner"] == partner,
        }
        return [row for row in self.rows[model] if tests[model](row)]

    def hidden(self, model: type[Base], slug: str) -> list[Row]:
        visible = self.visible(model, slug)
        return [row for row in self.rows[model] if row not in visible]


async def _truth(db: Database) -> Truth:
    async with db.writer() as session:
        rows = {model: await _rows(session, model) for model in TABLES}
        partners = await session.execute(select(Partner.slug, Partner.id))
        return Truth(rows, {row.slug: row.id for row in partners})


@pytest.fixture
async def truth(db: Database) -> Truth:
    return await _truth(db)


def test_there_is_something_to_hide_and_something_to_see(truth: Truth) -> None:
    for model in TABLES:
        for slug in ("tiktok", "meta", "chongluadao"):
            assert truth.visible(model, slug), (model, slug)
            assert truth.hidden(model, slug), (model, slug)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
async def test_no_read_finds_what_is_hidden(db: Database, truth: Truth, read: Read) -> None:
    for slug in READERS:
        for door in (db.snapshot, db.edge):
            for model in TABLES:
                async with door(truth.ids[slug]) as session:
                    found = await read(session, model, truth.rows[model])
                assert found == keys_of(model, truth.visible(model, slug)), (slug, door.__name__, model.__tablename__)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_no_write_reaches_what_is_hidden(db: Database, truth: Truth, write: Write) -> None:
    for slug in ("tiktok", "chongluadao"):
        for model in TABLES:
            # Adding events is what an edge may do, for anyone; `test_an_edge_adds_events...` looks at it.
            if model in (EventRow, Addressee) and write in (orm_insert, core_insert):
                continue
            # Refused for want of rights, or done to no row.
            state = await _attempt(db, truth.ids[slug], write, model, truth.hidden(model, slug))
            assert state in (None, "42501"), (slug, model.__tablename__)
    assert (await _truth(db)).rows == truth.rows


async def _attempt(db: Database, partner: int, write: Write, model: type[Base], rows: list[Row]) -> str | None:
    """The SQLSTATE that it was refused with."""
    try:
        async with db.edge(partner) as session:
            await write(session, model, rows)
    except DBAPIError as refusal:
        return str(getattr(refusal.orig, "sqlstate", ""))
    return None


@pytest.mark.parametrize("write", [orm_insert, core_insert], ids=lambda write: write.__name__)
async def test_an_edge_adds_events_but_does_not_read_them_back(db: Database, truth: Truth, write: Write) -> None:
    partner = truth.ids["tiktok"]
    async with db.snapshot(partner) as session:
        for model in (EventRow, Addressee):
            moved = [row | {"position": row["position"] + 10**6} for row in truth.hidden(model, "tiktok")]
            await write(session, model, moved)
            session.expunge_all()
            assert keys_of(model, await _rows(session, model)) == keys_of(model, truth.visible(model, "tiktok"))


async def test_a_request_writes_to_ordinary_tables_only(db: Database) -> None:
    """What decides who may see what has no policies: there the rights themselves are missing."""
    grants = text(
        "SELECT table_name FROM information_schema.role_table_grants "
        "WHERE table_schema = 'public' AND grantee = 'kmm_reader' AND privilege_type = :right"
    )
    async with AsyncSession(db.engine) as session:
        for right in ("INSERT", "UPDATE", "DELETE"):
            expected = ORDINARY | ADDED_TO if right == "INSERT" else ORDINARY
            assert set(await session.scalars(grants, {"right": right})) == expected, right


@pytest.mark.parametrize("partner", [None, "", "0", str(10**9)])
async def test_without_a_partner_there_is_nothing(db: Database, partner: str | None) -> None:
    async with AsyncSession(db.engine) as session:
        await session.execute(text("SELECT set_config('role', 'kmm_reader', true)"))
        if partner is not None:
            await session.execute(text("SELECT set_config('kmm.partner', :partner, true)"), {"partner": partner})
        assert [await _rows(session, model) for model in TABLES] == [[]] * len(TABLES)


async def test_the_login_itself_sees_nothing(db: Database) -> None:
    """Who forgets to take a role is given less, not more."""
    async with AsyncSession(db.engine) as session:
        assert [await _rows(session, model) for model in TABLES] == [[]] * len(TABLES)


async def test_a_session_that_outlives_its_transaction_sees_nothing(db: Database, truth: Truth) -> None:
    for end in (AsyncSession.commit, AsyncSession.rollback):
        async with db.snapshot(truth.ids["tiktok"]) as session:
            assert await _rows(session, Claim)
            await end(session)
            assert [await _rows(session, model) for model in TABLES] == [[]] * len(TABLES)


async def test_the_writer_sees_all(db: Database, truth: Truth) -> None:
    connection = await _as_superuser(db)
    try:
        for model in TABLES:
            count = await connection.fetchval(f"SELECT count(*) FROM {model.__tablename__}")
            assert len(truth.rows[model]) == count
    finally:
        await connection.close()


async def _as_superuser(db: Database) -> Any:
    """Row-level security does not hold for a superuser: the count that the policies are measured by."""
    return await asyncpg.connect(make_url(db.url).set(drivername="postgresql", username="postgres").render_as_string())


async def test_partners_on_one_connection_never_see_each_other(db: Database, truth: Truth) -> None:
    expected = {slug: keys_of(Claim, truth.visible(Claim, slug)) for slug in READERS}
    backends = set()
    for turn in range(MANY):
        slug = READERS[turn % len(READERS)]
        door = db.edge if turn % 7 == 0 else db.snapshot
        async with door(truth.ids[slug]) as session:
            backends.add(await session.scalar(text("SELECT pg_backend_pid()")))
            assert await _claims(session) == expected[slug], (turn, slug)
            if turn % 5 == 0:
                # A transaction that ends in an error must not leave its partner behind either.
                with pytest.raises(DBAPIError):
                    await session.execute(text("SELECT 1 / 0"))
                await session.rollback()
    assert len(backends) == 1


async def _claims(session: AsyncSession) -> Keys:
    return {(position,) for position in await session.scalars(select(Claim.position))}
