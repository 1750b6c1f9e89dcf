"""Ad-hoc cuts: questions that no report answers, told in round figures."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Count, Prose, Time
from core.wire.documents import Code, Name

CutId = Annotated[str, Meta(pattern="^cut_[a-z2-7]{26}$", min_length=30, max_length=30)]
Month = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", min_length=7, max_length=7)]
"""A month in Viet Nam, `2026-11`."""


class CutSource(StrEnum):
    """What is counted, and by which dimensions it can be divided."""

    SIGNALS = "signals"
    """Openings and closings of claims: `month`, `partner`, `kind`, `category`. `first` counts distinct signals."""
    TAKEDOWNS = "takedowns"
    """Cases: `month`, `partner` (who asked first), `platform`, `basis`, `category`, `priority`, `kind`."""
    REACH = "reach"
    """Activities by the month in which they were told: `month`, `partner`, `campaign`, `province`, `strand`."""


class Months(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A month, quarter or year of the calendar that is over, half open: what can be moved about shows single cases."""

    since: Month
    """The first month that counts."""
    until: Month
    """The first month that counts no longer."""


class CutIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be counted."""

    source: CutSource
    months: Months
    by: Annotated[tuple[Name, ...], Meta(max_length=3)] = ()
    """Dimensions of the source; each row is one combination of their members."""
    where: Annotated[dict[Name, Code], Meta(max_length=8)] = {}
    """Only this member of further dimensions. One each: sets of members could be told apart by a single case."""
    readers: Literal["national", "partner"] = "partner"
    """`partner`: what your partner may see, without the dimension `partner`; `national` needs `reports:national`."""


class CutState(StrEnum):
    QUEUED = "queued"
    COUNTING = "counting"
    MADE = "made"
    FAILED = "failed"


class CutRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: tuple[Code | None, ...]
    """A member of each dimension in `by`; null: all of them together."""
    cells: tuple[Count | None, ...]
    """One for each measure. Null: fewer than about 10."""


class CutOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cut, and how far it is."""

    id: CutId
    asked: CutIn
    state: CutState
    created: Time
    problem: Prose | None
    """Why it failed."""
    measures: tuple[Name, ...]
    """What the cells of a row count."""
    rows: tuple[CutRow, ...]
    """Once it is `made`; a combination that is not there has fewer than about 10 in every measure."""
    rounded: Literal[True] = True
    """Every figure was moved at random, the same one always by the same number, then rounded to 5; never exact."""
    additive: Literal[False] = False
    """Totals are rounded on their own and are no sums of their rows."""


class CutLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cut in a list."""

    id: CutId
    asked: CutIn
    state: CutState
    created: Time


class Cuts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cuts: tuple[CutLine, ...]
    next: str | None
    """Cursor for the next page; null on the last."""
