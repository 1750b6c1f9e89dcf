"""OpenTAXII of PyPI beside the hub: installed into an environment of its own, one gunicorn worker, nobody to sign in.

Two faults of it are worked round, neither on the way that is measured: an answer to a post holds UUIDs that its JSON
cannot take, and it wants SQLAlchemy 1.4 without saying so.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tests.postgres import free_port

PACKAGES = ("opentaxii==0.9.3", "sqlalchemy<2", "setuptools<81", "gunicorn", "psycopg2-binary")

_SETTINGS = """
domain: "127.0.0.1:{port}"
support_basic_auth: no
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: bench}}
taxii1:
taxii2:
  title: bench
  max_content_length: 100000000
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "{database}", create_tables: yes}}
logging: {{opentaxii: warning, root: warning}}
"""
_APP = """
import functools, json, types
import opentaxii.taxii2.http
opentaxii.taxii2.http.json = types.SimpleNamespace(dumps=functools.partial(json.dumps, default=str))
from opentaxii.http import app
"""
_SEED = """
import datetime, json, sys
from opentaxii.cli import app
from opentaxii.persistence.sqldb.taxii2models import STIXObject
utc = datetime.timezone.utc
now, made_at = datetime.datetime.now(utc), datetime.datetime(2026, 1, 1, tzinfo=utc)
with app.app_context():
    api = app.taxii_server.servers.taxii2.persistence.api
    root = api.add_api_root(title="bench", description=None, default=True, is_public=True)
    made = api.add_collection(str(root.id), "bench", None, None, is_public=True, is_public_write=True)
    rows = [
        {"id": one.pop("id"), "type": one.pop("type"), "spec_version": one.pop("spec_version"), "version": made_at,
         "collection_id": made.id, "date_added": now + datetime.timedelta(microseconds=n), "serialized_data": one}
        for n, one in enumerate(json.load(sys.stdin))
    ]
    api.db.session.bulk_insert_mappings(STIXObject, rows)
    api.db.session.commit()
    with api.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute("ANALYZE")
    print(root.id, made.id)
"""


_GUNICORN = ("-m", "gunicorn", "--workers", "1", "--timeout", "600")


class NotInstalled(Exception):
    """It cannot be had here; says why."""


class OpenTaxii:
    """Its server with one collection, which anyone may read and write."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.collection = ""
        """Path of it."""
        self._python = folder / "venv/bin/python"
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        database = database_url.replace("+asyncpg", "+psycopg2").replace("+aiosqlite", "")
        settings = _SETTINGS.format(port=self.port, folder=folder, database=database)
        (folder / "settings.yml").write_text(settings)
        (folder / "bench_app.py").write_text(_APP)
        self._environment = os.environ | {"OPENTAXII_CONFIG": str(folder / "settings.yml")}
        _run(sys.executable, "-m", "venv", folder / "venv")
        _run(self._python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *PACKAGES)

    def start(self, seeded: Sequence[bytes]) -> None:
        """With these objects in it."""
        seed = (self._python, "-c", _SEED)
        ids = _run(*seed, told=b"[%b]" % b",".join(seeded), env=self._environment)
        root, collection = ids.split()[-2:]
        self.collection = f"/taxii2/{root.decode()}/collections/{collection.decode()}/objects/"
        serve = (
            self._python,
            "-m",
            "gunicorn",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--timeout",
            "600",
            "bench_app:app",
        )
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                serve, env=self._environment, cwd=self._folder, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline:
                raise NotInstalled((self._folder / "log").read_text())
            time.sleep(0.1)

    def stop(self) -> None:
        if self._server:
            # Its worker may be at a page of minutes.
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(30)
            self._server = None

    def _answers(self) -> bool:
        try:
            asked = {"Accept": "application/taxii+json;version=2.1"}
            answer = httpx.get(f"http://127.0.0.1:{self.port}{self.collection}?limit=1", headers=asked, timeout=60)
            return answer.is_success
        except httpx.TransportError:
            return False


def _run(*command: str | Path, told: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    done = subprocess.run(command, input=told, env=env, capture_output=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.decode()[-2_000:])
    return done.stdout
