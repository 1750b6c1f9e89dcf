"""Ad-hoc cuts: asked for in one request, counted in a process of its own, read in another. Each is kept: who, what.

The reports' method of hiding proves what a class of readers can work out of all that it holds. No such proof can be had
over questions that are yet to come, so a cut never gives a figure to stand on (`core.reports.counting` says how).
"""

import asyncio
import logging
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, sealing, times
from core.auth import viewers
from core.auth.access import Principal
from core.db import Database, page_of
from core.errors import Conflict, Forbidden, NotFound, TooManyRequests
from core.reports import facts
from core.reports.models import ReportCut
from core.settings import Settings
from core.wire.common import FieldError
from core.wire.cuts import CutIn, CutLine, CutOut, CutRow, Cuts, CutState, Months
from core.wire.scopes import Scope

log = logging.getLogger("kmm")

_PREFIX = "cut"
_LENGTHS = (1, 3, 12)
"""Months of a cut. Of spans that may begin and end anywhere two differ by a month in dozens of ways, and the mean of so
many differences is that month's figure."""
_A_DAY = 200
"""Cuts of a partner in a day: the more related cells one sees, the better one guesses what lies under the rounding."""
_PATIENCE = 30
_LEASE = 120 * times.SECOND
"""Longer than counting may take, facts and all."""
_PROGRAM = str(Path(__file__).with_name("counting.py"))


class _Said(msgspec.Struct, frozen=True):
    rows: tuple[tuple[str | int | None, ...], ...] = ()
    refused: str = ""


async def ask(session: AsyncSession, principal: Principal, asked: CutIn) -> CutOut:
    """Note what is asked; `work` counts it. Raises `Conflict` naming the field, `Forbidden`, `TooManyRequests`."""
    if asked.readers == "national" and Scope.REPORTS_NATIONAL not in principal.scopes:
        raise Forbidden(f"Cuts over every partner's counts need the scope {Scope.REPORTS_NATIONAL}.")
    if faults := [*_faults_of_months(asked.months), *_faults_of_dimensions(asked)]:
        raise Conflict("This cannot be counted.", errors=faults)
    now = times.now()
    of_a_day = (ReportCut.partner == principal.partner, ReportCut.created > now - times.DAY)
    if (await session.execute(select(func.count()).where(*of_a_day))).scalar_one() >= _A_DAY:
        raise TooManyRequests(f"A partner has {_A_DAY} cuts in 24 hours.", headers={"Retry-After": "3600"})
    row = ReportCut(
        id=ids.new(_PREFIX),
        partner=principal.partner,
        client=principal.client,
        created=now,
        readers=asked.readers,
        asked=msgspec.to_builtins(asked),
        state=CutState.QUEUED.value,
        lease=0,
    )
    session.add(row)
    await session.flush()
    return _out(row, None)


def _faults_of_months(months: Months) -> list[FieldError]:
    since, until = _first(months.since), _first(months.until)
    length = (until.year - since.year) * 12 + until.month - since.month
    if length <= 0:
        return [FieldError("/months/to", "empty_period", "`to` is the first month that counts no longer.")]
    if length not in _LENGTHS or (since.month - 1) % length:
        return [FieldError("/months", "not_whole", "A cut counts one month, one quarter or one year of the calendar.")]
    if months.until > times.hub_day(times.now())[:7]:
        return [FieldError("/months/to", "not_over", "A cut counts months that are over.")]
    return []


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _faults_of_dimensions(asked: CutIn) -> list[FieldError]:
    known = facts.source(asked).dimensions
    named = [(f"/by/{at}", name) for at, name in enumerate(asked.by)] + [(f"/where/{n}", n) for n in asked.where]
    faults = [
        FieldError(pointer, "unknown_dimension", f"These readers divide {asked.source} by {', '.join(known)}.")
        for pointer, name in named
        if name not in known
    ]
    names = [name for _, name in named]
    return faults + [
        FieldError(pointer, "twice", "Name each dimension once.")
        for at, (pointer, name) in enumerate(named)
        if name in names[:at]
    ]


async def find(session: AsyncSession, principal: Principal, id: str) -> ReportCut:
    """Raises `NotFound` for another partner's."""
    wanted = select(ReportCut).where(ReportCut.id == id, _own(principal))
    row = (await session.scalars(wanted)).first() if ids.named(_PREFIX, id) else None
    if row is None:
        raise NotFound
    return row


async def read(session: AsyncSession, row: ReportCut) -> CutOut:
    return _out(row, await session.scalar(select(ReportCut.rows).where(ReportCut.id == row.id)))


async def parquet(session: AsyncSession, row: ReportCut) -> bytes:
    """The rows as a file. Raises `Conflict` while there is none."""
    found = await session.scalar(select(ReportCut.parquet).where(ReportCut.id == row.id))
    if found is None:
        raise Conflict(f"The cut is {row.state}; its rows are there once it is {CutState.MADE}.")
    return found


async def page(session: AsyncSession, principal: Principal, after: int, limit: int) -> Cuts:
    """The caller's cuts in the order in which they were asked for."""
    rows, following = await page_of(session, select(ReportCut).where(_own(principal)), ReportCut.number, after, limit)
    lines = (CutLine(row.id, _asked(row), CutState(row.state), times.from_micros(row.created)) for row in rows)
    return Cuts(tuple(lines), following)


def _own(principal: Principal) -> ColumnElement[bool]:
    """National counts stay closed to clients of the same partner that may not ask for them."""
    own = ReportCut.partner == principal.partner
    return own if Scope.REPORTS_NATIONAL in principal.scopes else and_(own, ReportCut.readers == "partner")


async def work(db: Database, settings: Settings, now: int | None = None) -> int:
    """Count what is asked for, one after the other; returns how many were. `now`: for tests, the time to act by."""
    counted = 0
    while row := await _claim(db, now or times.now()):
        rows, file, problem = await _count(db, settings, row)
        state = CutState.FAILED if problem else CutState.MADE
        done = update(ReportCut).where(ReportCut.id == row.id)
        async with db.edge(row.partner) as session:
            await session.execute(done.values(state=state.value, rows=rows, parquet=file, problem=problem, lease=0))
        counted += 1
    return counted


async def _claim(db: Database, now: int) -> ReportCut | None:
    """The first that waits, or whose counting died; nobody else takes it until its lease runs out."""
    waiting = or_(ReportCut.state == CutState.QUEUED.value, ReportCut.state == CutState.COUNTING.value)
    wanted = select(ReportCut).where(waiting, ReportCut.lease < now).order_by(ReportCut.number).limit(1)
    async with db.survey() as session:
        row = (await session.scalars(wanted)).first()
    if row is None:
        return None
    taken = (
        update(ReportCut)
        .where(ReportCut.id == row.id, ReportCut.lease == row.lease, ReportCut.state == row.state)
        .values(state=CutState.COUNTING.value, lease=now + _LEASE)
        .returning(ReportCut.id)
    )
    async with db.edge(row.partner) as session:
        return row if (await session.execute(taken)).first() else None


async def _count(db: Database, settings: Settings, row: ReportCut) -> tuple[bytes | None, bytes | None, str | None]:
    """Rows in JSON and in Parquet, or why there are none."""
    asked = _asked(row)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with db.snapshot(row.partner) as session:
            principal = await viewers.viewer(session, row.partner)
            if principal is None:
                return None, None, "The partner that asked is suspended."
            await facts.write(session, principal, asked, folder / "facts.csv")
        question = _question(asked, principal, settings, folder)
        said = await _run(question)
        if said.refused:
            return None, None, said.refused
        return msgspec.json.encode(said.rows), (folder / "rows.parquet").read_bytes(), None


def _question(asked: CutIn, principal: Principal, settings: Settings, folder: Path) -> dict[str, Any]:
    last = _first(asked.months.until) - timedelta(1)
    return {
        "facts": str(folder / "facts.csv"),
        "parquet": str(folder / "rows.parquet"),
        "by": asked.by,
        "where": asked.where,
        "measures": facts.source(asked).measures,
        "secret": sealing.derive(settings.secret, b"cuts").hex(),
        "scope": {
            "source": asked.source,
            "eyes": "" if asked.readers == "national" else principal.slug,
            "months": [asked.months.since, f"{last:%Y-%m}"],
        },
    }


async def _run(question: dict[str, Any]) -> _Said:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", _PROGRAM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            out, err = await child.communicate(msgspec.json.encode(question))
        return msgspec.json.decode(out, type=_Said)
    except TimeoutError:
        return _Said(refused=_TOO_MUCH)
    except msgspec.MsgspecError:
        # Ended by one of its limits. Nothing that it says holds a fact's value: a member is a word of the hub.
        log.error("a cut was not counted: %s", err.decode(errors="replace")[-1_000:])
        return _Said(refused=_TOO_MUCH)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


_TOO_MUCH = "It takes too much to count. Ask for fewer months or dimensions."


def _out(row: ReportCut, rows: bytes | None) -> CutOut:
    asked = _asked(row)
    width = len(asked.by)
    found = msgspec.json.decode(rows or b"[]", type=tuple[tuple[Any, ...], ...])
    return CutOut(
        id=row.id,
        asked=asked,
        state=CutState(row.state),
        created=times.from_micros(row.created),
        problem=row.problem,
        measures=facts.source(asked).measures,
        rows=tuple(CutRow(one[:width], one[width:]) for one in found),
    )


def _asked(row: ReportCut) -> CutIn:
    return msgspec.convert(row.asked, CutIn)
