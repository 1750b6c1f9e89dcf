"""Holding an applicant to what it managed in a sandbox."""

from datetime import UTC, datetime, timedelta

from core.reports.verify import NotGenuine, opened
from core.sandbox.sheet import TYP
from core.wire.oauth import KeySet
from core.wire.sandbox import Tried
from core.wire.scopes import PartnerKind

_GOOD_FOR = timedelta(days=30)
"""Programs change."""


def require(signed: bytes, keys: KeySet, slug: str, kind: PartnerKind) -> None:
    """Raise `NotGenuine` unless the sandbox of these keys signed it for this partner, lately, and all of it holds."""
    tried, _ = opened(signed, keys, TYP, Tried, "sheet")
    if (tried.partner, tried.kind) != (slug, kind):
        raise NotGenuine(f"The sheet is of {tried.partner}, of the kind {tried.kind}.")
    if not tried.sheets or not all(sheet.green for sheet in tried.sheets):
        raise NotGenuine("The sheet says itself that not all of it holds.")
    if datetime.now(UTC) - tried.at > _GOOD_FOR:
        raise NotGenuine(f"The sheet is of {tried.at:%d %B %Y}; it holds for {_GOOD_FOR.days} days.")
