"""Receivers in processes of their own, to be killed and started again."""

import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.postgres import free_port

PROGRAM = Path(__file__).with_name("receiver.py")


class Program:
    """`receiver.py` over one file."""

    def __init__(self, file: Path) -> None:
        self.port = free_port()
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.place}/hook"
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, secret: str) -> None:
        """Until it listens."""
        command = [sys.executable, str(PROGRAM), str(self.port), str(self._file), secret]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("the receiver does not come up")

    def kill(self) -> None:
        """As a power cut would: kill -9."""
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def arrived(self) -> list[str]:
        """Ids in the order in which they came, repetitions included."""
        return self._column("SELECT id FROM arrived ORDER BY n")

    def applied(self) -> list[str]:
        """Ids that took effect."""
        return self._column("SELECT id FROM applied")

    def _column(self, sql: str) -> list[str]:
        if not self._file.exists():
            return []
        with closing(sqlite3.connect(self._file, timeout=10)) as database:
            return [str(row[0]) for row in database.execute(sql)]


@contextmanager
def program(file: Path) -> Iterator[Program]:
    """Not started yet; killed at the end."""
    found = Program(file)
    try:
        yield found
    finally:
        found.kill()


def in_order_of_first(ids: list[str]) -> list[str]:
    """Each once, where it came first."""
    return list(dict.fromkeys(ids))
