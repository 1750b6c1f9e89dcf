"""The command: what it changes, what it prints, and how it refuses."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from core import times
from core.campaigns.models import ReachCell
from core.campaigns.reach import MEASURES
from core.cli import main
from core.db import Database
from core.demo import PARTNERS
from core.signals.models import Cell
from core.wire.scopes import PartnerKind

Run = Callable[..., Result]


@pytest.fixture
def kmm(database_url: str, tmp_path: Path) -> Run:
    """`kmm("partner", "list")` over a fresh database."""
    environment = {
        "KMM_SECRET": "s" * 32,
        "KMM_DATABASE_URL": database_url,
        "KMM_BLOBS_URL": (tmp_path / "blobs").as_uri(),
    }
    return lambda *words: CliRunner().invoke(main, words, env=environment)


def made(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    """The one line that says why."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), "a traceback instead of a sentence"
    return result.stderr


def test_a_partner_is_admitted_and_given_a_client(kmm: Run) -> None:
    assert made(kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo"))["state"] == "active"
    client = made(kmm("client", "add", "zalo", "--scope", "signals:read", "--scope", "signals:write"))
    assert client["scopes"] == ["signals:read", "signals:write"]
    assert client["client_secret"] not in kmm("partner", "list").stdout


def test_a_client_may_bring_its_own_keys(kmm: Run, tmp_path: Path) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    keys = tmp_path / "jwks.json"
    # The public key of RFC 7515, appendix A.3.
    x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    keys.write_text(json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y}]}))
    words = ("client", "add", "zalo", "--scope", "signals:read", "--auth", "private_key_jwt")
    assert made(kmm(*words, "--jwks", str(keys)))["client_secret"] is None
    assert "needs the client's public keys" in refused(kmm(*words))


def test_a_feed_key_is_three_words_until_it_is_revoked(kmm: Run) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    words = ("feedkey", "add", "zalo", "--format", "stopncii", "--kinds", "pdq,url", "--min-score", "40")
    key = made(kmm(*words))
    assert set(key) == {"id", "key", "subscription_key", "base_url"}
    assert key["base_url"].endswith("/compat/stopncii/v1")
    listed = kmm("feedkey", "list", "zalo").stdout
    assert listed.split()[-4:] == ["pdq", "url", "40", "reads"]
    assert not {key["key"], key["subscription_key"]} & set(listed.split())
    assert kmm("feedkey", "revoke", key["id"]).stdout == f"{key['id']} is refused from now on.\n"
    assert "revoked" in kmm("feedkey", "list", "zalo").stdout
    assert "no pqd" in kmm(*words, "--kinds", "pqd").stderr
    assert "There is no feed key fk_none" in refused(kmm("feedkey", "revoke", "fk_none"))


def test_names_are_listed_as_they_are(kmm: Run) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "[/x] [bold] Co")
    assert "[/x] [bold] Co" in kmm("partner", "list").stdout


def test_suspension_lasts_until_it_is_lifted(kmm: Run) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    assert made(kmm("partner", "suspend", "zalo"))["state"] == "suspended"
    assert "suspended" in refused(kmm("client", "add", "zalo", "--scope", "signals:read"))
    assert made(kmm("partner", "reinstate", "zalo"))["state"] == "active"


def test_trust_is_stated_by_command(kmm: Run) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    until = "2026-12-01T00:00:00Z"
    assert made(kmm("partner", "bulk", "zalo", "--until", until))["bulk_until"] == until
    assert made(kmm("partner", "quality", "zalo", "85")).items() >= {"bulk_until": until, "quality": 85}.items()
    assert "bulk_until" in refused(kmm("partner", "bulk", "zalo", "--until", "tomorrow"))


def test_a_new_key_of_the_private_lookup_is_begun_once(kmm: Run) -> None:
    """The first epoch of this database is yet to be built: no hub has run on it."""
    assert "Epoch 1 is being built" in refused(kmm("lookup", "rotate"))


def test_the_negative_list_is_kept_by_command(kmm: Run) -> None:
    words = ("--label", "A school", "--source", "https://school.example")
    entry = made(kmm("guard", "add", "domain", "School.Example", "--reach", "site", *words))
    assert entry["status"] == "added"
    (line,) = [line for line in kmm("guard", "list").stdout.splitlines() if entry["id"] in line.split()]
    assert {"school.example", "site"} <= set(line.split())
    assert kmm("guard", "remove", entry["id"]).exit_code == 0
    assert entry["id"] not in kmm("guard", "list").stdout.split()
    refused(kmm("guard", "remove", entry["id"]))
    assert "host name" in refused(kmm("guard", "add", "domain", "no host", *words))
    assert "site" in refused(kmm("guard", "add", "phone", "111", "--reach", "site", *words))


def test_deadlines_are_kept_by_command(kmm: Run) -> None:
    words = ("--legal-basis", "A decree", "--source", "https://gazette.example", "--from", "2030-01-01")
    given = ("policy", "add", "user_complaint", "normal", "36h", *words, "--warn", "6h", "--warn", "30m")
    policy = made(kmm(*given))
    assert (policy["seconds"], policy["warn_seconds"], policy["counted"]) == (129_600, [21_600, 1_800], "elapsed")
    listed = kmm("policy", "list", "--on", "2030-01-01").stdout.splitlines()
    (line,) = [one for one in listed if policy["id"] in one.split()]
    assert {"user_complaint", "36h", "2030-01-01"} <= set(line.split())
    assert policy["id"] not in kmm("policy", "list", "--on", "2029-12-31").stdout.split()
    assert made(kmm("policy", "end", policy["id"], "2030-02-01"))["valid_until"] == "2030-02-01"
    assert "at the earliest" in refused(kmm("policy", "end", policy["id"], "2020-01-01"))
    working = made(kmm(*given[:4], "2d", *words, "--calendar", "vn-office"))
    assert (working["counted"], working["seconds"]) == ("working", 172_800)
    assert "such as 30m" in kmm(*given[:4], "soon", *words).stderr


def test_a_calendar_is_read_and_moved_by_command(kmm: Run) -> None:
    shown = kmm("policy", "calendar", "vn-office", "--year", "2026").stdout
    assert "Asia/Ho_Chi_Minh, 08:00 to 17:00" in shown
    assert "Tết Nguyên Đán / Lunar New Year" in shown
    said = ("--off", "--name", "Off by decree", "--source", "https://gazette.example")
    assert made(kmm("policy", "day", "vn-office", "2026-12-31", *said))["working"] is False
    assert "Off by decree" in kmm("policy", "calendar", "vn-office", "--year", "2026").stdout
    refused(kmm("policy", "calendar", "mars"))


def test_what_a_suspended_partner_claims_is_closed(kmm: Run, tmp_path: Path) -> None:
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"host-{number}.example\n" for number in range(1_200)))
    sent = ("signals", "import", str(listed), "--partner", "zalo", "--tlp", "GREEN", "--work", str(tmp_path / "work"))
    assert "1,200 created" in kmm(*sent).stdout
    assert "suspend it first" in refused(kmm("partner", "close", "zalo"))
    kmm("partner", "suspend", "zalo")
    assert "1,200 closed" in kmm("partner", "close", "zalo").stdout
    assert "\n0 closed" in kmm("partner", "close", "zalo").stdout


def test_claims_and_what_is_counted_of_them_are_checked_by_command(kmm: Run, tmp_path: Path, database_url: str) -> None:
    claims = "0 claims without signal, 0 claims without partner, 0 claims without audience"
    orphans = f"{claims}, 0 names without signal, 0 names without partner"
    told = "Cells of activities and posts: 0 figures wrong."
    assert kmm("signals", "check").stdout.splitlines() == [orphans, told, "No day can be counted anew."]
    kmm("partner", "add", "zalo", "--kind", "platform", "--name", "Zalo")
    listed = tmp_path / "list.txt"
    listed.write_text("one.example\ntwo.example\n")
    kmm("signals", "import", str(listed), "--partner", "zalo", "--work", str(tmp_path / "work"))
    right = f"Cells since {times.today()}: 0 figures wrong."
    assert kmm("signals", "check").stdout.splitlines() == [orphans, told, right]
    asyncio.run(miscount(database_url))
    found = kmm("signals", "check")
    assert "Cells do not say what the claims say." in refused(found)
    assert found.stdout.splitlines()[2] == right.replace("0 figures", "1 figures")
    assert found.stdout.split()[-3:] == ["first", "3", "2"]
    asyncio.run(miscount(database_url, reached=1))
    found = kmm("signals", "check")
    assert found.stdout.splitlines()[1] == told.replace("0 figures", "6 figures")
    assert ["reach_cell", "2026-10", "autumn", "1", "01", "-", "media", "views", "1", "0"] in [
        line.split() for line in found.stdout.splitlines()
    ]


async def miscount(database_url: str, reached: int = 0) -> None:
    """One cell of signals too high; `reached`: and one of reach, for which nobody told of anything."""
    db = Database(database_url)
    place = {"day": "2026-11-01", "month": "2026-10", "campaign": "autumn", "partner": 1, "province": "01"}
    async with db.writer() as session:
        await session.execute(update(Cell).values(first=Cell.first + 1))
        if reached:
            more = {"strand": "", "kind": "media"} | dict.fromkeys(MEASURES, reached)
            await session.execute(insert(ReachCell).values(place | more))
    await db.close()


def test_a_group_is_joined_by_consent(kmm: Run) -> None:
    for slug in ("zalo", "viber"):
        kmm("partner", "add", slug, "--kind", "platform", "--name", slug)
    made(kmm("group", "found", "shield", "--name", "Shield", "--as", "zalo"))
    assert made(kmm("group", "invite", "shield", "viber", "--as", "zalo"))["members"][0]["state"] == "invited"
    assert made(kmm("group", "accept", "shield", "--as", "viber"))["state"] == "member"
    assert kmm("group", "leave", "shield", "--as", "viber").exit_code == 0
    refused(kmm("group", "accept", "shield", "--as", "viber"))


def test_keys_are_rotated(kmm: Run) -> None:
    first, second = (kmm("keys", "rotate").stdout.strip() for _ in range(2))
    assert first != second


def test_plugins_are_listed_with_their_state(kmm: Run) -> None:
    lines = {line.split()[0]: line for line in kmm("plugins").stdout.splitlines()}
    assert "running" in lines["tiktok"]
    disabled = CliRunner().invoke(main, ["plugins"], env={"KMM_SECRET": "s" * 32, "KMM_DISABLED_PLUGINS": "tiktok"})
    assert "disabled" in next(line for line in disabled.stdout.splitlines() if "tiktok" in line)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("partner", "add", "X", "--kind", "platform", "--name", "X"), "$.slug"),
        (("partner", "suspend", "nobody"), "no partner"),
        (("client", "add", "nobody", "--scope", "signals:read"), "no partner"),
        (("group", "found", "shield", "--name", "S", "--as", "nobody"), "no partner"),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_cannot_be_done_is_refused_in_a_sentence(kmm: Run, words: tuple[str, ...], why: str) -> None:
    assert why in refused(kmm(*words))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_kind_may_hold_only_its_scopes(kmm: Run) -> None:
    kmm("partner", "add", "mai", "--kind", "creator", "--name", "Mai")
    assert "creator may not hold signals:read" in refused(kmm("client", "add", "mai", "--scope", "signals:read"))


def test_without_any_settings_everything_is_in_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {"KMM_SECRET": None, "KMM_DATABASE_URL": None, "KMM_CONFIG": None}
    for command in (["migrate"], ["partner", "add", "tiktok", "--kind", "platform", "--name", "TikTok"]):
        assert CliRunner().invoke(main, command, env=environment).exit_code == 0
    secret = tmp_path / "var" / "secret"
    kept = secret.read_text()
    assert (len(kept) >= 32, secret.stat().st_mode & 0o777) == (True, 0o600)
    scopes = ["--scope", "signals:read", "signals:write"]
    issued = CliRunner().invoke(main, ["client", "add", "tiktok", *scopes], env=environment)
    assert json.loads(issued.stdout)["scopes"] == ["signals:read", "signals:write"]
    assert secret.read_text() == kept


def test_wrong_settings_are_named_before_anything_is_done(tmp_path: Path) -> None:
    short = CliRunner().invoke(main, ["partner", "list"], env={"KMM_SECRET": "short"})
    assert (short.exit_code, "secret" in short.stderr) == (2, True)
    config = tmp_path / "hub.toml"
    config.write_text('colour = "blue"')
    unknown_key = CliRunner().invoke(main, ["--config", str(config), "partner", "list"])
    assert (unknown_key.exit_code, "colour" in unknown_key.stderr) == (2, True)


def test_a_database_without_tables_points_at_migrate(tmp_path: Path) -> None:
    environment = {"KMM_SECRET": "s" * 32, "KMM_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}
    assert "kmm migrate" in refused(CliRunner().invoke(main, ["partner", "list"], env=environment))
    assert CliRunner().invoke(main, ["migrate"], env=environment).exit_code == 0
    assert CliRunner().invoke(main, ["partner", "list"], env=environment).exit_code == 0


def test_the_contract_is_written_and_checked(tmp_path: Path) -> None:
    check = ["openapi", "--check", "--folder", str(tmp_path)]
    assert "openapi.json" in refused(CliRunner().invoke(main, check))
    assert CliRunner().invoke(main, check[:1] + check[2:]).exit_code == 0
    assert CliRunner().invoke(main, check).exit_code == 0


def test_the_cast_of_the_demo_has_every_partner_that_the_tour_needs() -> None:
    kinds = [kind for kind, _ in PARTNERS.values()]
    assert kinds.count(PartnerKind.PLATFORM) >= 2
    assert set(kinds) == set(PartnerKind)
