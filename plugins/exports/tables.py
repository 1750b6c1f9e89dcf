"""Pages of the feed and reports as files of tables. The bytes depend on the content alone."""

import io
import zipfile
from datetime import datetime

import msgspec
from msgspec import UNSET

from core.reports.tables import to_csv
from core.sdk import Column, Feed, Report, Section

_TEXTS = ("id", "state", "kind", "value", "tlp", "category", "severity", "first_seen", "last_seen", "valid_until")
_COUNTS = ("position", "confidence", "claims")


def feed_as_csv(page: Feed) -> bytes:
    """One row a signal; a tombstone has `id`, `state` and `position` only. The next page is in the header `Link`.

    Made for spreadsheets: text that one would run as a formula, a phone number's `+` included, follows an apostrophe.
    """
    rows = tuple(tuple(_cell(getattr(signal, name)) for name in (*_TEXTS, *_COUNTS)) for signal in page.signals)
    columns = (*(Column(name, "text") for name in _TEXTS), *(Column(name, "count") for name in _COUNTS))
    return to_csv(Section(name="signals", title="Signals", columns=columns, rows=rows))


def report_as_zip(report: Report) -> bytes:
    """One CSV file for each table, and `manifest.json`: the report without the rows."""
    bare = tuple(msgspec.structs.replace(section, rows=()) for section in report.sections)
    manifest = msgspec.json.encode(msgspec.structs.replace(report, sections=bare), order="sorted")
    files = {"manifest.json": msgspec.json.format(manifest, indent=2)}
    files |= {f"{section.name}.csv": to_csv(section) for section in report.sections if section.status == "made"}
    out = io.BytesIO()
    # Stored, not deflated: compressed bytes change with the version of zlib.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _cell(value: object) -> str | int | None:
    if value is UNSET or value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value if isinstance(value, int) else str(value)
