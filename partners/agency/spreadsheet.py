"""Tables that agencies of Viet Nam keep of numbers, accounts and sites that they warn of, as CSV or a workbook (XLSX).

No agency publishes a format for this; columns and words are ours, in both languages, in the manner of such tables:
one row an entry, under the official dispatch that it rests on. There is no column for the holder of an account or of a
number, and one that is not known refuses the table: whose they are is personal data, which nobody needs to block them.

Accounts are text: a spreadsheet cuts numbers of more than fifteen digits, and the row is refused then.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.sdk import (
    CSV,
    XLSX,
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
    meanings,
    translate_table,
)

STATUSES = {"cảnh báo": True, "warn": True, "gỡ cảnh báo": False, "lift": False}
KINDS = {
    "trang web": "domain",
    "website": "domain",
    "số điện thoại": "phone",
    "phone": "phone",
    "tài khoản ngân hàng": "bank_account",
    "bank account": "bank_account",
    "tài khoản mạng xã hội": "social_account",
    "social account": "social_account",
}
OFFENCES = {
    "giả mạo, đánh cắp thông tin": Category.PHISHING,
    "phishing": Category.PHISHING,
    "lừa đảo đầu tư": Category.INVESTMENT_SCAM,
    "investment scam": Category.INVESTMENT_SCAM,
    "mạo danh": Category.IMPERSONATION,
    "impersonation": Category.IMPERSONATION,
    "đánh bạc": Category.GAMBLING,
    "gambling": Category.GAMBLING,
    "bắt cóc trực tuyến": Category.ONLINE_KIDNAPPING,
    "online kidnapping": Category.ONLINE_KIDNAPPING,
    "khác": Category.OTHER,
    "other": Category.OTHER,
}
HEADINGS = {
    "number": ("stt", "số thứ tự"),
    "entry": ("mã", "mã số"),
    "status": ("tình trạng", "trạng thái"),
    "kind": ("loại",),
    "value": ("đối tượng", "số tài khoản", "giá trị"),
    "bank": ("ngân hàng", "mã ngân hàng"),
    "offence": ("hành vi",),
    "dispatch": ("số công văn",),
    "issuer": ("cơ quan ban hành", "cơ quan"),
    "day": ("ngày ban hành", "ngày", "date"),
}


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    entry: ExternalId
    status: str
    """What is lifted needs no more than this."""
    kind: str = ""
    value: str = ""
    offence: str = "khác"
    bank: str = ""
    """Of an account: short name or BIN."""
    dispatch: Line | None = None
    issuer: Line | None = None
    day: date | None = None
    number: Annotated[str, Meta(max_length=20)] = ""
    """Of the row; it changes with every table and names nothing."""


_entry = msgspec.json.Decoder(Entry)
_stands = meanings(STATUSES)
_kind = meanings(KINDS)
_category = meanings(OFFENCES)


def to_signal(entry: Entry) -> SignalIn | Withdrawal:
    if not _stands(entry.status, "status"):
        return Withdrawal(entry.entry)
    kind = _kind(entry.kind, "kind")
    dispatch = {
        "dispatch_number": entry.dispatch,
        "dispatch_issuer": entry.issuer,
        "dispatch_date": entry.day and entry.day.isoformat(),
    }
    return SignalIn(
        kind=kind,
        value=f"{entry.bank}:{entry.value}" if kind == "bank_account" and entry.bank else entry.value,
        category=_category(entry.offence, "offence"),
        confidence=90,
        tlp=Tlp.GREEN,
        external_id=entry.entry,
        context={name: said for name, said in dispatch.items() if said} or None,
    )


class Spreadsheet(Connector):
    kind = PartnerKind.AGENCY
    media_types = (CSV, XLSX)
    statuses = frozenset(STATUSES)
    recorded = Path(__file__).with_name("recorded") / "spreadsheet"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_table(body, HEADINGS, _entry, to_signal, days={"day"})


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="spreadsheet", title="Spreadsheets of agencies")


@hookimpl
def connectors() -> Sequence[Connector]:
    return [Spreadsheet()]
