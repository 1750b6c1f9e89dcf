"""A breaker: who fails again and again is not asked for a while, so that nobody waits for its failures."""

import math
import time
from collections import deque
from collections.abc import Callable

_FAILURES, _WITHIN = 5, 60.0
"""So many failures within so many seconds open the breaker."""
_PAUSE = 30.0
"""Seconds for which it is open; twice as long each further time."""
_OPENINGS, _HOUR = 3, 3_600.0
"""So many openings within so many seconds are for an operator."""


class Breaker:
    """Of one plugin. Open, it lets nothing through; after its pause one work at a time, until that goes well.

    `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=_FAILURES)
        self._openings: deque[float] = deque(maxlen=_OPENINGS)
        self._again: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._again is not None

    @property
    def pause(self) -> int:
        """Whole seconds until a work may be tried."""
        return max(math.ceil((self._again or 0.0) - self._clock()), 0)

    def admits(self) -> bool:
        """Whether a work may be tried now."""
        if self._again is None:
            return True
        if self._clock() < self._again:
            return False
        # Of a work whose caller goes away nothing is heard: the next one may try after a pause.
        self._again, self._trying = self._clock() + _PAUSE, True
        return True

    def passed(self) -> None:
        """A work went well. One that was let through before it opened says nothing."""
        if self._trying:
            self._again, self._trying = None, False
            self._failures.clear()

    def failed(self) -> bool:
        """A work failed or was late. Returns whether this is the third opening within the hour."""
        now = self._clock()
        self._failures.append(now)
        often = len(self._failures) == _FAILURES and now - self._failures[0] <= _WITHIN
        if not (self._trying if self.is_open else often):
            return False
        self._openings.append(now)
        recent = sum(now - one < _HOUR for one in self._openings)
        self._again, self._trying = now + _PAUSE * 2 ** (recent - 1), False
        return recent == _OPENINGS
