"""The sections that core counts, by name. Each is drawn in one snapshot, before anything is hidden."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from core.reports.asked import Asked
from core.reports.cube import Draft
from core.reports.sections import content, data_quality, partner_quality, reach, signals, takedowns
from core.wire.documents import Name

Draw = Callable[[AsyncSession, Asked], Awaitable[Draft]]

SECTIONS: Mapping[Name, Draw] = {
    "signals": signals.draw,
    "takedowns": takedowns.draw,
    "reach": reach.draw,
    "content": content.draw,
    "partner_quality": partner_quality.draw,
    "data_quality": data_quality.draw,
}
"""In the order of a report that nobody ordered otherwise."""
