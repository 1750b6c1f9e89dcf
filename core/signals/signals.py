"""Submitting and retracting: the rule behind the routes."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from core.auth.access import Principal
from core.edge import in_turns
from core.signals import items
from core.signals.guard import Guard
from core.signals.items import Item
from core.signals.jobs import Retract
from core.signals.keys import Keys, parse_id
from core.signals.kinds import Kinds
from core.signals.screening import screened_as_read
from core.signals.submission import Submit
from core.signals.writer import SignalWriter
from core.wire.signals import Retracted, Retraction, RetractStatus, SignalIn, SubmitResult, SubmitStatus, Submitted


async def submit(
    principal: Principal,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
    sent: Sequence[msgspec.Raw | SignalIn],
    request: str,
    *,
    minimal: bool = False,
) -> Submitted:
    """Take each item on its own: a bad one costs only itself. `minimal` lists rejected items only."""
    read = await in_turns(sent, lambda index, one: _read(one, index, kinds, keys, guard))
    read = await screened_as_read(principal, guard, read)
    job = Submit(principal.partner, [one for one in read if isinstance(one, Item)], minimal=minimal)
    position = await writer.write(job, principal.client, request)
    done = iter(job.results)
    results = [next(done) if isinstance(one, Item) else one for one in read]
    counts = Counter(result.status for result in results)
    return Submitted(
        position=position,
        created=counts[SubmitStatus.CREATED] + counts[SubmitStatus.QUARANTINED],
        updated=counts[SubmitStatus.UPDATED],
        unchanged=counts[SubmitStatus.UNCHANGED],
        rejected=counts[SubmitStatus.REJECTED],
        quarantined=counts[SubmitStatus.QUARANTINED],
        results=tuple(one for one in results if not minimal or one.status is SubmitStatus.REJECTED),
    )


def _read(one: msgspec.Raw | SignalIn, index: int, kinds: Kinds, keys: Keys, guard: Guard) -> Item | SubmitResult:
    pointer = f"/signals/{index}"
    if isinstance(one, SignalIn):
        return items.accept(one, index, pointer, kinds, keys, guard)
    return items.read(one, index, pointer, kinds, keys, guard)


async def retract(principal: Principal, writer: SignalWriter, asked: Retraction, request: str) -> Retracted:
    """Withdraw the caller's own claims. Others' claims on the same signals stand."""
    job = Retract(principal.partner, asked.external_ids, [parse_id(one) for one in asked.ids])
    position = await writer.write(job, principal.client, request)
    counts = Counter(result.status for result in job.results)
    return Retracted(position=position, retracted=counts[RetractStatus.RETRACTED], results=tuple(job.results))
