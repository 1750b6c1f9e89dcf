"""Reading what platforms are asked: item by item, each with its own faults, before the log is locked."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from core import times
from core.auth.access import Principal
from core.db import Database
from core.edge import AT_ONCE, field_error, in_turns
from core.errors import TooLarge
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.takedowns import personal, targets
from core.takedowns.targets import Platform, Seen, Target
from core.wire.common import FieldError
from core.wire.scopes import PartnerKind
from core.wire.takedowns import AuthorityOrder, RequestResult, RequestStatus, TakedownIn

_decoder = msgspec.json.Decoder(TakedownIn)
_WITH_AUTHORITY = (PartnerKind.AGENCY, PartnerKind.OPERATOR)


class Ask(msgspec.Struct, frozen=True, gc=False):
    """What one platform is asked."""

    index: int
    target: Target
    account: str
    platform: Platform
    said: TakedownIn


async def read(
    db: Database, principal: Principal, kinds: Kinds, keys: Keys, guard: Guard, sent: Sequence[msgspec.Raw]
) -> list[Ask | RequestResult]:
    """One for each item and platform, in their order; an item that is wrong as a whole is one rejection.

    Raises `TooLarge` for more than `AT_ONCE` of them.
    """
    items = await in_turns(sent, _decode)
    good = [item for item in items if isinstance(item, TakedownIn)]
    if sum(len(item.platforms) for item in good) > AT_ONCE:
        raise TooLarge(f"Items times platforms may be {AT_ONCE}; send less at a time.")
    signals = {item.target.signal for item in good if item.target.signal is not None}
    async with db.snapshot(principal.partner) as session:
        seen = await targets.signals_seen(session, principal, signals)
    slugs = {slug for item in good for slug in item.platforms}
    foreign = {name for name, one in seen.items() if not one.own}
    known = await targets.platforms(db, principal, slugs, foreign)
    reader = _Reader(principal, kinds, keys, guard, seen, known)
    return [one for asks in await in_turns(items, reader.asks) for one in asks]


def _decode(index: int, raw: msgspec.Raw) -> TakedownIn | FieldError:
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return field_error(exc, f"/items/{index}", TakedownIn)


class _Reader:
    def __init__(
        self,
        principal: Principal,
        kinds: Kinds,
        keys: Keys,
        guard: Guard,
        seen: Mapping[str, Seen],
        known: Mapping[str, Platform],
    ) -> None:
        self._principal = principal
        self._kinds = kinds
        self._keys = keys
        self._guard = guard
        self._seen = seen
        self._known = known
        self._today = times.hub_day(times.now())

    def asks(self, index: int, item: TakedownIn | FieldError) -> list[Ask | RequestResult]:
        pointer = f"/items/{index}"
        if isinstance(item, FieldError):
            return [rejected(index, None, item)]
        if fault := next(self._faults(item, pointer), None):
            return [rejected(index, None, fault)]
        target = targets.find(item.target, self._seen, self._kinds, self._keys, self._guard, f"{pointer}/target")
        if isinstance(target, FieldError):
            return [rejected(index, None, target)]
        account = targets.account_of(item.account, target, self._kinds, self._keys, f"{pointer}/account/value")
        if isinstance(account, FieldError):
            return [rejected(index, None, account)]
        return [self._ask(index, target, account, slug, item) for slug in dict.fromkeys(item.platforms)]

    def _faults(self, item: TakedownIn, pointer: str) -> Iterator[FieldError]:
        texts = {f"{pointer}/reason": item.reason} | {
            f"{pointer}/evidence/{at}/reference": one.reference for at, one in enumerate(item.evidence)
        }
        yield from (found for at, text in texts.items() if (found := personal.fault(text, at)))
        if not isinstance(item.basis, AuthorityOrder):
            return
        if self._principal.kind not in _WITH_AUTHORITY:
            detail = "An order is an agency's to give; send a notice or a complaint."
            yield FieldError(f"{pointer}/basis/kind", "not_an_authority", detail)
        if item.basis.date.isoformat() > self._today:
            yield FieldError(f"{pointer}/basis/date", "in_the_future", "The day of the order has not come yet.")

    def _ask(self, index: int, target: Target, account: str, slug: str, item: TakedownIn) -> Ask | RequestResult:
        at = f"/items/{index}/platforms/{item.platforms.index(slug)}"
        platform = self._known.get(slug)
        if platform is None:
            return rejected(index, slug, FieldError(at, "unknown_platform", f"No active platform is named {slug!r}."))
        fault = targets.hidden(item.target, platform, self._seen, at)
        return rejected(index, slug, fault) if fault else Ask(index, target, account, platform, item)


def rejected(index: int, platform: str | None, fault: FieldError) -> RequestResult:
    return RequestResult(index, platform, None, RequestStatus.REJECTED, (fault,))
