"""A hub in a process of its own, on a real socket: for drills that kill it and for the tour of the README."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from core.client import ClientCredentials
from core.demo import Account
from tests.postgres import free_port

KMM = Path(sys.executable).with_name("kmm")


class LiveHub:
    """`kmm demo`, or another command like it, over one folder and database; `start`, `kill` and `stop` as often as a
    test wants."""

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        command: str = "demo",
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_suffix(".log")
        self._command = [str(KMM), command, "--data", str(folder), "--port", str(self.port), *arguments]
        named = {"KMM_DATABASE_URL": database_url} if database_url else {}
        self._environment = os.environ | named | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 90) -> None:
        """Until /health answers 200."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        deadline = time.monotonic() + seconds
        # One client: to make one reads all certificates, and there are sixty askings a start.
        with httpx.Client(base_url=self.base_url, timeout=5) as client:
            while not _answers(client):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"The hub does not come up:\n{self.log.read_text()}")
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As Ctrl-C would; returns the exit status."""
        return self._end(signal.SIGINT)

    def peak_memory(self) -> int:
        """Bytes that the process has held at most (VmHWM)."""
        status = Path(f"/proc/{self._running.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    @property
    def accounts(self) -> dict[str, Account]:
        demo = msgspec.json.decode((self.folder / "demo.json").read_bytes(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(demo["partners"], type=dict[str, Account])

    def client_as(self, slug: str) -> httpx.Client:
        account = self.accounts[slug]
        auth = ClientCredentials(account.client_id, account.client_secret)
        return httpx.Client(base_url=self.base_url, auth=auth, timeout=120)

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process, "start it first"
        return self._process

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._running, None
        process.send_signal(how)
        return process.wait(30)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


@contextmanager
def live_hub(folder: Path, database_url: str | None = None, *arguments: str) -> Iterator[LiveHub]:
    """One that is up for the length of the block."""
    hub = LiveHub(folder, database_url, arguments)
    hub.start()
    try:
        yield hub
    finally:
        if hub._process:
            hub.kill()
