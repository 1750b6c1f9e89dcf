"""Microseconds since 1970 UTC: the form of time in hot tables."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HUB_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""The zone in which days are counted and times are shown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


def now() -> int:
    return time.time_ns() // 1_000


def to_micros(moment: datetime) -> int:
    """Exact for every aware datetime (a float of seconds is not)."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def today() -> date:
    """The day that it is in Viet Nam."""
    return datetime.now(HUB_ZONE).date()


def hub_day(micros: int) -> str:
    """The day in Viet Nam, as YYYY-MM-DD."""
    return from_micros(micros).astimezone(HUB_ZONE).date().isoformat()
