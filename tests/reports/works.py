"""What the tests have the process of reports do."""

import asyncio
import os
import signal
import time

from core.reports.process import Process


def where() -> tuple[int, int]:
    return os.getpid(), os.nice(0)


def fail(word: str) -> None:
    raise KeyError(word)


def unpicklable() -> object:
    return lambda: None


def double(number: int) -> int:
    return 2 * number


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def eat() -> int:
    return len(bytearray(64 * 1024**3))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def serve() -> None:
    """A server that says where its process is, and then hangs."""
    process = Process()
    print((await process.run(30, where))[0], flush=True)  # noqa: T201
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(serve())
