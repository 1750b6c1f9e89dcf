"""When a delivery that failed is tried again, and when the hub gives up: pure.

The schedule is that of Standard Webhooks (spec/standard-webhooks.md at github.com/standard-webhooks, "Deliverability
and reliability"): ten attempts over 75 hours and 35 minutes. Jitter is a fifth either way: enough that the endpoints of
one receiver do not come back all at once, and little enough that partners can plan by the times that are published.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from plugins.webhooks.transport import Answer

WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after the first, second, … failure."""
JITTER = 0.2
_LONGEST = 86_400
"""The most that a receiver may ask for with Retry-After, in seconds."""


class Again(msgspec.Struct, frozen=True):
    """Try once more after so many seconds."""

    seconds: float


class GiveUp(msgspec.Struct, frozen=True):
    """No more attempts."""

    reason: str
    """`gone` or `exhausted`."""


def after_failure(failures: int, answer: Answer, dice: random.Random, now: datetime | None = None) -> Again | GiveUp:
    """What follows the failure that is the `failures`-th in a row, counted from 1."""
    if answer.status == 410:
        return GiveUp("gone")
    if failures > len(WAITS):
        return GiveUp("exhausted")
    planned = WAITS[failures - 1] * dice.uniform(1 - JITTER, 1 + JITTER)
    asked = _retry_after(answer.headers, now or datetime.now(UTC)) if answer.status in (429, 503) else 0
    return Again(max(planned, min(asked, _LONGEST)))


def _retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds that `Retry-After` asks for, as a number or a date (RFC 9110 §10.2.3); 0 when it says nothing."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
