"""A process beside the server, in which reports are counted, protected and drawn.

2026-11-22: the server's loop never waits for a report, and a template that loops or a solver that eats memory ends with
this process alone. One work at a time: who asks waits for the one before. It is started by the first that asks, and
stays while there is work. Held by tests/reports/test_process.py.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, ParamSpec, TypeVar

try:
    import resource
except ImportError:  # Windows knows no such limits; time is limited from outside as well.
    resource = None  # type: ignore[assignment]

log = logging.getLogger("kmm")

P = ParamSpec("P")
R = TypeVar("R")

_MEMORY = 6 * 1024**3
"""Bytes of addresses, of which solvers and fonts reserve more than they use."""
_NICE = 10
_WORKS = 200
"""After so many it makes room for a fresh one: libraries leak."""


class Died(Exception):
    """The process ended before it answered: by a limit, or by a library that fell over."""


class _Said(NamedTuple):
    answer: Any
    error: BaseException | None


class Process:
    """The process of one server, while there is one."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._works = 0

    async def run(self, seconds: float, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work`, a function at the top of a module, gives for these arguments, within so many seconds.

        Raises what it raises, `Died`, and `TimeoutError` when it had to be ended.
        """
        async with self._turn:
            try:
                said: _Said = await asyncio.to_thread(self._exchange, seconds, (work, args, kwargs))
            except BaseException:
                # Cancelled as well: whatever it still says would be taken for the answer to the next.
                self.stop()
                raise
            self._works += 1
            if self._works >= _WORKS:
                self.stop()
        if said.error is not None:
            raise said.error
        answer: R = said.answer
        return answer

    def _exchange(self, seconds: float, task: tuple[Any, ...]) -> _Said:
        pipe = self._pipe or self._start()
        try:
            pipe.send(task)
            if not pipe.poll(seconds):
                raise TimeoutError(f"A report's step took more than {seconds} s.")
            said: _Said = pipe.recv()
        except (EOFError, OSError) as exc:
            if isinstance(exc, TimeoutError):
                raise
            raise Died("The process that makes reports ended.") from exc
        return said

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), name="kmm reports", daemon=True)
        process.start()
        # Its end in our hands would keep it from being told that we are gone, and us that it is.
        theirs.close()
        self._process, self._pipe, self._works = process, ours, 0
        return ours

    def stop(self) -> None:
        """End it; what it was doing is lost."""
        process = self._process
        # The pipe is not closed here: a thread may still wait at it, and its number could be another file's by then.
        self._process = self._pipe = None
        if process is not None:
            process.kill()
            process.join()


def _serve(pipe: Connection) -> None:
    """Until the server closes the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit()
    while True:
        try:
            work, args, kwargs = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            said = _Said(work(*args, **kwargs), None)
        except Exception as exc:
            log.warning("a report's step failed", exc_info=True)
            said = _Said(None, exc)
        _say(pipe, said)


def _limit() -> None:
    with suppress(AttributeError, OSError):
        os.nice(_NICE)
    if resource is not None:
        for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(limit, (most, most))


def _say(pipe: Connection, said: _Said) -> None:
    try:
        pipe.send(said)
    except (BrokenPipeError, ConnectionError):
        raise SystemExit from None
    except Exception as exc:
        # An answer or an error that cannot be handed over: say so in words that can.
        pipe.send(_Said(None, RuntimeError(f"{type(exc).__name__}: {exc}")))
