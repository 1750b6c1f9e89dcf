"""Hotline 111: what its counsellors note of those who approach young people, as a table and as a form of one report.

No page of the hotline describes an exchange format: columns and words are ours, in both languages, until they are
agreed upon. There is no field for the young person or the caller, and a column that is not known refuses the table, so
that a list with names in it is not taken.

The table is CSV in UTF-8, its columns apart by comma or semicolon, or a workbook (XLSX). Days are day/month/year or
YYYY-MM-DD. The form is `application/x-www-form-urlencoded`, with the fields of `Report`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from core.sdk import (
    CSV,
    HUB_ZONE,
    XLSX,
    Category,
    Connector,
    Context,
    ExternalId,
    PartnerKind,
    PluginInfo,
    Refused,
    Sharing,
    SignalIn,
    Translated,
    Withdrawal,
    hookimpl,
    meanings,
    translate_items,
    translate_table,
)

STATUSES = {"còn hiệu lực": True, "active": True, "rút lại": False, "withdrawn": False}
KINDS = {
    "số điện thoại": "phone",
    "phone": "phone",
    "tài khoản mạng xã hội": "social_account",
    "social account": "social_account",
    "đường dẫn": "url",
    "link": "url",
}
CATEGORIES = {
    "dụ dỗ": Category.GROOMING,
    "grooming": Category.GROOMING,
    "tống tiền tình dục": Category.SEXTORTION,
    "sextortion": Category.SEXTORTION,
    "bắt cóc trực tuyến": Category.ONLINE_KIDNAPPING,
    "online kidnapping": Category.ONLINE_KIDNAPPING,
    "xúi giục tự hại": Category.SELF_HARM,
    "self-harm": Category.SELF_HARM,
}
HEADINGS = {
    "report": ("mã phiếu",),
    "status": ("trạng thái",),
    "kind": ("loại",),
    "value": ("nội dung",),
    "concern": ("vụ việc",),
    "day": ("ngày", "date", "ngày ghi nhận"),
}


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """What was used to approach a young person, and nothing about the young person."""

    report: ExternalId
    status: str
    """What is withdrawn needs no more than this."""
    kind: str = ""
    value: str = ""
    concern: str = ""
    day: date | None = None


_report = msgspec.json.Decoder(Report)
_stands = meanings(STATUSES)
_kind = meanings(KINDS)
_category = meanings(CATEGORIES)


class _Hotline(Connector):
    kind = PartnerKind.PROTECTION
    partner = "hotline-111"
    statuses = frozenset(STATUSES)

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def _to_signal(self, report: Report) -> SignalIn | Withdrawal:
        if not _stands(report.status, "status"):
            return Withdrawal(report.report)
        return SignalIn(
            kind=_kind(report.kind, "kind"),
            value=report.value,
            category=_category(report.concern, "concern"),
            confidence=60,
            tlp=self._sharing.tlp,
            groups=self._sharing.groups or None,
            external_id=report.report,
            last_seen=datetime.combine(report.day, time(), HUB_ZONE) if report.day else None,
        )


class HotlineTable(_Hotline):
    media_types = (CSV, XLSX)
    recorded = Path(__file__).with_name("recorded") / "hotline_table"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_table(body, HEADINGS, _report, self._to_signal, days={"day"})


class HotlineForm(_Hotline):
    media_types = ("application/x-www-form-urlencoded",)
    recorded = Path(__file__).with_name("recorded") / "hotline_form"

    def translate(self, body: bytes) -> Sequence[Translated]:
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            raise Refused("This is no form of one report.", code="no_form") from None
        report = dict(fields)
        if len(report) < len(fields):
            raise Refused("A field of the form is there twice.", code="repeated_field")
        return translate_items([msgspec.Raw(msgspec.json.encode(report))], _report, self._to_signal, self.items)


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="hotline", title="Hotline 111", settings=Sharing)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [HotlineTable(ctx.settings), HotlineForm(ctx.settings)]
