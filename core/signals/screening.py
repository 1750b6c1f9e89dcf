"""What plugins think of signals before they are taken: they may have one held for a reviewer, and nothing else."""

from collections.abc import Sequence

import msgspec

from core.auth.access import Principal
from core.signals.guard import Guard
from core.signals.items import Item
from core.wire.screening import Candidate
from core.wire.signals import Category, SubmitResult


async def screened(principal: Principal, guard: Guard, items: Sequence[Item]) -> Sequence[Item]:
    """Each item with why it is held, if it is. A plugin that fails or is late holds nothing."""
    if guard.screen is None or not items:
        return items
    shown = [Candidate(one.signal.kind, one.spelling.value, Category(one.content[0])) for one in items]
    held = await guard.screen(principal, shown)
    return [msgspec.structs.replace(one, screened=why) for one, why in zip(items, held, strict=True)]


async def screened_as_read(
    principal: Principal, guard: Guard, read: Sequence[Item | SubmitResult]
) -> list[Item | SubmitResult]:
    """The same for items among those that were rejected."""
    looked = iter(await screened(principal, guard, [one for one in read if isinstance(one, Item)]))
    return [next(looked) if isinstance(one, Item) else one for one in read]
