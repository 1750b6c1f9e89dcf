"""An agency's warning: identifiers under an official dispatch, and those that a later one lifts."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec

from core.sdk import (
    Category,
    Connector,
    ExternalId,
    Line,
    PartnerKind,
    PluginInfo,
    SignalIn,
    Tlp,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class Action(StrEnum):
    WARN = "warn"
    LIFT = "lift"


class Subject(StrEnum):
    WEBSITE = "website"
    PHONE = "phone"
    BANK_ACCOUNT = "bank_account"
    SOCIAL_ACCOUNT = "social_account"


KINDS = {
    Subject.WEBSITE: "domain",
    Subject.PHONE: "phone",
    Subject.BANK_ACCOUNT: "bank_account",
    Subject.SOCIAL_ACCOUNT: "social_account",
}


class Dispatch(msgspec.Struct, forbid_unknown_fields=True):
    """The official dispatch that the warning rests on."""

    number: Line
    issuer: Line
    date: date


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    entry: ExternalId
    action: Action
    subject: Subject
    value: str
    offence: Category


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    dispatch: Dispatch
    entries: list[msgspec.Raw]
    tlp: Tlp = Tlp.GREEN


_payload = msgspec.json.Decoder(Payload)
_entry = msgspec.json.Decoder(Entry)


def to_signal(payload: Payload, entry: Entry) -> SignalIn | Withdrawal:
    if entry.action is Action.LIFT:
        return Withdrawal(entry.entry)
    dispatch = payload.dispatch
    return SignalIn(
        kind=KINDS[entry.subject],
        value=entry.value,
        category=entry.offence,
        confidence=90,
        tlp=payload.tlp,
        external_id=entry.entry,
        context={
            "dispatch_number": dispatch.number,
            "dispatch_issuer": dispatch.issuer,
            "dispatch_date": dispatch.date.isoformat(),
        },
    )


class Agency(Connector):
    kind = PartnerKind.AGENCY
    items = "/entries"
    statuses = frozenset(Action)
    recorded = Path(__file__).with_name("recorded") / "agency"

    def translate(self, body: bytes) -> Sequence[Translated]:
        payload = _payload.decode(body)
        return translate_items(payload.entries, _entry, partial(to_signal, payload), self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="agency", title="Agencies")


@hookimpl
def connectors() -> Sequence[Connector]:
    return [Agency()]
