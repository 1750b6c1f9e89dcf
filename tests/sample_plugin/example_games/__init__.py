"""A games publisher: locked accounts come in its own words, and go out to other publishers."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import (
    Asked,
    Canonical,
    Category,
    Connector,
    Context,
    Draft,
    ExternalId,
    Feed,
    Format,
    PartnerKind,
    PluginInfo,
    Principal,
    Scope,
    Selection,
    SignalIn,
    SignalKind,
    Tlp,
    Translated,
    Withdrawal,
    Words,
    hookimpl,
    scoped,
    translate_items,
)
from core.signals import feed
from core.signals.keys import Keys
from core.signals.kinds import Kinds

_ACCOUNT = re.compile(r"[a-z0-9-]{2,20}:[0-9]{4,20}")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tlp: Tlp = Tlp.AMBER


class Lock(StrEnum):
    LOCKED = "locked"
    UNLOCKED = "unlocked"


class Report(msgspec.Struct, forbid_unknown_fields=True):
    ticket: ExternalId
    state: Lock
    game: str
    player: int


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    reports: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_report = msgspec.json.Decoder(Report)


class ExampleGames(Connector):
    kind = PartnerKind.PLATFORM
    partner = "example-games"
    items = "/reports"
    statuses = frozenset(Lock)
    recorded = Path(__file__).with_name("recorded")

    def __init__(self, settings: Settings) -> None:
        self._tlp = settings.tlp

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).reports, _report, self._to_signal, self.items)

    def _to_signal(self, report: Report) -> SignalIn | Withdrawal:
        if report.state is Lock.UNLOCKED:
            return Withdrawal(report.ticket)
        account = f"{report.game}:{report.player}"
        return SignalIn("game_account", account, Category.GROOMING, tlp=self._tlp, external_id=report.ticket)


def parse_account(value: str) -> Canonical:
    """`game:player`, the game in lower case."""
    account = value.strip().lower()
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("Expected the name of a game, a colon and the player's number.")
    return Canonical(identity=account, display=account)


class Accounts(msgspec.Struct):
    accounts: list[str]


@get("/accounts", operation_id="ListGameAccounts", **scoped(Scope.SIGNALS_READ))
async def list_accounts(principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys) -> Accounts:
    """List the game accounts among the signals you may see and pass on."""
    found = feed.live(snapshot, principal, kinds, keys, Selection(kinds=("game_account",), leaving=True))
    return Accounts(sorted([str(signal.value) async for signal in found]))


def as_tsv(page: Feed) -> bytes:
    rows = ("\t".join((signal.id, signal.state, str(signal.value or ""))) for signal in page.signals)
    return "".join(f"{row}\n" for row in rows).encode()


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="example-games", title="Example Games", settings=Settings)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [ExampleGames(ctx.settings)]


@hookimpl
def signal_kinds() -> Sequence[SignalKind]:
    return [SignalKind("game_account", "Account in a game", parse_account)]


@hookimpl
def route_handlers() -> Sequence[HTTPRouteHandler]:
    return [list_accounts]


@hookimpl
def feed_formats() -> Sequence[Format]:
    return [Format("tsv", "text/tab-separated-values", "tsv", as_tsv)]


@hookimpl
async def report_sections(ctx: Context, principal: Principal, asked: Asked) -> Sequence[Draft]:
    note = Words(
        "Tài khoản bị khóa được chia sẻ trong mục tín hiệu, loại game_account.",
        "Locked accounts are shared among the signals, of the kind game_account.",
    )
    return [Draft("games", Words("Trò chơi", "Games"), note=note)]
