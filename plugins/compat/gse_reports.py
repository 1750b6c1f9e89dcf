"""Signals as reports of the Global Signal Exchange, out and in.

Words: https://www.globalsignalexchange.org/docs/sending-signals and …/docs/receiving-signals (March 2025). The latter
names the attributes of a record, but how records stand in a body could not be found: we give an array of them.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.sdk import (
    Category,
    Feed,
    Format,
    Refused,
    Severity,
    SignalIn,
    SignalOut,
    Time,
    Tlp,
    Translated,
    field_error,
    from_micros,
    translate_items,
)
from core.signals.feed import Change
from plugins.compat import words

KINDS = {"url": "url", "domain": "hostname", "ip": "ip address"}
SOURCE = "khong-mot-minh"
"""Where every record is from: whose claims it is made of is not told."""

_KIND_OF = {word: kind for kind, word in KINDS.items()} | {"domain name": "domain", "domain": "domain", "ip": "ip"}
_TIME = "%Y-%m-%d %H:%M:%S"
"""UTC, which the pages do not say."""


class AbuseType(StrEnum):
    CLOAKING = "cloaking"
    COPYRIGHT = "copyright"
    EXPLOIT = "exploit"
    FRAUD = "fraud"
    IMPERSONATION = "impersonation"
    MALWARE = "malware"
    PHISHING = "phishing"
    PIRACY = "piracy"
    SCAM = "scam"
    SPAM = "spam"
    TRADEMARK = "trademark"
    UNSPECIFIED = "unspecified"


ABUSE = {
    Category.PHISHING: AbuseType.PHISHING,
    Category.IMPERSONATION: AbuseType.IMPERSONATION,
    Category.INVESTMENT_SCAM: AbuseType.SCAM,
    Category.TRAFFICKING_RECRUITMENT: AbuseType.SCAM,
    Category.ONLINE_KIDNAPPING: AbuseType.FRAUD,
    Category.SEXTORTION: AbuseType.FRAUD,
}
"""Those of which it has no word are `unspecified`; our own word goes along in `extra_data`."""
_CATEGORY_OF = {AbuseType.PHISHING: Category.PHISHING, AbuseType.IMPERSONATION: Category.IMPERSONATION}


class SignalExtra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the exchange has no words for, in `extra_data`."""

    category: Category | None = None
    severity: Severity | None = None
    tlp: Tlp | None = None
    campaign: str | None = None
    first_seen: Time | None = None
    last_seen: Time | None | UnsetType = UNSET
    """Left out: when it was reported."""
    valid_until: Time | None = None


class FeedbackType(StrEnum):
    NO_ACTION = "feedback_noaction"
    ACTIONED = "feedback_actioned"
    ENRICHED = "feedback_enriched"


class SignalRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report of a signal; with a `type` it is feedback, which says that a copy has to go."""

    id: int
    """Its place in the log."""
    signal: str
    source: str
    signal_type: str
    abuse_type: AbuseType
    report_date: str
    import_date: str
    predictive: int
    """0: none is by an algorithm alone, as far as the hub knows."""
    confidence_score: int | UnsetType = UNSET
    extra_data: SignalExtra | UnsetType = UNSET
    type: FeedbackType | UnsetType = UNSET
    role: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


Number = Annotated[int, Meta(ge=0, le=100)]


class SignalReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal as it is sent. Numbers may come as text, as in the page's own examples."""

    signal: str
    report_date: str
    abuse_type: AbuseType
    signal_type: str = ""
    """Left out: guessed from the signal."""
    predictive: bool | None = None
    confidence_score: Number | None = None
    extra_data: dict[str, Any] = {}
    """Of what the hub gives out, read as such; whatever else there is becomes the signal's context."""


_report = msgspec.json.Decoder(SignalReport, strict=False)


def record(signal: SignalOut, position: int, micros: int) -> SignalRecord:
    """An item, as it was changed at this time."""
    changed = _written(from_micros(micros))
    category = Category(str(signal.category))
    return SignalRecord(
        id=position,
        signal=str(signal.value),
        source=SOURCE,
        signal_type=KINDS[str(signal.kind)],
        abuse_type=ABUSE.get(category, AbuseType.UNSPECIFIED),
        report_date=_written(signal.last_seen) if signal.last_seen else changed,
        import_date=changed,
        predictive=0,
        confidence_score=UNSET if signal.confidence is None else signal.confidence,
        extra_data=SignalExtra(
            category,
            signal.severity or None,
            Tlp(str(signal.tlp)),
            signal.campaign or None,
            signal.first_seen or None,
            signal.last_seen or None,
            signal.valid_until or None,
        ),
    )


def records(change: Change, micros: int) -> Iterator[SignalRecord]:
    """A change, and what a copy may hold and is to drop: as feedback, for the exchange has no other word."""
    changed = _written(from_micros(micros))
    for value in change.dropped:
        yield SignalRecord(
            id=change.position,
            signal=value,
            source=SOURCE,
            signal_type=KINDS[change.kind],
            abuse_type=AbuseType.UNSPECIFIED,
            report_date=changed,
            import_date=changed,
            predictive=0,
            type=FeedbackType.NO_ACTION,
            role="reporter",
            reason="withdrawn",
        )
    if not change.gone:
        yield record(change.signal, change.position, micros)


def meanings(sent: Sequence[msgspec.Raw]) -> list[Translated]:
    """Each report on its own."""
    return translate_items(sent, _report, _meaning, "")


def _kind(signal: str, signal_type: str) -> str:
    """Our kind of a signal. Raises `Refused` for a type that the hub does not take."""
    if signal_type in _KIND_OF:
        return _KIND_OF[signal_type]
    if signal_type:
        raise Refused(f"Expected one of: {', '.join(_KIND_OF)}.", "/signal_type", "unknown_word")
    if "/" in signal:
        return "url"
    try:
        ipaddress.ip_address(signal)
    except ValueError:
        return "domain"
    return "ip"


def _meaning(report: SignalReport) -> SignalIn:
    extra = _extra(report.extra_data)
    context = {name: said for name, said in report.extra_data.items() if name not in SignalExtra.__struct_fields__}
    try:
        reported = datetime.strptime(report.report_date, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("Expected YYYY-MM-DD HH:MM:SS.", "/report_date", "invalid") from None
    return SignalIn(
        kind=_kind(report.signal, report.signal_type),
        value=report.signal,
        category=extra.category or _CATEGORY_OF.get(report.abuse_type, Category.OTHER),
        confidence=report.confidence_score,
        severity=extra.severity,
        tlp=extra.tlp,
        campaign=extra.campaign,
        external_id=words.external_id("gse", report.signal),
        first_seen=extra.first_seen,
        last_seen=reported if extra.last_seen is UNSET else extra.last_seen,
        valid_until=extra.valid_until,
        context=context or None,
    )


def _extra(sent: dict[str, Any]) -> SignalExtra:
    ours = {name: said for name, said in sent.items() if name in SignalExtra.__struct_fields__}
    try:
        return msgspec.convert(ours, SignalExtra)
    except msgspec.ValidationError as exc:
        fault = field_error(exc, "/extra_data", SignalExtra)
        raise Refused(fault.detail, fault.pointer, fault.code) from None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)


def _render(page: Feed) -> bytes:
    """The feed tells no times of its changes; a tombstone of it names no signal and is left out."""
    return msgspec.json.encode([record(one, one.position, 0) for one in page.signals if one.kind in KINDS])


def _read(body: bytes) -> list[Translated]:
    return meanings(msgspec.json.decode(body, type=list[msgspec.Raw]))


FORMAT = Format(
    "gse",
    "application/vnd.global-signal-exchange+json",
    "json",
    render=_render,
    read=_read,
    kinds=KINDS,
    loses=frozenset({"groups", "external_id", "context", "origin", "derived_from"}),
)
"""The exchange has no media type of its own; the name is ours."""
