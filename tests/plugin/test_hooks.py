"""One test for each hook: what core does with the answer."""

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pluggy
import pytest
from click.testing import CliRunner
from litestar import get
from litestar.testing import create_test_client
from sqlalchemy import text

from core.cli import main
from core.db import Database
from core.errors import HANDLERS, Unavailable
from core.plugin import discovery, hooks, shared
from core.plugin.discovery import Found
from core.plugin.hooks import PROJECT
from core.sdk import (
    Asked,
    Candidate,
    Canonical,
    Category,
    Channel,
    Connector,
    Context,
    Detail,
    Draft,
    EventOut,
    Feed,
    Format,
    Frozen,
    Language,
    Notice,
    PartnerKind,
    PluginInfo,
    Reading,
    ReportFormat,
    Scan,
    Screening,
    SignalKind,
    SignalOut,
    State,
    Title,
    Tlp,
    Translated,
    Verdict,
    Withdrawal,
    Words,
    public,
)
from tests.plugin.fakes import ASKED, Caller, host, plugin


def signal(tlp: Tlp | None, number: int) -> SignalOut:
    return SignalOut(f"sig_{number:026}", State.ACTIVE, number, "url", f"http://{number}.example/", tlp=tlp)


def test_every_hook_has_a_test() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    names = {name for name in vars(manager.hook) if not name.startswith("_")}
    assert {name.removeprefix("test_hook_") for name in globals() if name.startswith("test_hook_")} == names


def test_hook_plugin_info() -> None:
    info = PluginInfo(name="shown", title="As the operator reads it")
    (line,) = host(plugin("shown", plugin_info=lambda: info)).statuses()
    assert (line.name, line.title) == ("shown", "As the operator reads it")


def test_hook_route_handlers() -> None:
    @get("/here", operation_id="Here", **public())
    async def here() -> str:
        return "here"

    running = host(plugin("routed", route_handlers=lambda: [here]))
    with create_test_client(running.route_handlers(), exception_handlers=HANDLERS) as client:
        assert client.get("/routed/here").text == "here"
        assert client.get("/here").status_code == 404


def test_hook_connectors() -> None:
    class OfKind(Connector):
        kind = PartnerKind.PLATFORM
        items = "/of-kind"

        def translate(self, body: bytes) -> Sequence[Translated]:
            if body == b"odd":
                return ["a word"]  # type: ignore[list-item]
            return [Withdrawal(body.decode())]

    class OfPartner(OfKind):
        partner = "named"
        items = "/own"

    class Table(OfKind):
        media_types = ("text/csv",)
        items = "/table"

    running = host(plugin("speaking", connectors=lambda: [OfPartner(), OfKind(), Table()]))

    def found(kind: PartnerKind, slug: str) -> dict[str, str]:
        return {media_type: one.items for media_type, one in running.connectors(kind, slug).items()}

    assert found(PartnerKind.PLATFORM, "named") == {"application/json": "/own", "text/csv": "/table"}
    assert found(PartnerKind.PLATFORM, "another") == {"application/json": "/of-kind", "text/csv": "/table"}
    # A slug is no proof of kind: a partner that changed it does not keep the connector.
    assert found(PartnerKind.AGENCY, "named") == {}
    own = running.connectors(PartnerKind.PLATFORM, "named")["application/json"]
    assert own.translate(b"case-1") == [Withdrawal("case-1")]
    with pytest.raises(TypeError, match="becomes a str"):
        own.translate(b"odd")


def test_hook_signal_kinds() -> None:
    def parse(value: str) -> Canonical:
        if value == "refused":
            raise ValueError("Expected something else.")
        return Canonical(value, {"known": "shown"}[value])

    (kind,) = host(plugin("kinds", signal_kinds=lambda: [SignalKind("k1", "One", parse)])).signal_kinds()
    assert kind.parse("known") == Canonical("known", "shown")
    with pytest.raises(ValueError, match="Expected something else"):
        kind.parse("refused")
    with pytest.raises(ValueError, match="could not read"):
        kind.parse("a value on which it raises KeyError")


def test_hook_feed_formats() -> None:
    def render(page: Feed) -> bytes:
        return " ".join(one.value or one.state for one in page.signals).encode()

    formats = host(
        plugin("formats", feed_formats=lambda: [Format("values", "text/x-values", "txt", render)])
    ).feed_formats()
    gone = SignalOut("sig_" + "a" * 26, State.GONE, 9)
    page = Feed((*(signal(tlp, number) for number, tlp in enumerate((*Tlp, None))), gone), "next", more=False)
    # AMBER+STRICT, RED and what carries no TLP reach a format as tombstones alone.
    values = b"http://0.example/ http://1.example/ http://2.example/"
    assert formats["text/x-values"].render(page) == values + b" gone" * 4


def test_hook_report_formats() -> None:
    def render(frozen: Frozen, language: Language | None) -> bytes:
        return f"{frozen.position} {language}".encode()

    one = ReportFormat("text", "text/plain", "txt", (Language.VI,), "tests 1", render)
    other = ReportFormat("lines", "text/plain", "lines", (), "tests 1", render)
    assert host(plugin("formats", report_formats=lambda: [one, other])).report_formats() == [other, one]
    second = host(plugin("first", report_formats=lambda: [one]), plugin("second", report_formats=lambda: [one]))
    assert second.quarantined["second"].phase == "claims"
    assert host(plugin("json", report_formats=lambda: [ReportFormat("a", "b", "json", (), "", render)])).quarantined


async def test_hook_report_sections() -> None:
    async def sections(ctx: Context, principal: Caller, asked: Asked) -> list[Draft]:
        return [Draft("own", Words(f"{principal.partner}", f"{asked.positions.to}"))]

    running = host(plugin("sections", report_sections=sections), plugin("silent"))
    async with running.keeper.running():
        answers = [answer async for answer in running.ask(hooks.report_sections, Caller(), ASKED)]
    assert answers == [("sections", [Draft("own", Words("7", "12"))])]


async def test_hook_screen_signal() -> None:
    async def careful(ctx: Context, principal: Caller, signals: Sequence[Candidate]) -> Sequence[Screening]:
        return [Screening(one.value == "a.example", f"{one.kind} seen by {principal.partner}") for one in signals]

    async def short() -> Sequence[Screening]:
        return []

    # What becomes of a held signal: tests/signals/test_screening.py.
    running = host(plugin("careful", screen_signal=careful), plugin("short", screen_signal=short), plugin("silent"))
    assert running.screens
    signals = [Candidate("domain", f"{name}.example", Category.PHISHING) for name in "ab"]
    async with running.keeper.running():
        assert await running.screen(Caller(), signals) == ["domain seen by 7", None]
    assert not host(plugin("silent")).screens


async def test_hook_on_event() -> None:
    heard: list[tuple[int, int]] = []

    async def listen(ctx: Context, principal: Caller, event: EventOut) -> None:
        heard.append((principal.partner, event.position))

    running = host(plugin("listening", on_event=listen))
    # In which order, whose events and what after a failure: tests/events/test_telling.py.
    async with running.keeper.running():
        (listening,) = running.keeper.sound()
        event = EventOut("evt_12", "report.frozen", datetime(2026, 1, 1, tzinfo=UTC), 12, {})
        await running.tell(listening, Caller(), event)
    assert heard == [(7, 12)]


async def test_hook_scan_asset(tmp_path: Path) -> None:
    async def look(path: Path, media_type: str) -> Scan:
        return Scan(Verdict.INFECTED, f"{path.name} is no {media_type}")

    running = host(plugin("scanner", scan_asset=look), plugin("silent"))
    async with running.keeper.running():
        asked = running.ask(hooks.scan_asset, path=tmp_path / "a", sha256="0" * 64, media_type="image/png")
        answers = [answer async for answer in asked]
    assert answers == [("scanner", Scan(Verdict.INFECTED, "a is no image/png"))]


async def test_hook_health(database_url: str) -> None:
    async def well(ctx: Context) -> Sequence[Reading]:
        return [Reading("other end", "It answers."), Reading("queue", "7,000 wait.", ok=False)]

    async def odd() -> Any:
        return "well"

    running = host(plugin("open", health=well), plugin("odd", health=odd), plugin("silent"), database_url=database_url)
    db = Database(database_url)
    async with running.keeper.running():
        await running.keeper.examine(db)
        assert running.unwell_names() == ("odd", "open")
    async with db.snapshot(0) as session:
        known = {name: shared.readings(state) for name, state in (await shared.read(session)).items()}
    await db.close()
    assert known["open"][1] == Reading("queue", "7,000 wait.", ok=False)
    assert known["odd"] == (Reading("health", "ValidationError instead of an answer", ok=False),)


async def test_hook_channels() -> None:
    sent: list[tuple[str, Notice]] = []

    class Pigeon(Channel):
        name = "pigeon"

        async def send(self, partner: int, address: str, notice: Notice) -> None:
            if address == "nowhere":
                raise ConnectionError("the pigeon came back")
            sent.append((address, notice))

    notice = Notice("ntc_1", "emergency.declared", "emg_1", Title("Khẩn cấp"), Detail("…"), "https://hub.example/")
    async with (running := host(plugin("birds", channels=lambda: [Pigeon()]))).keeper.running():
        assert running.channel_names() == ["pigeon"]
        await running.send("pigeon", 1, "roof", notice)
        assert sent == [("roof", notice)]
        with pytest.raises(ConnectionError, match="came back"):
            await running.send("pigeon", 1, "nowhere", notice)
        with pytest.raises(Unavailable, match="no channel smoke"):
            await running.send("smoke", 1, "roof", notice)


def test_hook_commands(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def commands(ctx: Context) -> Sequence[click.Command]:
        @click.command()
        @click.argument("slug")
        async def look(slug: str) -> None:
            async with ctx.store() as session:
                found = await session.execute(text("SELECT count(*) FROM partner WHERE slug = :slug"), {"slug": slug})
            click.echo(f"{found.scalar_one()} on {threading.current_thread().name}")

        return [look]

    module = plugin("looking", commands=commands)
    monkeypatch.setattr(discovery, "installed", lambda: [Found("looking", "stranger 1", False, lambda: module)])
    monkeypatch.setenv("KMM_SECRET", "s" * 32)
    monkeypatch.setenv("KMM_DATABASE_URL", database_url)
    done = CliRunner().invoke(main, ["looking", "look", "nobody"])
    assert done.output == "0 on plugin-looking\n", done.exception
    assert "No such command 'lookin'" in CliRunner().invoke(main, ["lookin"]).output


def test_hook_migrations(tmp_path: Path) -> None:
    running = host(plugin("shelf", migrations=lambda: tmp_path), plugin("bare"))
    # What becomes of the folders: tests/plugin/test_tables.py.
    assert running.migrations() == {"shelf": tmp_path}


async def test_hook_lifespan() -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(ctx: Context) -> AsyncIterator[None]:
        steps.append(f"entered on {threading.current_thread().name}")
        yield
        steps.append("left")

    async with (running := host(plugin("living", lifespan=lifespan))).keeper.running():
        assert steps == ["entered on plugin-living"]
    assert steps[1:] == ["left"]
    assert not running.quarantined
