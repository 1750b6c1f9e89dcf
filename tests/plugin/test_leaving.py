"""Nothing leaves by way of a plugin that was not allowed to: through its context, formats, events.

Routes: tests/plugin/test_crossing.py and test_routes.py. A plugin runs with the hub's rights, so this holds for faults
and for code that keeps to what it is handed; who opens the database by itself is not held up.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.plugin import hooks
from core.sdk import (
    Asked,
    Channel,
    Context,
    Detail,
    Draft,
    EventOut,
    Feed,
    Format,
    Notice,
    Principal,
    SignalOut,
    State,
    Title,
    Tlp,
)
from core.testing import TestedHub
from tests.plugin.fakes import ASKED, host, plugin

kept: list[Context] = []
tried: dict[str, list[str]] = {}


async def look(where: str, ctx: Context, other: int) -> None:
    """Try to see with the eyes of another partner in every way that the context has."""

    class Other:
        partner = other

    async def session() -> None:
        async with ctx.session(Other()):
            pass

    tried[where] = []
    for way in (session, lambda: ctx.viewer(other), lambda: ctx.news([other])):
        try:
            await way()
            tried[where].append("seen")
        except PermissionError:
            tried[where].append("refused")


REFUSED = ["refused"] * 3
OPERATOR = 1


async def sections(ctx: Context, principal: Principal, asked: Asked) -> Sequence[Draft]:
    await look("report_sections", ctx, OPERATOR)
    await look("kept", kept[0], OPERATOR)
    async with ctx.session(principal):
        return []


async def health(ctx: Context) -> Sequence[Any]:
    await look("health", ctx, OPERATOR)
    return []


async def hear(ctx: Context, principal: Principal, event: EventOut) -> None:
    await look("on_event", ctx, OPERATOR)


class Nosy(Channel):
    name = "nosy"

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        await look("channel", kept[0], OPERATOR)


def channels(ctx: Context) -> Sequence[Channel]:
    kept[:] = [ctx]
    return [Nosy()]


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    tried.clear()
    return [plugin("nosy", report_sections=sections, health=health, on_event=hear, channels=channels)]


async def test_a_hook_that_is_asked_for_one_partner_sees_with_no_others_eyes(hub: TestedHub) -> None:
    running = hub.parts.plugins
    principal = hub.parts.tokens.current.clients[hub.accounts["tiktok"].client_id]
    assert principal.partner != OPERATOR
    assert [answer async for _, answer in running.ask(hooks.report_sections, principal, ASKED)] == [[]]
    await running.keeper.examine(hub.parts.db)
    await running.send(
        "nosy", principal.partner, "", Notice("n", "e", "s", Title("t"), Detail("d"), "https://h.example/")
    )
    (nosy,) = running.keeper.plugins
    event = EventOut("evt_1", "report.frozen", datetime(2026, 1, 1, tzinfo=UTC), 1, {})
    await running.tell(nosy, principal, event)
    assert tried == dict.fromkeys(("report_sections", "kept", "health", "channel", "on_event"), REFUSED)


def test_a_format_is_handed_what_may_leave_and_changes_nothing_of_it() -> None:
    seen: list[SignalOut] = []

    def render(page: Feed) -> bytes:
        seen.extend(page.signals)
        with pytest.raises(AttributeError):
            page.signals[0].value = "changed"  # type: ignore[misc]
        return b""

    strict = SignalOut("sig_" + "a" * 26, State.ACTIVE, 9, "url", "http://strict.example/", tlp=Tlp.AMBER_STRICT)
    green = SignalOut("sig_" + "b" * 26, State.ACTIVE, 8, "url", "http://green.example/", tlp=Tlp.GREEN)
    formats = host(plugin("nosy", feed_formats=lambda: [Format("n", "text/n", "n", render)])).feed_formats()
    formats["text/n"].render(Feed((green, strict), "next", more=False))
    assert [(one.state, one.value) for one in seen] == [
        (State.ACTIVE, "http://green.example/"),
        (State.GONE, msgspec.UNSET),
    ]
