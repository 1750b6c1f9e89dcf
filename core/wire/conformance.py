"""Sheets of conformance: what was tried, and whether it held."""

import msgspec

from core.wire.common import Line


class SheetLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check."""

    check: Line
    promise: str
    """What has to hold."""
    passed: bool | None
    """null: not tried, because what it rests on failed."""
    found: str = ""
    """What did not hold, why it was not tried, or that there was nothing to try."""


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every check of one subject, in the order in which they were tried."""

    subject: Line
    lines: tuple[SheetLine, ...]

    @property
    def green(self) -> bool:
        return bool(self.lines) and all(line.passed for line in self.lines)

    @property
    def failed(self) -> dict[str, str]:
        """What did not hold, by check."""
        return {line.check: line.found for line in self.lines if line.passed is False}
