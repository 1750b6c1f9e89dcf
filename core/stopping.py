"""To know of the end early: a server that is told to stop lets requests finish, and then only ends the application."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def when_told_to_stop(act: Callable[[], object]) -> Iterator[None]:
    """Have `act` called on the running loop at SIGINT and SIGTERM, besides what the server does about them.

    Whatever the server, it has its handlers in place when the application starts; a signal that nobody handles stays
    so. Outside the main thread Python hears no signals, and nothing is done.
    """
    loop = asyncio.get_running_loop()
    standing: dict[int, Callable[[int, Any], Any]] = {}

    def handle(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(act)
        standing[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                standing[number] = handler
                signal.signal(number, handle)
    try:
        yield
    finally:
        for heard, handler in standing.items():
            if signal.getsignal(heard) is handle:
                signal.signal(heard, handler)
