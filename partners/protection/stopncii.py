"""StopNCII: pages of hashes as its own `FetchHashes` gives them, pushed here instead of pulled.

Its interface is described to members only; the words are those of its public client
(https://github.com/facebook/ThreatExchange/blob/main/python-threatexchange/threatexchange/exchanges/clients/stopncii/api.py).
A record has no name of its own: it is known by its type and hash.
"""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from core.sdk import (
    Category,
    Connector,
    Context,
    PartnerKind,
    PluginInfo,
    Severity,
    Sharing,
    SignalIn,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class Status(StrEnum):
    UNKNOWN = "Unknown"
    RECEIVED = "Received"
    ACTIVE = "Active"
    WITHDRAWN = "Withdrawn"
    DELETED = "Deleted"


CONFIDENCE = {Status.UNKNOWN: 0, Status.RECEIVED: 40, Status.ACTIVE: 80}


class Type(StrEnum):
    """What the hub has a kind for. The other types (`VideoTMK`, `Unknown`) refuse their record."""

    IMAGE_PDQ = "ImagePDQ"
    VIDEO_MD5 = "VideoMD5"
    URL = "URL"
    TEXT = "Text"


KINDS = {Type.IMAGE_PDQ: "pdq", Type.VIDEO_MD5: "md5", Type.URL: "url", Type.TEXT: "text"}


class Record(msgspec.Struct, rename="camel"):
    """One hash. Its case numbers are left out: they belong to those who asked for help."""

    signal_type: Type
    hash_value: str
    hash_status: Status


class Payload(msgspec.Struct, rename="camel"):
    hash_records: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_record = msgspec.json.Decoder(Record)


class StopNcii(Connector):
    kind = PartnerKind.PROTECTION
    partner = "stopncii"
    items = "/hashRecords"
    statuses = frozenset(Status)
    recorded = Path(__file__).with_name("recorded") / "stopncii"

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).hash_records, _record, self._to_signal, self.items)

    def _to_signal(self, record: Record) -> SignalIn | Withdrawal:
        # An address may be longer than a name.
        name = f"{record.signal_type}:{sha256(record.hash_value.encode()).hexdigest()}"
        if record.hash_status in (Status.WITHDRAWN, Status.DELETED):
            return Withdrawal(name)
        return SignalIn(
            kind=KINDS[record.signal_type],
            value=record.hash_value,
            category=Category.OTHER,
            confidence=CONFIDENCE[record.hash_status],
            severity=Severity.HIGH,
            tlp=self._sharing.tlp,
            groups=self._sharing.groups or None,
            external_id=name,
        )


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="stopncii", title="StopNCII", settings=Sharing)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [StopNcii(ctx.settings)]
