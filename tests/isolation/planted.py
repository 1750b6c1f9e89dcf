# mypy: ignore-errors
"""Never run, only read by `statements.Code`: each function of `Round` must be named, none of `Through`."""

from sqlalchemy import and_, delete, exists, func, insert, or_, select, text, union, update
from sqlalchemy.orm import aliased

from core.auth.access import visible
from core.auth.models import Partner
from core.db import Base, insert_rows, table_of
from core.errors import NotFound
from core.events.feed import addressed
from core.log.models import Addressee, EventRow
from core.signals import models, view
from core.signals.models import Cell as Count
from core.signals.models import Claim, Digest, Signal
from core.wire.signals import Digest as DigestOut


def bare():
    return select(Claim)


class Helper:
    def own(self):
        return select(Claim)

    def sees(self, me):
        return [visible(Claim, me), Claim.closed == 0]


class Round:
    async def select(self, session):
        await session.execute(select(Claim))

    async def column(self, session):
        await session.scalars(select(Claim.category))

    async def get(self, session):
        await session.get(Claim, 7)

    async def query(self, session):
        session.query(Claim).all()

    async def count(self, session):
        await session.scalar(select(func.count()).select_from(Claim))

    async def alias(self, session, me):
        other = aliased(Claim)
        await session.execute(select(other).where(visible(Claim, me)))

    async def join(self, session):
        await session.execute(select(Partner.slug).join(Claim, Claim.partner == Partner.id))

    async def implicit_join(self, session):
        await session.execute(select(Partner.slug).where(Claim.partner == Partner.id))

    async def exists(self, session):
        await session.execute(select(Partner.slug).where(exists().where(Claim.partner == Partner.id)))

    async def in_(self, session):
        await session.execute(select(Partner.slug).where(Partner.id.in_(select(Claim.partner))))

    async def subquery(self, session):
        some = select(Claim.partner).subquery()
        await session.execute(select(some.c.partner))

    async def limited_too_late(self, session, me):
        some = select(Claim).subquery()
        await session.execute(select(some).where(visible(Claim, me)))

    async def cte(self, session):
        some = select(Claim.partner).cte()
        await session.execute(select(some))

    async def union(self, session, me):
        await session.execute(union(select(Claim).where(visible(Claim, me)), select(Claim)))

    async def update(self, session):
        await session.execute(update(Claim).values(state="gone"))

    async def delete(self, session):
        await session.execute(delete(Claim).where(Claim.position == 7))

    async def insert(self, session):
        await session.execute(insert(EventRow).values(position=7))

    async def event(self, session):
        await session.execute(select(EventRow.body))

    async def event_by_audience(self, session, me):
        await session.execute(select(EventRow.body).where(visible(EventRow, me)))

    async def event_of_whomever(self, session):
        await session.execute(select(EventRow.body).join(Addressee, Addressee.position == EventRow.position))

    async def addressees(self, session):
        await session.execute(select(Addressee.partner))

    async def claim_as_event(self, session, me):
        await session.execute(select(Claim.value).where(addressed(me)))

    async def row(self, session):
        session.add(Claim(position=7))

    async def core(self, session):
        await session.execute(Claim.__table__.select())

    async def bulk(self, session, rows):
        await insert_rows(session, table_of(Claim), rows)

    async def table_by_name(self, session):
        await session.execute(select(Base.metadata.tables["claim"]))

    async def text(self, session):
        await session.execute(text("SELECT value FROM claim"))

    async def text_in_pieces(self, session, what):
        await session.execute(text("SELECT value " + f"FROM {what} JOIN claim"))

    async def text_as_fragment(self, session):
        await session.execute(select(text("*")).select_from(text("claim")))

    async def name_in_text(self, session):
        await session.execute(text(f"SELECT * FROM {Claim.__tablename__}"))

    async def driver(self, connection):
        await connection.exec_driver_sql("DELETE FROM event WHERE position < 7")

    async def or_(self, session, me):
        await session.execute(select(Claim).where(or_(visible(Claim, me), Claim.state == "active")))

    async def not_(self, session, me):
        await session.execute(select(Claim).where(~visible(Claim, me)))

    async def of_another_table(self, session, me):
        await session.execute(select(Claim, Digest).where(visible(Digest, me)))

    async def order(self, session, me):
        await session.execute(select(Claim).order_by(visible(Claim, me)))

    async def outer_join(self, session, me):
        await session.execute(select(Claim).outerjoin(Partner, visible(Claim, me)))

    async def renamed(self, session):
        await session.execute(select(Count.new))

    async def by_module(self, session):
        await session.execute(select(models.Claim))

    async def signal_alone(self, session, key):
        await session.execute(select(Signal.value).where(Signal.key == key))

    async def helper(self, session):
        await session.execute(bare())

    async def helper_elsewhere(self, session):
        await session.execute(view.claims())

    async def method(self, session, helper):
        await session.execute(helper.own().where(Claim.closed == 0))

    async def joined_bare(self, session):
        some = select(Claim.position).subquery()
        await session.execute(view.claims().join(some, some.c.position == Claim.position))

    async def joined_by_another_column(self, session, me):
        some = select(Claim.position, Claim.partner).where(visible(Claim, me)).subquery()
        await session.execute(view.claims().join(some, some.c.partner == Claim.partner))

    async def only_if(self, session, me):
        wanted = select(Claim)
        if me:
            wanted = wanted.where(visible(Claim, me))
        await session.execute(wanted)

    async def list_only_if(self, session, me):
        fits = [Claim.closed == 0]
        if me:
            fits.append(visible(Claim, me))
        await session.execute(select(Claim).where(*fits))

    async def in_a_loop(self, session):
        for table in (Claim, Digest):
            await session.execute(select(table))

    async def in_a_comprehension(self, session):
        await session.execute(select(*(column for column in (Claim.kind, Claim.partner))))

    async def kept(self):
        self.wanted = select(Claim)

    async def handed_on(self, count):
        await count(Claim.category)

    async def deferred(self, run):
        await run(lambda: select(Claim))

    def yielded(self):
        yield select(Claim)


class Through:
    async def where(self, session, me):
        await session.execute(select(Claim).where(visible(Claim, me), Claim.closed == 0))

    async def and_(self, session, me):
        await session.execute(select(Claim).where(and_(Claim.closed == 0, visible(Claim, me))))

    async def step_by_step(self, session, me):
        wanted = select(Claim.kind)
        wanted = wanted.where(visible(Claim, me))
        await session.execute(wanted.limit(7))

    async def in_both_branches(self, session, me):
        wanted = select(Claim).where(visible(Claim, me)) if me else select(Claim.kind).where(visible(Claim, me))
        await session.execute(wanted)

    async def helper(self, session, me):
        await session.execute(bare().where(visible(Claim, me)))

    async def helper_elsewhere(self, session, me):
        await session.execute(view.claims().where(visible(Claim, me)))

    async def method(self, session, helper, me):
        await session.execute(view.claims().where(*helper.sees(me)))

    async def subquery(self, session, me):
        makers = select(Claim.partner).where(visible(Claim, me))
        await session.execute(select(Partner).where(Partner.id.in_(makers)))

    async def two_tables(self, session, me):
        await session.execute(select(Claim, Digest).where(visible(Claim, me), visible(Digest, me)))

    async def signal_by_its_claims(self, session, me):
        await session.execute(select(Signal.value).join(Claim).where(visible(Claim, me)))

    async def collected(self, session, me):
        fits = [visible(Claim, me)]
        fits.append(Claim.closed == 0)
        await session.execute(select(Claim).where(*fits))

    async def joined_by_position(self, session, me):
        some = select(Claim.position).where(visible(Claim, me)).subquery()
        await session.execute(view.claims().join(some, some.c.position == Claim.position))

    async def event(self, session, me):
        await session.execute(select(EventRow.body).where(addressed(me), Addressee.position > 7))

    async def of_the_same_name(self):
        return DigestOut(position=7, digest="0" * 32)

    async def prose(self):
        raise NotFound("Select an event from the list, or claim it.")
