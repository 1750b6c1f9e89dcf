"""Hasher-Matcher-Actioner, unmodified, fetches and matches what the hub says in the exchanges of StopNCII and Graph.

No package registry has it: `KMM_HMA` is the Python of an installation (1.1.7 is known to work), else this is skipped.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.live import LiveHub
from tests.postgres import execute, free_port

FLASK = (os.environ.get("KMM_HMA", ""), "-m", "flask", "--app", "OpenMediaMatch.app")
CONFIG = """
from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.impl.fb_threatexchange_api import FBThreatExchangeSignalExchangeAPI
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIISignalExchangeAPI
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.url import URLSignal

class Graph(FBThreatExchangeSignalExchangeAPI):
    @classmethod
    def for_collab(cls, collab, credentials=None):
        token = (credentials or cls.get_credential_cls().get(cls)).api_token
        return cls(ThreatExchangeAPI(token, endpoint_override={graph!r}), collab)

DATABASE_URI, ROLE_MATCHER, ROLE_CURATOR = {database!r}, True, True
STORAGE_IFACE_INSTANCE = DefaultOMMStore(
    signal_types=[PdqSignal, URLSignal, VideoMD5Signal], exchange_types=[StopNCIISignalExchangeAPI, Graph]
)
"""
HIDDEN, GONE, *KEPT = ("0f1e2d3c4b5a6978" * 4, "f8f8f0cee0f4a84f" * 4, "5a3c96a50ff01e87" * 4, "b36e2ed596621e1d" * 4)
FILM = "c" * 32
URLS = [f"https://lure.example/{number}" for number in range(850)]
"""More than a page of the exchange, which is 800."""


class Hma:
    def __init__(self, folder: Path, demo: Any, database: str) -> None:
        port, file = free_port(), folder / "hma.py"
        file.write_text(CONFIG.format(graph=demo["graph"]["base_url"], database=database))
        self._environment = os.environ | {"OMM_CONFIG": str(file)}
        self.command("create_tables")
        self.server = subprocess.Popen((*FLASK, "run", "--port", str(port)), env=self._environment)
        transport = httpx.HTTPTransport(retries=7)  # half a minute, until it is up
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/", transport=transport, timeout=60)

    def command(self, name: str) -> None:
        subprocess.run((*FLASK, name), env=self._environment, check=True)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        return self._client.request(method, path, json=body, params=query).raise_for_status().json()

    def sign_in(self, api: str, **credential: str) -> None:
        self.ask("POST", f"c/exchanges/api/{api}", {"credential_json": credential})

    def open(self, bank: str, api: str, **config: int) -> None:
        self.ask("POST", "c/exchanges", {"bank": bank, "api": api, "api_json": config})

    def fetch(self) -> set[str]:
        """As its scheduler does now and then; the banks whose fetch went well."""
        self.command("fetch")
        self.command("build_indices")
        banks = self.ask("GET", "c/exchanges")
        return {bank for bank in banks if self.ask("GET", f"c/exchange/{bank}/status")["last_fetch_succeeded"]}

    def match(self, kind: str, value: str) -> set[str]:
        """The banks that have something near it."""
        return set(self.ask("GET", "m/lookup", signal_type=kind, signal=value))


@pytest.fixture
def demo(live: LiveHub) -> Any:
    return msgspec.json.decode((live.folder / "demo.json").read_bytes())["feed_keys"]


@pytest.fixture
def hma(demo: Any, postgresql_url: str, tmp_path: Path) -> Iterator[Hma]:
    execute(postgresql_url, "CREATE DATABASE hma")
    found = Hma(tmp_path, demo, postgresql_url.replace("asyncpg", "psycopg2").replace("/postgres", "/hma"))
    yield found
    found.server.kill()
    execute(postgresql_url, "DROP DATABASE hma WITH (FORCE)")


@pytest.mark.skipif(not FLASK[0], reason="KMM_HMA names no installation of Hasher-Matcher-Actioner")
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_it_matches_what_it_may_see_and_drops_what_graph_takes_back(live: LiveHub, demo: Any, hma: Hma) -> None:
    items = [{"kind": "url", "value": url, "tlp": "GREEN"} for url in URLS]
    items += [{"kind": "pdq", "value": value, "tlp": "GREEN", "external_id": value} for value in (GONE, *KEPT)]
    items.append({"kind": "md5", "value": FILM, "tlp": "GREEN"})
    with live.client_as("tiktok") as tiktok:
        said = tiktok.post("/v1/signals", json={"signals": [*items, {"kind": "pdq", "value": HIDDEN}]})
        assert said.json()["rejected"] == 0
        key, second, url = (demo["stopncii"][name] for name in ("key", "subscription_key", "base_url"))
        hma.open("KMM", "stop_ncii")
        for secret, fetched in ((second + "x", set()), (second, {"KMM"})):
            hma.sign_in("stop_ncii", fetch_function_key=key, subscription_key=secret, base_url_override=url)
            assert hma.fetch() == fetched
        hma.sign_in("fb_threatexchange", api_token=demo["graph"]["key"])
        hma.open("GRAPH", "fb_threatexchange", privacy_group=1)
        assert hma.fetch() == {"KMM", "GRAPH"}
        near = GONE[:-1] + "e"
        for kind, value in (("url", URLS[0]), ("url", URLS[-1]), ("pdq", KEPT[0]), ("pdq", near)):
            assert hma.match(kind, value) == {"KMM", "GRAPH"}
        # In Graph it is the digest of any file.
        assert hma.match("video_md5", FILM) == {"KMM"}
        assert hma.match("pdq", HIDDEN) == set()
        tiktok.post("/v1/signals/retractions", json={"external_ids": [GONE]}).raise_for_status()
        hma.fetch()
        # Its client of StopNCII's exchange looks for Withdrawn in the wrong field; one that is opened anew has it not.
        assert hma.match("pdq", near) == {"KMM"}
        hma.ask("DELETE", "c/exchange/KMM")
        hma.open("KMM", "stop_ncii")
        hma.fetch()
        assert (hma.match("pdq", near), hma.match("pdq", KEPT[0])) == (set(), {"KMM", "GRAPH"})
