"""Google: a list of unsafe addresses in the words of Web Risk. It signs nothing; its access token is the proof.

Words: https://cloud.google.com/web-risk/docs/reference/rest/v1/ThreatType
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from core.sdk import (
    Category,
    Connector,
    Context,
    ExternalId,
    PartnerKind,
    PluginInfo,
    Severity,
    Sharing,
    SignalIn,
    Time,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)


class State(StrEnum):
    LISTED = "LISTED"
    REMOVED = "REMOVED"


MEANINGS = {
    "SOCIAL_ENGINEERING": (Category.PHISHING, Severity.HIGH),
    # Wider, and wrong more often.
    "SOCIAL_ENGINEERING_EXTENDED_COVERAGE": (Category.PHISHING, Severity.MEDIUM),
    "MALWARE": (Category.OTHER, Severity.HIGH),
    "UNWANTED_SOFTWARE": (Category.OTHER, Severity.MEDIUM),
}


class Threat(msgspec.Struct, rename="camel"):
    """One line of the list. Fields that it adds are let through, words that it adds are not."""

    name: ExternalId
    state: State
    threat_type: Literal["SOCIAL_ENGINEERING", "SOCIAL_ENGINEERING_EXTENDED_COVERAGE", "MALWARE", "UNWANTED_SOFTWARE"]
    uri: str
    expire_time: Time | None = None


class Payload(msgspec.Struct):
    threats: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_threat = msgspec.json.Decoder(Threat)


class Google(Connector):
    kind = PartnerKind.PLATFORM
    partner = "google"
    items = "/threats"
    statuses = frozenset(State)
    recorded = Path(__file__).with_name("recorded") / "google"

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).threats, _threat, self._to_signal, self.items)

    def _to_signal(self, threat: Threat) -> SignalIn | Withdrawal:
        if threat.state is State.REMOVED:
            return Withdrawal(threat.name)
        category, severity = MEANINGS[threat.threat_type]
        return SignalIn(
            kind="url",
            value=threat.uri,
            category=category,
            severity=severity,
            tlp=self._sharing.tlp,
            groups=self._sharing.groups or None,
            external_id=threat.name,
            valid_until=threat.expire_time,
        )


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="google", title="Google", settings=Sharing)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [Google(ctx.settings)]
