"""Example Bank: its reports become signals, and the feed is there in its words."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from core import sdk


class Status(StrEnum):
    FOUND = "found"
    CLEARED = "cleared"


class Report(msgspec.Struct, forbid_unknown_fields=True):
    number: sdk.ExternalId
    status: Status
    link: str = ""


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    reports: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_report = msgspec.json.Decoder(Report)


def to_signal(report: Report) -> sdk.SignalIn | sdk.Withdrawal:
    if report.status is Status.CLEARED:
        return sdk.Withdrawal(report.number)
    return sdk.SignalIn("url", report.link, sdk.Category.PHISHING, tlp=sdk.Tlp.GREEN, external_id=report.number)


def to_report(signal: sdk.SignalOut) -> Report:
    gone = signal.kind is msgspec.UNSET
    return Report(signal.id, Status.CLEARED) if gone else Report(signal.id, Status.FOUND, str(signal.value))


class ExampleBank(sdk.Connector):
    kind = sdk.PartnerKind.PLATFORM
    partner = "example-bank"
    items = "/reports"
    statuses = frozenset(Status)
    recorded = Path(__file__).with_name("recorded")

    def translate(self, body: bytes) -> Sequence[sdk.Translated]:
        return sdk.translate_items(_payload.decode(body).reports, _report, to_signal, self.items)


def render(page: sdk.Feed) -> bytes:
    shown = (signal for signal in page.signals if signal.kind in {"url", msgspec.UNSET})
    return msgspec.json.encode({"reports": [to_report(signal) for signal in shown]})


@sdk.hookimpl
def plugin_info() -> sdk.PluginInfo:
    return sdk.PluginInfo(name="example-bank", title="Example Bank")


@sdk.hookimpl
def connectors() -> Sequence[sdk.Connector]:
    return [ExampleBank()]


@sdk.hookimpl
def feed_formats() -> Sequence[sdk.Format]:
    return [sdk.Format("example-bank", "application/vnd.example-bank+json", "json", render, kinds={"url": "link"})]
