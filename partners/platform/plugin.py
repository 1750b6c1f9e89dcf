"""Platforms without a format of their own: a plain list of cases."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from core.sdk import (
    Category,
    Connector,
    ExternalId,
    PartnerKind,
    PluginInfo,
    SignalIn,
    Time,
    Tlp,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class Status(StrEnum):
    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    WITHDRAWN = "withdrawn"


CONFIDENCE = {Status.CONFIRMED: 90, Status.SUSPECTED: 50}


class Target(StrEnum):
    """What a case is about, and the kind of signal that it is."""

    LINK = "link"
    HOST = "host"
    ACCOUNT = "account"
    PHONE = "phone"
    BANK_ACCOUNT = "bank_account"
    IMAGE = "image"


KINDS = {
    Target.LINK: "url",
    Target.HOST: "domain",
    Target.ACCOUNT: "social_account",
    Target.PHONE: "phone",
    Target.BANK_ACCOUNT: "bank_account",
    Target.IMAGE: "pdq",
}


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One case of the platform's own moderation."""

    case: ExternalId
    status: Status
    target: Target
    value: str
    abuse: Category
    seen: Time | None = None
    tlp: Tlp | None = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    cases: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_case = msgspec.json.Decoder(Case)


def to_signal(case: Case) -> SignalIn | Withdrawal:
    if case.status is Status.WITHDRAWN:
        return Withdrawal(case.case)
    return SignalIn(
        kind=KINDS[case.target],
        value=case.value,
        category=case.abuse,
        confidence=CONFIDENCE[case.status],
        tlp=case.tlp,
        external_id=case.case,
        last_seen=case.seen,
    )


class Platform(Connector):
    kind = PartnerKind.PLATFORM
    items = "/cases"
    statuses = frozenset(Status)
    recorded = Path(__file__).with_name("recorded") / "platform"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).cases, _case, to_signal, self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="platform", title="Platforms without a format of their own")


@hookimpl
def connectors() -> Sequence[Connector]:
    return [Platform()]
