"""Asking platforms to act: a case is opened by whoever asks first, and joined by whoever asks for the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids
from core.auth.access import HUB, Principal
from core.db import among, insert_rows, table_of
from core.log.events import record_all
from core.log.head import Head
from core.signals import policy
from core.takedowns import moves, policies, quota
from core.takedowns.asking import Ask, rejected
from core.takedowns.models import Takedown, TakedownRequest
from core.takedowns.moves import Move
from core.takedowns.policies import Deadline
from core.takedowns.quota import Room
from core.takedowns.states import ASKED_ANEW
from core.wire.clock import Priority
from core.wire.events import TakedownJoined, TakedownRequested
from core.wire.takedowns import (
    AuthorityOrder,
    RequestResult,
    RequestStatus,
    TakedownIn,
    TakedownsRequested,
    TakedownState,
)

_RANKS = list(Priority)
_TOGETHER = 5_000
"""Values in one statement: SQLite takes 32,766."""
Terms = Mapping[tuple[str, str], Deadline | None]
"""By basis and priority, what is given for what is asked now."""


async def request(
    session: AsyncSession, principal: Principal, asked: Sequence[Ask | RequestResult]
) -> TakedownsRequested:
    """Take what `asking.read` made of the items, in order; the same request again changes nothing.

    Raises `TooManyRequests` when the caller's hour has room for none of them.
    """
    head: Head = session.info["head"]
    asks = [one for one in asked if isinstance(one, Ask)]
    cases = await _open_cases(session, asks)
    own = await _own_requests(session, principal, [case.number for case in cases])
    room = await quota.room(session, principal, head.at)
    batch = _Batch(principal.partner, head.at, await _terms(session, asks, head.at), cases, own, room)
    results = tuple(batch.take(one) if isinstance(one, Ask) else one for one in asked)
    policy.refuse_if_full(len(results), [result.errors for result in results])
    await batch.store(session, principal)
    counts = Counter(result.status for result in results)
    return TakedownsRequested(
        position=head.position,
        opened=counts[RequestStatus.OPENED],
        joined=counts[RequestStatus.JOINED],
        unchanged=counts[RequestStatus.UNCHANGED],
        rejected=counts[RequestStatus.REJECTED],
        results=results,
    )


async def _open_cases(session: AsyncSession, asks: Sequence[Ask]) -> list[Takedown]:
    targets = sorted({ask.target.id for ask in asks})
    found: list[Takedown] = []
    for start in range(0, len(targets), _TOGETHER):
        these = targets[start : start + _TOGETHER]
        found += await session.scalars(
            select(Takedown).where(Takedown.closed == 0, among(Takedown.target, these, session))
        )
    return found


async def _own_requests(
    session: AsyncSession, principal: Principal, numbers: Sequence[int]
) -> dict[int, TakedownRequest]:
    found: dict[int, TakedownRequest] = {}
    for start in range(0, len(numbers), _TOGETHER):
        query = select(TakedownRequest).where(
            TakedownRequest.partner == principal.partner,
            among(TakedownRequest.takedown, numbers[start : start + _TOGETHER], session),
        )
        found |= {row.takedown: row for row in await session.scalars(query)}
    return found


async def _terms(session: AsyncSession, asks: Sequence[Ask], at: int) -> Terms:
    wanted = {(_basis(ask.said), ask.said.priority.value) for ask in asks}
    return {
        (basis, priority): await policies.deadline(session, basis, Priority(priority), at) for basis, priority in wanted
    }


def _basis(said: TakedownIn) -> str:
    return str(said.basis.__struct_config__.tag)


def _content(said: TakedownIn) -> dict[str, Any]:
    """What makes one request another."""
    order = said.basis if isinstance(said.basis, AuthorityOrder) else None
    return {
        "basis": _basis(said),
        "order_number": order and order.order_number,
        "issuer": order and order.issuer,
        "order_date": order and order.date.isoformat(),
        "priority": said.priority.value,
        "category": said.category.value,
        "reason": said.reason,
        "evidence": [msgspec.to_builtins(one) for one in said.evidence],
        "external_id": said.external_id,
    }


class _Batch:
    """The cases that one call touches, as they stand after each of its items."""

    def __init__(
        self,
        partner: int,
        at: int,
        terms: Terms,
        cases: Sequence[Takedown],
        own: Mapping[int, TakedownRequest],
        room: Room,
    ) -> None:
        self._partner = partner
        self._room = room
        self._at = at
        self._terms = terms
        self._cases = {(case.target, case.platform): case for case in cases}
        self._slugs: dict[int, str] = {}
        self._own = {case.id: own[case.number] for case in cases if case.number in own}
        self._ended: list[Move] = []
        self._opened: dict[str, Takedown] = {}
        """By id, in the order of opening."""
        self._joined: dict[str, Takedown] = {}
        self._new_requests: list[tuple[Takedown, TakedownRequest]] = []

    def take(self, ask: Ask) -> RequestResult:
        self._slugs[ask.platform.id] = ask.platform.slug
        case = self._cases.get((ask.target.id, ask.platform.id))
        content = _content(ask.said)
        own = self._own.get(case.id) if case else None
        if case and own and own.withdrawn is None and all(getattr(own, name) == content[name] for name in content):
            return self._result(ask, case, RequestStatus.UNCHANGED)
        before = own.priority if own and own.withdrawn is None else None
        if fault := self._room.spend(ask, f"/items/{ask.index}", before):
            return rejected(ask.index, ask.platform.slug, fault)
        if case is None or case.state in ASKED_ANEW:
            if case:
                # What was answered stays as it is: a new request is owed an answer of its own.
                self._ended.append(moves.make(case, TakedownState.CLOSED, self._at, "Asked for anew."))
            case = self._open(ask, content)
            return self._result(ask, case, RequestStatus.OPENED)
        self._join(case, own, content, ask.account)
        return self._result(ask, case, RequestStatus.JOINED)

    def _result(self, ask: Ask, case: Takedown, status: RequestStatus) -> RequestResult:
        return RequestResult(ask.index, ask.platform.slug, case.id, status)

    def _open(self, ask: Ask, content: Mapping[str, Any]) -> Takedown:
        terms = self._terms[content["basis"], content["priority"]]
        case = Takedown(
            id=ids.new("tkd"),
            target=ask.target.id,
            kind=ask.target.kind,
            value=ask.target.value,
            account=ask.account,
            platform=ask.platform.id,
            state=TakedownState.REQUESTED.value,
            category=content["category"],
            basis=content["basis"],
            priority=content["priority"],
            opened=self._at,
            due=terms and terms.due,
            acknowledge_due=terms and terms.acknowledge_due,
            acted=False,
            wakes=self._at,
            warned=0,
            level=0,
            closed=0,
            version=1,
        )
        self._cases[case.target, case.platform] = self._opened[case.id] = case
        self._ask(case, None, content)
        return case

    def _join(self, case: Takedown, own: TakedownRequest | None, content: Mapping[str, Any], account: str) -> None:
        """A deadline only comes forward, and a priority only rises."""
        terms = self._terms[content["basis"], content["priority"]]
        self._ask(case, own, content)
        if case.id not in self._opened:
            self._joined[case.id] = case
            case.version += 1
        case.priority = max(case.priority, content["priority"], key=lambda one: _RANKS.index(Priority(one)))
        case.wakes = self._at
        if case.account == case.target:
            # Nobody knew it until now.
            case.account = account
        if terms is not None and (case.due is None or terms.due < case.due):
            case.due, case.warned = terms.due, 0
        if terms is not None and terms.acknowledge_due is not None and case.acknowledged is None:
            case.acknowledge_due = min(case.acknowledge_due or terms.acknowledge_due, terms.acknowledge_due)

    def _ask(self, case: Takedown, own: TakedownRequest | None, content: Mapping[str, Any]) -> None:
        terms = self._terms[content["basis"], content["priority"]]
        if own is None:
            own = self._own[case.id] = TakedownRequest(
                partner=self._partner, asked=self._at, at=self._at, withdrawn=None
            )
            own.policy = own.due = None
            self._new_requests.append((case, own))
        if own.withdrawn is not None or own.due is None or (terms is not None and terms.due < own.due):
            own.at = self._at
            own.policy, own.due = (terms.policy, terms.due) if terms else (None, None)
        own.withdrawn = None
        for name, value in content.items():
            setattr(own, name, value)

    async def store(self, session: AsyncSession, principal: Principal) -> None:
        """Write it all, and tell those whom it concerns. What was loaded is written by the session."""
        await moves.write(session, HUB, self._ended)
        # Before another one takes its place among the open cases.
        await session.flush()
        for platform, cases in _by_platform(self._opened.values()).items():
            requested = [TakedownRequested(case.id, case.target, self._slugs[platform]) for case in cases]
            positions = await record_all(session, requested, to=(platform, principal.partner))
            for case, position in zip(cases, positions, strict=True):
                # Given under the lock of the log, it rises with each case.
                case.number = position
        await insert_rows(session, table_of(Takedown), [_row(case) for case in self._opened.values()])
        for case, own in self._new_requests:
            own.takedown = case.number
        asked = [_row(own, "number") | {"evidence": _json(own.evidence)} for _, own in self._new_requests]
        await insert_rows(session, table_of(TakedownRequest), asked)
        for platform, cases in _by_platform(self._joined.values()).items():
            joined = [TakedownJoined(case.id, principal.slug) for case in cases]
            await record_all(session, joined, to=(platform, principal.partner))


def _by_platform(cases: Iterable[Takedown]) -> dict[int, list[Takedown]]:
    found: dict[int, list[Takedown]] = defaultdict(list)
    for case in cases:
        found[case.platform].append(case)
    return found


def _row(made: Takedown | TakedownRequest, *but: str) -> dict[str, Any]:
    return {column.name: getattr(made, column.name) for column in made.__table__.c if column.name not in but}


def _json(value: Any) -> str:
    """For the driver, which knows no types."""
    return msgspec.json.encode(value).decode()
