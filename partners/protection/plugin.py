"""A hotline's list: hashes of child sexual abuse material, and addresses used to approach children.

Digests and addresses only. The format has no place for media, nor for anything about a child.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.sdk import (
    Category,
    Connector,
    ExternalId,
    PartnerKind,
    PluginInfo,
    Refused,
    Severity,
    SignalIn,
    Tlp,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class Status(StrEnum):
    ACTIVE = "active"
    DELETED = "deleted"


class Concern(StrEnum):
    ABUSE_MATERIAL = "abuse_material"
    """Child sexual abuse material, by hash only."""
    SEXTORTION = "sextortion"
    GROOMING = "grooming"
    SELF_HARM = "self_harm"


CATEGORIES = {
    Concern.ABUSE_MATERIAL: Category.CSAM_HASH,
    Concern.SEXTORTION: Category.SEXTORTION,
    Concern.GROOMING: Category.GROOMING,
    Concern.SELF_HARM: Category.SELF_HARM,
}
HASHES = frozenset({"md5", "sha1", "sha256", "pdq"})


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    reference: ExternalId
    status: Status
    concern: Concern
    form: Literal["md5", "sha1", "sha256", "pdq", "url", "social_account"]
    value: str
    assessors: Annotated[int, Meta(ge=1, le=100)] = 1
    """How many analysts agreed."""
    tlp: Tlp = Tlp.AMBER
    groups: tuple[str, ...] | None = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    entries: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_entry = msgspec.json.Decoder(Entry)


def to_signal(entry: Entry) -> SignalIn | Withdrawal:
    if entry.status is Status.DELETED:
        return Withdrawal(entry.reference)
    if entry.concern is Concern.ABUSE_MATERIAL and entry.form not in HASHES:
        raise Refused("Abuse material is shared by hash only, never by address.", "/form", "hash_only")
    return SignalIn(
        kind=entry.form,
        value=entry.value,
        category=CATEGORIES[entry.concern],
        confidence=95 if entry.assessors > 1 else 75,
        severity=Severity.CRITICAL if entry.concern is Concern.ABUSE_MATERIAL else Severity.HIGH,
        tlp=entry.tlp,
        groups=entry.groups,
        external_id=entry.reference,
    )


class Protection(Connector):
    kind = PartnerKind.PROTECTION
    items = "/entries"
    statuses = frozenset(Status)
    recorded = Path(__file__).with_name("recorded") / "protection"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).entries, _entry, to_signal, self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="protection", title="Child-protection groups")


@hookimpl
def connectors() -> Sequence[Connector]:
    return [Protection()]
