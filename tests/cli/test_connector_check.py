"""The sheet of a connector: those that are installed are green, and each seeded fault fails its own check alone."""

import itertools
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, TypeGuard

import msgspec
import pytest
from msgspec.structs import replace

from core.connect import conformance
from core.plugin import sheet
from core.plugin.connector import Connector, Example
from core.sdk import (
    AnswerIn,
    Feed,
    Format,
    PartnerKind,
    Sharing,
    SignalIn,
    TakedownState,
    Tlp,
    Translated,
    Withdrawal,
    run_connector_contract,
)
from core.testing import TestedHub
from partners.platform import google, tiktok
from partners.platform.plugin import Platform
from tests.partners.test_connectors import CONNECTORS

on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"])


class Mutant(Platform):
    """Platform with a fault, and the recordings that its author would have made of it."""

    def examples(self) -> Sequence[Example]:
        return [replace(one, becomes=self.translate(one.payload)) for one in super().examples()]


class Undeclared(Platform):
    statuses = frozenset({*Platform.statuses, "reopened"})


class Credulous(Platform):
    """Reads any other word as the one that it knows best."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return super().translate(body.replace(b"a status that nobody declared", b"confirmed"))


class Forgetful(Platform):
    """Withdrawn cases are passed over: how withdrawals get lost."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return [one for one in super().translate(body) if not isinstance(one, Withdrawal)]


class Boundless(Mutant):
    """Means more than 100 of 100."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return _changed(super().translate(body), confidence=900)


class Naive(Mutant):
    """Times without a zone."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return _changed(super().translate(body), last_seen=datetime(2025, 11, 3))  # noqa: DTZ001 - the fault


class Hasty(Platform):
    """Remembers what it was last given."""

    last = b""

    def translate(self, body: bytes) -> Sequence[Translated]:
        again = self.last == body
        self.last = b"" if again else body
        return list(super().translate(body)) * (2 if again else 1)


class Random(Platform):
    """Names of its own making for what it is given twice."""

    numbers: ClassVar = itertools.count()
    last = b""

    def translate(self, body: bytes) -> Sequence[Translated]:
        again = self.last == body
        self.last = b"" if again else body
        said = super().translate(body)
        return _changed(said, external_id=f"made-up-{next(self.numbers)}") if again else said


class Asking(Platform):
    """Opens a connection to ask somebody else."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        socket.socket().close()
        return super().translate(body)


class Local(Mutant):
    """Takes the time of the partner for that of the machine."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        wall = datetime(2025, 11, 3, 9, 15)  # noqa: DTZ001 - the fault
        return _changed(super().translate(body), last_seen=wall.astimezone())


class Late(Mutant):
    """Milliseconds for seconds, or a zone added twice."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return _changed(super().translate(body), last_seen=datetime(2099, 1, 1, tzinfo=UTC))


class Lossy(Platform):
    """Reads the first thousand items."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return super().translate(body)[:1_000]


class Slow(Platform):
    def translate(self, body: bytes) -> Sequence[Translated]:
        said = super().translate(body)
        if len(said) > 1_000:
            time.sleep(sheet.SECONDS)
        return said


class Swallowing(Platform):
    def translate(self, body: bytes) -> Sequence[Translated]:
        try:
            return super().translate(body)
        except Exception:
            return []


class Inventive(Mutant):
    """A kind that no hub has."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        return [replace(one, kind="horoscope") if _is_suspected(one) else one for one in super().translate(body)]


class Presumptuous(Mutant):
    """Answers to takedown requests, for a kind of partner that is not asked."""

    kind = PartnerKind.ALLIANCE

    def translate(self, body: bytes) -> Sequence[Translated]:
        answer = AnswerIn(takedown="tkd_" + "a" * 26, state=TakedownState.ACKNOWLEDGED)
        return [answer if _is_suspected(one) else one for one in super().translate(body)]


class Renaming(Mutant):
    """Takes back under another name than that which it gave."""

    def translate(self, body: bytes) -> Sequence[Translated]:
        said = super().translate(body)
        return [Withdrawal(f"case:{one.external_id}") if isinstance(one, Withdrawal) else one for one in said]


class Contradicting(Mutant):
    """Makes one signal of two cases that differ."""

    def examples(self) -> Sequence[Example]:
        return [
            replace(one, payload=_twice(one.payload), becomes=self.translate(_twice(one.payload)))
            for one in super().examples()
        ]

    def translate(self, body: bytes) -> Sequence[Translated]:
        said = super().translate(body)
        return [
            replace(one, confidence=index % 2) if isinstance(one, SignalIn) else one for index, one in enumerate(said)
        ]


def _is_suspected(one: Translated) -> TypeGuard[SignalIn]:
    """Of the cases that nobody recorded as withdrawn."""
    return isinstance(one, SignalIn) and one.confidence == 50


def _changed(said: Sequence[Translated], **fields: object) -> list[Translated]:
    return [replace(one, **fields) if isinstance(one, SignalIn) else one for one in said]


def _twice(payload: bytes) -> bytes:
    cases = msgspec.json.decode(payload)["cases"]
    return msgspec.json.encode({"cases": (cases * 2)[:2]})


def lines(page: Feed) -> bytes:
    return "".join(f"{one.kind} {one.value}\n" for one in page.signals if one.value).encode()


def read(body: bytes) -> Sequence[Translated]:
    said = (line.split(" ", 1) for line in body.decode().splitlines())
    return [SignalIn(kind, value) for kind, value in said]


renderings = itertools.count()
LINES = Format("lines", "text/x-lines", "txt", lines, read=read)
FADING = replace(LINES, read=lambda body: read(body)[1:])
"""Loses what it has rendered."""
MOODY = replace(LINES, render=lambda page: b"%d" % next(renderings), read=None)
"""Never the same twice."""


@dataclass
class Fault:
    """A connector and a form of the feed, the one check that they fail, and a word of what the sheet says of it."""

    connector: Connector
    check: str
    told: str
    form: Format = LINES


FAULTS = [
    Fault(Forgetful(), "schema", "withdrawn"),
    Fault(google.Google(Sharing(tlp=Tlp.GREEN)), "schema", "LISTED"),
    Fault(Boundless(), "schema", "<= 100"),
    Fault(Naive(), "schema", "timezone"),
    Fault(Undeclared(), "words", "reopened"),
    Fault(Credulous(), "words", "any other word passes"),
    Fault(Hasty(), "pure", "translated twice"),
    Fault(Random(), "pure", "translated twice"),
    Fault(Asking(), "pure", "socket.__new__"),
    Fault(Local(), "clock", "zone of the machine"),
    Fault(Late(), "clock", "in the future"),
    Fault(Lossy(), "size", "answers where"),
    Fault(Slow(), "size", "take"),
    Fault(Swallowing(), "garbage", "for a payload"),
    Fault(tiktok.TikTok(tiktok.Settings()), "signature", "unsigned"),
    Fault(Inventive(), "taken", "got 'horoscope'"),
    Fault(Presumptuous(), "scopes", "alliance"),
    Fault(Renaming(), "tombstones", "case:C-1001"),
    Fault(Contradicting(), "idempotency", "updated"),
    Fault(Platform(), "forms", "1 are not read back", FADING),
    Fault(Platform(), "forms", "rendered twice", MOODY),
]


@on_sqlite
async def test_each_fault_fails_its_check(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "SECONDS", 1.0)
    with sheet.zone("UTC"):
        for fault in FAULTS:
            found = await conformance.examine(hub.parts, fault.connector, [fault.form])
            assert found.failed.keys() == {fault.check}, f"{type(fault.connector).__name__}: {found.failed}"
            assert fault.told in found.failed[fault.check], found.failed


def test_the_contract_raises_what_the_sheet_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "SECONDS", 1.0)
    alone = {check.name for check in sheet.CHECKS}
    with sheet.zone("UTC"):
        for fault in FAULTS:
            if fault.check in alone:
                with pytest.raises((AssertionError, msgspec.ValidationError), match=re.escape(fault.told)):
                    run_connector_contract(fault.connector)


def test_each_check_has_a_fault() -> None:
    checks = {check.name for check in sheet.CHECKS} | {check.name for check in conformance.CHECKS}
    assert {fault.check for fault in FAULTS} == checks


@on_sqlite
async def test_connectors_that_are_installed_are_green(hub: TestedHub) -> None:
    for name, connector in CONNECTORS.items():
        found = await conformance.examine(hub.parts, connector)
        assert found.green, f"{name}: {found.failed}"


@on_sqlite
async def test_a_sheet_says_where_there_was_nothing_to_try(hub: TestedHub) -> None:
    found = await conformance.examine(hub.parts, CONNECTORS["hotline table"])
    assert found.subject == "hotline-111, text/csv"
    assert {line.check: line.found for line in found.lines if line.found} == {
        "size": "Its payloads are no JSON with a list of items.",
        "signature": "Its partner signs nothing.",
        "forms": "It brings no form of the feed.",
    }
