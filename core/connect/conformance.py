"""What a connector must hold together with a hub: its recorded payloads are sent, and what became of them is read."""

from asyncio import Lock, to_thread
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from msgspec import UNSET

from core.auth import groups, partners
from core.auth.access import HUB, Principal
from core.auth.viewers import viewer
from core.connect import inbound
from core.db import Database
from core.errors import Conflict, NotFound, Unavailable
from core.log import head
from core.plugin import sheet
from core.plugin.connector import Connector, Example, Withdrawal
from core.plugin.hooks import Format
from core.plugin.sheet import Check, broken, held, require
from core.signals import feed, lookup
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.conformance import Sheet, SheetLine
from core.wire.connect import Connected, ConnectStatus
from core.wire.feed_keys import LEAVING
from core.wire.groups import GroupIn
from core.wire.partners import PartnerIn
from core.wire.signals import Feed, SignalIn, SignalOut, State

_SPEAKER = "conformance"
"""Begins the slugs of the partners that speak through connectors here: what they say is not said by anyone else."""
_REQUEST = "CheckConnector"
_TIMES = 5
_GONE = frozenset({ConnectStatus.RETRACTED, ConnectStatus.RELEASED})
_CHANGED = frozenset(ConnectStatus) - {ConnectStatus.UNCHANGED, ConnectStatus.NOT_FOUND, ConnectStatus.REJECTED}


class Parts(Protocol):
    """Of a running hub: one to try things in, since what is recorded is submitted to it."""

    db: Database
    writer: SignalWriter
    kinds: Kinds
    keys: Keys
    guard: Guard
    trying: Lock
    """Held while a connector is tried: those of a kind speak as the same partner, and would undo each other's word."""


class Bench(NamedTuple):
    """A connector, the forms of the feed that come with it, the hub that it speaks to, and as whom."""

    parts: Parts
    connector: Connector
    forms: Sequence[Format]
    principal: Principal

    async def send(self, example: Example) -> Connected:
        """Unsigned: whether signatures are asked for is a check of its own."""
        hub, body = self.parts, example.payload
        return await inbound.take(
            self.principal, self.connector, hub.db, hub.writer, hub.kinds, hub.keys, hub.guard, body, _REQUEST
        )

    async def standing(self) -> set[str]:
        """The partner's own names of what it says still."""
        async with self.parts.db.snapshot(self.principal.partner) as snapshot:
            return set(await lookup.names(snapshot, self.principal, ""))

    async def page(self) -> Feed:
        """What the partner sees and may pass on, and a tombstone."""
        hub = self.parts
        async with hub.db.snapshot(self.principal.partner) as snapshot:
            found = [one async for one in feed.live(snapshot, self.principal, hub.kinds, hub.keys, LEAVING)]
        return Feed((*found, SignalOut(f"sig_{'a' * 26}", State.GONE, 1)), "", more=False)

    def examples(self, kind: type | None = None) -> list[Example]:
        """Those that say a `kind` of thing; all: what takes back comes behind what it takes back."""
        found = [one for one in self.connector.examples() if kind is None or _says(one, kind)]
        return sorted(found, key=lambda one: _says(one, Withdrawal))


def _says(example: Example, kind: type) -> bool:
    return any(isinstance(one, kind) for one in example.becomes)


async def examine(parts: Parts, connector: Connector, forms: Sequence[Format] = ()) -> Sheet:
    """Every check of a connector, and of the forms of the feed that come with it. Those with a hub are tried once the
    connector holds on its own."""
    # Takes a second, during which a sandbox serves others.
    lines = await to_thread(sheet.alone, connector)
    if all(line.passed for line in lines):
        async with parts.trying:
            bench = Bench(parts, connector, forms, await _admitted(parts, connector))
            lines += [await _line(check, bench) for check in CHECKS]
    else:
        lines += [SheetLine(one.name, one.promise, None, "Not tried before the others hold.") for one in CHECKS]
    return Sheet(f"{connector.partner or connector.kind}, {connector.media_types[0]}", tuple(lines))


async def _admitted(parts: Parts, connector: Connector) -> Principal:
    """A partner of the kind, a member of the groups that the recordings name."""
    slug = f"{_SPEAKER}-{connector.kind}"
    said = (one for example in connector.examples() for one in example.becomes if isinstance(one, SignalIn))
    named = sorted({group for one in said for group in one.groups or ()})
    async with head.writing(parts.db, "hub", _REQUEST) as session:
        try:
            row = await partners.find(session, slug)
        except NotFound:
            row = await partners.admit(session, HUB, PartnerIn(slug=slug, name=slug, kind=connector.kind))
        principal: Principal | None = await viewer(session, row.id)
        assert principal, slug
        for group in named:
            with suppress(Conflict):
                await groups.found(session, principal, GroupIn(slug=group, name=group))
    return principal


async def _line(check: Check[Callable[[Bench], Awaitable[str | None]]], bench: Bench) -> SheetLine:
    try:
        return held(check, await check.hold(bench))
    except Unavailable as exc:
        # The hub tells its callers no more than that; who wrote the connector wants to know why.
        return broken(check, exc.__cause__ if isinstance(exc.__cause__, Exception) else exc)
    except Exception as exc:
        return broken(check, exc)


_NO_SCOPE = "insufficient_scope"


def _errors(answer: Connected) -> list[tuple[str, str]]:
    """Of what was rejected: code and text."""
    rejected = (one for one in answer.results if one.status is ConnectStatus.REJECTED)
    return [(error.code, error.detail) for one in rejected for error in one.errors]


async def _are_taken(bench: Bench) -> None:
    for example in bench.examples():
        wrong = [detail for code, detail in _errors(await bench.send(example)) if code != _NO_SCOPE]
        require(not wrong, f"{example.status}: {'; '.join(wrong)}")


async def _are_allowed(bench: Bench) -> None:
    for example in bench.examples():
        wrong = [detail for code, detail in _errors(await bench.send(example)) if code == _NO_SCOPE]
        require(not wrong, f"{example.status}: a {bench.principal.kind} may not say this: {'; '.join(wrong)}")


async def _are_taken_back(bench: Bench) -> str | None:
    withdrawing = bench.examples(Withdrawal)
    for example in withdrawing:
        for other in bench.examples(SignalIn):
            await bench.send(other)
        answer = await bench.send(example)
        names = {one.external_id for one in example.becomes if isinstance(one, Withdrawal)}
        done = sum(one.status in _GONE for one in answer.results)
        require(done == len(names), f"{example.status}: nothing recorded was said under {', '.join(sorted(names))}")
        left = names & await bench.standing()
        require(not left, f"{example.status}: {', '.join(sorted(left))} stands still")
    return None if withdrawing else "None of its payloads takes anything back."


async def _change_nothing_again(bench: Bench) -> None:
    for example in bench.examples():
        first, again = await bench.send(example), await bench.send(example)
        changed = sorted({one.status for one in again.results} & _CHANGED)
        require(not changed, f"{example.status}: sent again, it is {', '.join(changed)}")
        taken = first.position != again.position and await _takes_positions(bench, example, again.position)
        require(not taken, f"{example.status}: sent again, it takes new positions")


async def _takes_positions(bench: Bench, example: Example, before: int) -> bool:
    """Whether it does so each time it is sent: to a sandbox others write as well, and once may have been theirs."""
    for _ in range(_TIMES):
        position = (await bench.send(example)).position
        if position == before:
            return False
        before = position
    return True


async def _are_read_back(bench: Bench) -> str | None:
    for example in bench.examples(SignalIn):
        await bench.send(example)
    page = await bench.page()
    for form in bench.forms:
        body = await to_thread(form.render, page)
        require(body == await to_thread(form.render, page), f"{form.name}: rendered twice, it differs")
        if form.read:
            read = await to_thread(form.read, body)
            said = {(one.kind, one.value) for one in read if isinstance(one, SignalIn)}
            shown = {(one.kind, one.value) for one in page.signals if _carries(form, one)}
            lost, new = len(shown - said), len(said - shown)
            require(said == shown, f"{form.name}: of {len(shown)} signals {lost} are not read back, {new} are new")
    return None if bench.forms else "It brings no form of the feed."


def _carries(form: Format, signal: SignalOut) -> bool:
    return signal.kind is not UNSET and (form.kinds is None or signal.kind in form.kinds)


CHECKS: tuple[Check[Callable[[Bench], Awaitable[str | None]]], ...] = (
    Check("taken", "The hub takes every recorded item.", _are_taken),
    Check("scopes", "The kind of partner may say all that is recorded.", _are_allowed),
    Check("tombstones", "What is taken back is gone, under the name that it came by.", _are_taken_back),
    Check("idempotency", "A payload that is sent again changes nothing.", _change_nothing_again),
    Check("forms", "A form of the feed is the same twice, and is read back as it was rendered.", _are_read_back),
)
