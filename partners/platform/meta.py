"""Meta: threat descriptors in the words of ThreatExchange, signed as its webhooks are.

Words: https://developers.facebook.com/docs/threat-exchange/reference/apis/threat-descriptor
Signature: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.sdk import (
    BadSignature,
    Category,
    Connector,
    Context,
    ExternalId,
    PartnerKind,
    PluginInfo,
    Severity,
    SignalIn,
    Time,
    Tlp,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    app_secret: str | None = None
    """With it, every payload must be signed; without, the access token is the only proof."""


class Status(StrEnum):
    MALICIOUS = "MALICIOUS"
    SUSPICIOUS = "SUSPICIOUS"
    UNKNOWN = "UNKNOWN"
    NON_MALICIOUS = "NON_MALICIOUS"


KINDS = {
    "URI": "url",
    "DOMAIN": "domain",
    "IP_ADDRESS": "ip",
    "EMAIL_ADDRESS": "email",
    "HASH_MD5": "md5",
    "HASH_SHA1": "sha1",
    "HASH_SHA256": "sha256",
    "HASH_PDQ": "pdq",
}
SEVERITIES = {
    "UNKNOWN": None,
    "INFO": Severity.LOW,
    "WARNING": Severity.LOW,
    "SUSPICIOUS": Severity.MEDIUM,
    "SEVERE": Severity.HIGH,
    "APOCALYPSE": Severity.CRITICAL,
}
# ThreatExchange still says WHITE where TLP 2.0 says CLEAR.
SHARING = {"WHITE": Tlp.CLEAR, "GREEN": Tlp.GREEN, "AMBER": Tlp.AMBER, "RED": Tlp.RED}


class Descriptor(msgspec.Struct):
    """Its opinion of one indicator. Fields that it adds are let through, words that it adds are not."""

    id: ExternalId
    type: Literal["URI", "DOMAIN", "IP_ADDRESS", "EMAIL_ADDRESS", "HASH_MD5", "HASH_SHA1", "HASH_SHA256", "HASH_PDQ"]
    indicator: str
    status: Status
    share_level: Literal["WHITE", "GREEN", "AMBER", "RED"]
    severity: Literal["UNKNOWN", "INFO", "WARNING", "SUSPICIOUS", "SEVERE", "APOCALYPSE"] = "UNKNOWN"
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None
    tags: tuple[str, ...] = ()
    first_active: Time | None = None
    last_active: Time | None = None
    expired_on: Time | None = None


class Payload(msgspec.Struct):
    data: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_descriptor = msgspec.json.Decoder(Descriptor)


def to_signal(descriptor: Descriptor) -> SignalIn | Withdrawal:
    if descriptor.status is Status.NON_MALICIOUS:
        return Withdrawal(descriptor.id)
    return SignalIn(
        kind=KINDS[descriptor.type],
        value=descriptor.indicator,
        category=Category.tagged(descriptor.tags),
        confidence=0 if descriptor.status is Status.UNKNOWN else descriptor.confidence,
        severity=SEVERITIES[descriptor.severity],
        tlp=SHARING[descriptor.share_level],
        external_id=descriptor.id,
        first_seen=descriptor.first_active,
        last_seen=descriptor.last_active,
        valid_until=descriptor.expired_on,
    )


class MetaPlatforms(Connector):
    kind = PartnerKind.PLATFORM
    partner = "meta"
    items = "/data"
    statuses = frozenset(Status)
    recorded = Path(__file__).with_name("recorded") / "meta"

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.app_secret

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        if self._secret is None:
            return
        expected = "sha256=" + hmac.new(self._secret.encode(), body, sha256).hexdigest()
        if not hmac.compare_digest(headers.get("x-hub-signature-256", "").encode(), expected.encode()):
            raise BadSignature("X-Hub-Signature-256 does not fit the body.")

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).data, _descriptor, to_signal, self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="meta", title="Meta", settings=Settings)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [MetaPlatforms(ctx.settings)]
