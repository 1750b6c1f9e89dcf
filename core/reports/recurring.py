"""When a schedule falls due, and which period it is due for: pure, in the days of Viet Nam."""

from datetime import date, timedelta

from cronsim import CronSim, CronSimError

from core import times
from core.wire.documents import Period
from core.wire.schedules import Covers


class Never(Exception):
    """No such time will come, or the expression says no time at all."""


def following(cron: str, after: int) -> int:
    """The first time behind `after` that `cron` names, µs. Raises `Never`."""
    start = times.from_micros(after).astimezone(times.HUB_ZONE)
    try:
        return times.to_micros(next(CronSim(cron, start)))
    except (CronSimError, StopIteration) as exc:
        raise Never(str(exc) or "No such day comes.") from None


def period(covers: Covers, due: int) -> Period:
    """The last that was over at `due`."""
    today = times.from_micros(due).astimezone(times.HUB_ZONE).date()
    until = _begin(covers, today)
    return Period(_begin(covers, until - timedelta(1)), until)


def _begin(covers: Covers, day: date) -> date:
    """The first day of the period that `day` falls into."""
    match covers:
        case Covers.LAST_DAY:
            return day
        case Covers.LAST_WEEK:
            return day - timedelta(day.weekday())
        case Covers.LAST_MONTH:
            return day.replace(day=1)
        case Covers.LAST_QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Covers.LAST_YEAR:
            return day.replace(month=1, day=1)
