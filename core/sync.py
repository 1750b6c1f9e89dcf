"""A partner's program that keeps a copy of the feed over HTTP: the example to write one's own after.

It needs nothing but the public API: GET /v1/signals and a token. The whole of the protocol is here: read on after
`next`; begin a new walk when the hub says 410 `resync` or the digest disagrees; wait and ask again when it is busy.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import httpx
import msgspec

from core.copy import Copy, Mismatch, Page

WAIT = 20
"""Seconds that the hub may keep a question for which it has no answer yet."""
_PAUSE = 1.0
"""Seconds between two questions when nothing changes and the hub does not wait."""
_LONGEST_PAUSE = 60.0
_LONGEST_RETRY_AFTER = 3_600.0
_ATTEMPTS = 8
"""How often a page is asked for before a run gives up: about two minutes."""
_WALKS = 3
"""New walks in a row that may come to nothing."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})


class Stale(Exception):
    """The copy cannot be brought up to date from its cursor."""


class Refused(Exception):
    """The hub does not let this client read."""


class Unreachable(Exception):
    """The hub does not answer, or not as a hub. The copy is as it was; the same call goes on from there."""


class NeverWhole(Exception):
    """One new walk after the other ended in a copy that is not the hub's."""


class Sync:
    """One client that keeps one copy. `moved` hears of each page taken in, `note` of what a person should know."""

    def __init__(
        self,
        client: httpx.Client,
        copy: Copy,
        *,
        limit: int = 10_000,
        moved: Callable[[Page], None],
        note: Callable[[str], None],
    ) -> None:
        self._client = client
        self._copy = copy
        self._limit = limit
        self._moved = moved
        self._note = note
        self._walks = 0

    def catch_up(self) -> None:
        """Read on until the copy is what the hub holds for this partner, as the digest confirms.

        Raises `Refused`, `Unreachable`, `NeverWhole`.
        """
        while not self._step(wait=0, attempts=_ATTEMPTS):
            pass

    def follow(self) -> NoReturn:
        """Catch up, then learn of changes as they come. Outlasts any silence of the hub.

        Raises `Refused`, `NeverWhole`.
        """
        while True:
            asked = time.monotonic()
            page = self._step(wait=WAIT, attempts=None)
            if page and not page.items and time.monotonic() - asked < _PAUSE:
                time.sleep(_PAUSE)

    def _step(self, wait: int, attempts: int | None) -> Page | None:
        """Take in one page; returns it when it was the last, so that the copy is verified."""
        try:
            page = self._ask(wait, attempts)
            self._copy.take(page)
        except (Stale, Mismatch) as exc:
            self._begin_anew(exc)
            return None
        self._moved(page)
        if page.more:
            return None
        self._walks = 0
        return page

    def _begin_anew(self, why: Exception) -> None:
        self._walks += 1
        if self._walks > _WALKS:
            raise NeverWhole(f"{why} So it went for {_WALKS} new walks in a row.") from why
        self._note(f"{why} A new walk begins; readers keep the old copy until it is whole.")
        self._copy.begin_anew()

    def _ask(self, wait: int, attempts: int | None) -> Page:
        """The page after the cursor, asked for again while the hub is busy or away."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._get(wait)
                if answer.status_code not in _BUSY:
                    return _page(answer)
                pause, why = _retry_after(answer), f"The hub answers {answer.status_code}."
            except (httpx.TransportError, msgspec.DecodeError) as exc:
                pause, why = 0.0, f"The hub does not answer ({type(exc).__name__} {exc})."
            if attempt == attempts:
                raise Unreachable(why)
            # Spread at random, so that clients who lost the hub together do not come back together.
            pause += random.uniform(0, min(_LONGEST_PAUSE, 2.0 ** min(attempt, 10)))  # noqa: S311
            self._note(f"{why} Asking again in {pause:.0f} s.")
            time.sleep(pause)

    def _get(self, wait: int) -> httpx.Response:
        query: dict[str, str | int | list[str]] = {"limit": self._limit, "kind": self._copy.kinds}
        if self._copy.cursor:
            query["after"] = self._copy.cursor
        if wait:
            query["wait"] = wait
        accept = {"Accept": "application/x-ndjson"}
        return self._client.get("/v1/signals", params=query, headers=accept, timeout=wait + 60)


class _Fault(msgspec.Struct):
    pointer: str


class _Problem(msgspec.Struct):
    """What is needed of application/problem+json (RFC 9457)."""

    title: str = ""
    detail: str = ""
    errors: tuple[_Fault, ...] = ()


def _page(answer: httpx.Response) -> Page:
    if answer.is_success:
        return Page.parse(answer.content)
    problem = _problem(answer)
    why = problem.detail or problem.title
    # A cursor of another partner or another hub, or of a log that was restored: the walk has to begin anew as well.
    if answer.status_code == httpx.codes.GONE or any(one.pointer == "/after" for one in problem.errors):
        raise Stale(why)
    raise Refused(f"The hub answers {answer.status_code}: {why}")


def _problem(answer: httpx.Response) -> _Problem:
    try:
        return msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        return _Problem(answer.text[:200])


def _retry_after(answer: httpx.Response) -> float:
    """Seconds that the hub asks for, given as a number or as a date (RFC 9110 §10.2.3)."""
    text = answer.headers.get("Retry-After", "")
    try:
        seconds = float(text) if text.isdecimal() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):  # absent, or no date; or a date without zone
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
