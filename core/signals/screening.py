"""What plugins think of signals before they are taken: they may have one held for a reviewer, and nothing else."""

import msgspec

from core.auth.access import Principal
from core.signals.guard import Guard
from core.signals.items import Item
from core.wire.screening import Candidate
from core.wire.signals import Category, SubmitResult


async def screened(principal: Principal, guard: Guard, read: list[Item | SubmitResult]) -> list[Item | SubmitResult]:
    """Those that were read, each with why it is held, if it is. A plugin that fails or is late holds nothing."""
    items = [one for one in read if isinstance(one, Item)]
    if guard.screen is None or not items:
        return read
    shown = [Candidate(one.signal.kind, one.spelling.value, Category(one.content[0])) for one in items]
    notes = iter(await guard.screen(principal, shown))
    return [msgspec.structs.replace(one, screened=next(notes)) if isinstance(one, Item) else one for one in read]
