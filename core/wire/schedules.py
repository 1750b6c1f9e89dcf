"""Schedules: reports that are ordered once for all."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Slug, Time
from core.wire.documents import ReaderClass
from core.wire.templates import Heading

Cron = Annotated[str, Meta(min_length=9, max_length=100, pattern=r"^[0-9]{1,2}( [-0-9A-Za-z*,/#]+){4}$")]
"""Five fields as in crontab(5), in the time of Viet Nam: minute, hour, day of the month, month, day of the week.

The minute is one number. `L` is the last day of the month: `30 6 1 * *` is 06:30 on the first of every month.
"""


class Covers(StrEnum):
    """Which period a report covers: the last that was over, by the days of Viet Nam, when it falls due."""

    LAST_DAY = "last_day"
    LAST_WEEK = "last_week"
    """Monday to Sunday."""
    LAST_MONTH = "last_month"
    LAST_QUARTER = "last_quarter"
    LAST_YEAR = "last_year"


class ScheduleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When which report is ordered."""

    template: Slug
    cron: Cron
    covers: Covers
    readers: ReaderClass | None = None
    """Default: the template's."""
    title: Heading | None = None
    """Default: the template's."""
    paused: bool = False
    """While it is, nothing falls due; what would have is not caught up."""


class ScheduleOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule, and what became of it."""

    slug: Slug
    template: Slug
    cron: Cron
    covers: Covers
    readers: ReaderClass | None
    title: Heading | None
    paused: bool
    due: Time | None
    """When it orders next. What falls due while the hub is down is ordered when it is up again, each period once."""
    ordered: Time | None
    """The due time that was last seen to."""
    report: str | None
    """Id of the last report that it ordered; event `report.made` tells when it is there."""
    trouble: str | None
    """Why there was no report at its last due time."""
    version: Count
    """The ETag."""


class Schedules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schedules: tuple[ScheduleOut, ...]
    """Your partner's, by slug."""
