"""A mobile operator: numbers that its customers reported, as lines `name;word;number`, sent and read."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from core import sdk

LINES = "text/x-example-telecom"


class Word(StrEnum):
    REPORTED = "REPORTED"
    ANNULLED = "ANNULLED"


def read_line(index: int, line: str) -> sdk.Translated:
    name, word, number = [*line.split(";"), "", ""][:3]
    if word == Word.REPORTED:
        return sdk.SignalIn("phone", number, sdk.Category.IMPERSONATION, tlp=sdk.Tlp.GREEN, external_id=name)
    if word == Word.ANNULLED:
        return sdk.Withdrawal(name)
    return sdk.Refused("Expected name;REPORTED;number or name;ANNULLED.", f"/lines/{index}", "unknown_word")


def read(body: bytes) -> Sequence[sdk.Translated]:
    lines = body.decode().splitlines()
    if not lines:
        raise sdk.Refused("Expected a line at least.")
    return [read_line(index, line) for index, line in enumerate(lines)]


def as_line(signal: sdk.SignalOut) -> str:
    gone = signal.kind is msgspec.UNSET
    return f"{signal.id};{Word.ANNULLED};\n" if gone else f"{signal.id};{Word.REPORTED};{signal.value}\n"


def render(page: sdk.Feed) -> bytes:
    return "".join(as_line(signal) for signal in page.signals if signal.kind in {"phone", msgspec.UNSET}).encode()


class ExampleTelecom(sdk.Connector):
    kind = sdk.PartnerKind.PLATFORM
    partner = "example-telecom"
    media_types = (LINES,)
    items = "/lines"
    statuses = frozenset(Word)
    recorded = Path(__file__).with_name("recorded")

    def translate(self, body: bytes) -> Sequence[sdk.Translated]:
        return read(body)


@sdk.hookimpl
def plugin_info() -> sdk.PluginInfo:
    return sdk.PluginInfo(name="example-telecom", title="Example Telecom")


@sdk.hookimpl
def connectors() -> Sequence[sdk.Connector]:
    return [ExampleTelecom()]


@sdk.hookimpl
def feed_formats() -> Sequence[sdk.Format]:
    lost = frozenset(sdk.SignalIn.__struct_fields__) - {"kind", "value", "external_id"}
    return [sdk.Format("example-telecom", LINES, "txt", render, read, kinds={"phone": "number"}, loses=lost)]
