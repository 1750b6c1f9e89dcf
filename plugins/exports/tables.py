"""Signals as files of tables, out and in. The bytes depend on the content alone."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET

from core.reports.tables import to_csv
from core.sdk import (
    CSV,
    Category,
    ExternalId,
    Feed,
    Format,
    Line,
    Severity,
    SignalIn,
    Time,
    Tlp,
    Translated,
    translate_table,
)

_COLUMNS = (
    *("id", "state", "kind", "value", "tlp", "category", "severity", "first_seen", "last_seen", "valid_until"),
    *("position", "confidence", "claims", "campaign"),
)
_HEADINGS = {
    "kind": ("loại",),
    "value": ("giá trị",),
    "tlp": ("mức chia sẻ",),
    "category": ("nhóm",),
    "severity": ("mức độ",),
    "confidence": ("độ tin cậy",),
    "campaign": ("chiến dịch",),
    "first_seen": ("thấy lần đầu",),
    "last_seen": ("thấy lần cuối",),
    "valid_until": ("hết hiệu lực",),
    "external_id": ("mã của bạn",),
    "origin": ("nguồn",),
    # What the hub's own tables say besides: passed over, so that one may be sent back with changes.
    "id": ("mã",),
    "state": ("trạng thái",),
    "position": ("vị trí",),
    "claims": ("số đối tác",),
}
"""What a column is for, as the field or in Vietnamese."""
_SHIELDED = re.compile(r"(^|[;\t])'(?=\s*[=+@|＝＋＠｜－-])")
"""Where `to_csv` keeps a spreadsheet from running text."""


class _Row(msgspec.Struct, frozen=True):
    kind: str
    value: str
    tlp: Tlp | None = None
    category: Category | None = None
    severity: Severity | None = None
    confidence: int | None = None
    campaign: str | None = None
    first_seen: Time | None = None
    last_seen: Time | None = None
    valid_until: Time | None = None
    external_id: ExternalId | None = None
    origin: Line | None = None


_row = msgspec.json.Decoder(_Row, strict=False)


def feed_as_csv(page: Feed) -> bytes:
    """One row a signal; a tombstone has `id`, `state` and `position` only. The next page is in the header `Link`.

    Made for spreadsheets: text that one would run as a formula follows an apostrophe, be it a phone number's `+` or
    what stands behind a semicolon in an address.
    """
    return to_csv(_COLUMNS, ([_cell(getattr(signal, name)) for name in _COLUMNS] for signal in page.signals))


def _cell(value: object) -> str | int | None:
    if value is UNSET or value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value if isinstance(value, int) else str(value)


def read(body: bytes) -> Sequence[Translated]:
    """A signal for each row, of a table as `feed_as_csv` makes it or as a person does: headings in either language.

    The apostrophe before what a spreadsheet would run is taken off again. Raises `Refused` for unknown columns.
    """
    return translate_table(body, _HEADINGS, _row, _meaning)


def _meaning(row: _Row) -> SignalIn:
    said = msgspec.structs.asdict(row) | {"value": _SHIELDED.sub(r"\1", row.value)}
    return SignalIn(**said)


FORMAT = Format(
    "csv",
    CSV,
    "csv",
    feed_as_csv,
    read,
    loses=frozenset({"groups", "external_id", "context", "origin", "derived_from"}),
)
