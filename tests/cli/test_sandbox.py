"""The sandbox: from an account that anyone may open to a signed sheet, and what the real hub makes of it."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from os import environ
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from core.cli import main
from core.client import ClientCredentials
from core.connect import conformance
from core.demo import Account
from core.plugin import sheet as alone
from core.plugin import ward
from core.sandbox import accounts
from core.sandbox.accounts import AN_HOUR
from core.sdk import Translated
from core.settings import Settings
from core.testing import TestedHub, run_hub
from partners.platform.plugin import Platform
from tests.cli import test_connector_check as faults
from tests.live import LiveHub
from tests.plugin.fakes import host, plugin
from tests.plugin.hostile import released

on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"])

SIGNAL = {"kind": "url", "value": "https://hoc-bong.example/", "tlp": "GREEN", "external_id": "T-1"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    hub = LiveHub(tmp_path_factory.mktemp("sandbox") / "hub", command="sandbox")
    hub.start()
    yield hub
    hub.kill()


def opened(sandbox: LiveHub, slug: str, kind: str = "platform") -> httpx.Response:
    applicant = {"slug": slug, "name": slug.title(), "kind": kind}
    return httpx.post(f"{sandbox.base_url}/v1/sandbox/accounts", json=applicant)


def as_account(sandbox: LiveHub, opened: httpx.Response) -> httpx.Client:
    account = opened.json()
    auth = ClientCredentials(account["client_id"], account["client_secret"])
    return httpx.Client(base_url=sandbox.base_url, auth=auth)


def managed(client: httpx.Client) -> dict[str, bool]:
    """By check, of one's own program."""
    sheet, *_ = client.post("/v1/sandbox/sheets").json()["sheets"]
    return {line["check"]: line["passed"] for line in sheet["lines"]}


@pytest.fixture(scope="module")
def sheet(sandbox: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of example-shop, which managed one thing after the other; the sandbox's keys lie beside it."""
    with as_account(sandbox, opened(sandbox, "example-shop")) as client:
        assert managed(client) == dict.fromkeys(("sending", "taking_back", "following", "hearing"), False)
        place = client.get("/v1/signals").json()["next"]
        assert client.post("/v1/signals", json={"signals": [SIGNAL]}).json()["created"] == 1
        assert managed(client) == {"sending": True, "taking_back": False, "following": False, "hearing": False}
        assert client.post("/v1/signals/retractions", json={"external_ids": ["T-1"]}).json()["retracted"] == 1
        assert managed(client) == {"sending": True, "taking_back": True, "following": False, "hearing": False}
        place = client.get("/v1/signals", params={"after": place}).json()["next"]
        assert managed(client) == {"sending": True, "taking_back": True, "following": True, "hearing": False}
        assert client.post("/v1/sandbox/sheets").json()["signed"] is None
        client.get("/v1/signals", params={"after": place})
        signed = client.post("/v1/sandbox/sheets").json()["signed"]
    file = tmp_path_factory.mktemp("sheets") / "sheet.jws"
    file.write_text(signed)
    keys = httpx.get(f"{sandbox.base_url}/.well-known/document-keys.json")
    file.with_name("keys.json").write_bytes(keys.content)
    return file


def admitted(database_url: str, slug: str, kind: str, sheet: Path, keys: Path) -> Result:
    environment = {"KMM_SECRET": "s" * 32, "KMM_DATABASE_URL": database_url}
    words = ["partner", "add", slug, "--kind", kind, "--name", "Shop", "--sheet", str(sheet), "--keys", str(keys)]
    return CliRunner().invoke(main, words, env=environment)


@on_sqlite
def test_from_an_account_to_a_sheet_that_lets_in(sheet: Path, database_url: str) -> None:
    done = admitted(database_url, "example-shop", "platform", sheet, sheet.with_name("keys.json"))
    assert done.exit_code == 0, done.output


@on_sqlite
async def test_a_sheet_of_another_hub_is_refused(
    sheet: Path, database_url: str, hub: TestedHub, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes((await hub.anonymous().get("/.well-known/document-keys.json")).content)
    assert "not in the key set" in admitted(database_url, "example-shop", "platform", sheet, keys).output


@on_sqlite
def test_a_sheet_is_good_for_its_partner_as_it_was_signed(sheet: Path, database_url: str, tmp_path: Path) -> None:
    keys = sheet.with_name("keys.json")
    assert "of example-shop" in admitted(database_url, "another-shop", "platform", sheet, keys).output
    assert "of the kind platform" in admitted(database_url, "example-shop", "alliance", sheet, keys).output
    forged = tmp_path / "sheet.jws"
    forged.write_text(sheet.read_text()[:-8] + "AAAAAAAA")
    assert "damaged" in admitted(database_url, "example-shop", "platform", forged, keys).output
    for unreadable in (b"no JSON", b"{}", b"\xff"):
        forged.write_bytes(unreadable)
        refused = admitted(database_url, "example-shop", "platform", sheet, forged)
        assert (refused.exit_code, "The key set cannot be read" in refused.stderr) == (1, True)
    unkeyed = ["partner", "add", "example-shop", "--kind", "platform", "--name", "Shop", "--sheet", str(sheet)]
    assert "go together" in CliRunner().invoke(main, unkeyed).output


@on_sqlite
async def test_there_is_no_sandbox_on_a_real_hub(hub: TestedHub) -> None:
    applicant = {"slug": "example-shop", "name": "Shop", "kind": "platform"}
    assert (await hub.anonymous().post("/v1/sandbox/accounts", json=applicant)).status_code == 404
    assert (await hub.client_as("tiktok").post("/v1/sandbox/sheets")).status_code == 404


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_it_stands_on_postgresql_too(hub_settings: Settings) -> None:
    applicant = {"slug": "example-shop", "name": "Shop", "kind": "platform"}
    async with run_hub(replace(hub_settings, sandbox=True)) as hub:
        assert (await hub.anonymous().post("/v1/sandbox/accounts", json=applicant)).status_code == 201
        filled = await hub.client_as("google").post("/v1/sandbox/sheets")
        own, connector = filled.json()["sheets"]
        assert not any(line["passed"] for line in own["lines"])
        assert all(line["passed"] for line in connector["lines"]), connector
        await ends_by_itself(hub, applicant)


async def ends_by_itself(hub: TestedHub, applicant: dict[str, str]) -> None:
    """Once it is over, whoever opened it is shut out, its word is taken back, its slug is free."""
    parts, google = hub.parts, hub.client_as("google")
    anyone = hub.anonymous()
    assert (await anyone.post("/v1/sandbox/accounts", json=applicant)).status_code == 409
    opened = (await anyone.post("/v1/sandbox/accounts", json=applicant | {"slug": "second-shop"})).json()
    assert abs(datetime.fromisoformat(opened["expires"]) - datetime.now(UTC) - timedelta(days=7)) < timedelta(hours=1)
    hub.accounts["second-shop"] = msgspec.convert(opened, Account)
    second = hub.client_as("second-shop")
    assert (await second.post("/v1/signals", json={"signals": [SIGNAL]})).json()["created"] == 1
    assert len((await google.get("/v1/signals")).json()["signals"]) == 1
    assert await accounts.expire(parts.db, parts.writer, parts.settings) == 0
    over = replace(parts.settings, sandbox_days=0)
    assert await accounts.expire(parts.db, parts.writer, over) == 2
    assert await accounts.expire(parts.db, parts.writer, over) == 0
    await parts.tokens.refresh()
    assert (await second.get("/v1/me")).status_code == 401
    assert (await google.get("/v1/signals")).json()["signals"] == []
    assert (await anyone.post("/v1/sandbox/accounts", json=applicant)).status_code == 201
    assert (await anyone.post("/v1/sandbox/accounts", json=applicant | {"slug": "expired-9"})).status_code == 409


def test_a_connector_is_held_to_its_checks_before_its_partner_is_admitted(sandbox: LiveHub) -> None:
    with as_account(sandbox, opened(sandbox, "hotline-111", "protection")) as client:
        answer = client.post("/v1/sandbox/sheets").json()
    _, *connectors = answer["sheets"]
    assert len(connectors) == 2
    names = {check.name for check in alone.CHECKS} | {check.name for check in conformance.CHECKS}
    for one in connectors:
        assert {line["check"] for line in one["lines"] if line["passed"]} == names, one
    assert answer["signed"] is None


def test_a_partner_issues_feed_keys_to_its_programs(sandbox: LiveHub) -> None:
    with as_account(sandbox, opened(sandbox, "program-shop")) as client:
        refused = client.post("/v1/feed-keys", json={"format": "graph", "kinds": ["url", "horoscope"]})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/kinds/1")
        issued = client.post("/v1/feed-keys", json={"format": "graph", "kinds": ["url"]})
        assert (issued.status_code, issued.headers["cache-control"]) == (201, "no-store")
        key = issued.json()
        address = f"{key['base_url']}/1/threat_updates?access_token={key['key']}"
        assert httpx.get(address).status_code == 200
        listed = client.get("/v1/feed-keys")
        assert [one["id"] for one in listed.json()["feed_keys"]] == [key["id"]]
        assert key["key"] not in listed.text
        assert client.delete(f"/v1/feed-keys/{key['id']}").status_code == 204
        assert httpx.get(address).status_code == 401


class Hanging(Platform):
    """Comes to no end where the machine is somewhere else."""

    partner = "example-shop"

    def translate(self, body: bytes) -> Sequence[Translated]:
        if environ.get("TZ") == "Asia/Ho_Chi_Minh":
            released.wait(20)
        return super().translate(body)


class Asking(faults.Asking):
    partner = "another-shop"


async def test_a_connector_that_hangs_fails_by_name_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward, "_GRACE", 0)
    released.clear()
    given = (plugin("hanging", connectors=lambda: [Hanging()]), plugin("asking", connectors=lambda: [Asking()]))
    plugins, before, began = host(*given), time.tzname, time.monotonic()
    no_hub: Any = None
    own = [connector for slug in ("example-shop", "another-shop") for connector, _ in plugins.of_partner(slug)]
    try:
        hanging, asking = [await conformance.examine(no_hub, one) for one in own]
        assert time.monotonic() - began < 15, "it was let go on for as long as it liked"
        assert list(hanging.failed) == ["clock", "size", "garbage"]
        assert "took longer than 2 s" in hanging.failed["clock"]
        # Watched on the lane, and the clock is free, though the other one hangs still.
        assert list(asking.failed) == ["pure"]
        assert time.tzname == before
        assert list(plugins.quarantined) == ["hanging"]
        shut_away = await conformance.examine(no_hub, own[0])
        assert "out of order" in shut_away.failed["schema"]
    finally:
        released.set()


def test_accounts_are_few_and_never_the_operators(sandbox: LiveHub) -> None:
    assert opened(sandbox, "tiktok").status_code == 409
    assert opened(sandbox, "second-operator", "operator").status_code == 403
    answers = {opened(sandbox, f"shop-{number}").status_code for number in range(AN_HOUR + 1)}
    assert answers == {201, 429}
