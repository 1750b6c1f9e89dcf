"""Pages of the feed as files of tables. The bytes depend on the content alone."""

from datetime import datetime

from msgspec import UNSET

from core.reports.tables import to_csv
from core.sdk import Feed

_COLUMNS = (
    *("id", "state", "kind", "value", "tlp", "category", "severity", "first_seen", "last_seen", "valid_until"),
    *("position", "confidence", "claims"),
)


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
