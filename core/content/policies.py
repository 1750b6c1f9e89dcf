"""Who must say yes to a version before it is published: rows of data, ended but never edited.

2026-11-22: the policies that fit a version are written beside it when it is published (`Requirement`), and hold for it
for good. Counting by the policies of today would recall, without anyone deciding it, what was approved as was asked at
the time. We gave up that a stricter policy reaches what is out: withdraw that, or make a new version.
Held by tests/content/test_policies.py and the lifecycle's model.
"""

import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content.models import ApprovalPolicy, Requirement, Review, Version
from core.errors import Conflict, Forbidden, NotFound
from core.log import audit
from core.wire.approvals import ApprovalPolicyIn, ApprovalPolicyList, ApprovalPolicyOut
from core.wire.common import FieldError
from core.wire.content import Decision, MaterialKind, Missing
from core.wire.scopes import PartnerKind
from core.wire.signals import Category

_ID = re.compile(r"apo_([1-9][0-9]{0,8})\Z", re.ASCII)


def counts(review: Review, version: Version) -> bool:
    """Whether a decision is about the version as it stands, and was not ended by a rejection."""
    return review.lapsed is None and review.digest == version.digest


def missing(policies: Sequence[ApprovalPolicy], version: Version, reviews: Sequence[Review]) -> tuple[Missing, ...]:
    """The approvals that a version still waits for under `policies`, those in force. One it needs in any case."""
    approvals = [one for one in reviews if counts(one, version) and one.decision == Decision.APPROVE]
    wanted: dict[PartnerKind | None, int] = {} if approvals else {None: 1}
    for policy in policies:
        if _fits(policy, version):
            given = len({one.partner for one in approvals if one.role == policy.role})
            role = PartnerKind(policy.role)
            wanted[role] = max(wanted.get(role, 0), policy.approvals - given)
    named = {role: count for role, count in wanted.items() if role is not None and count > 0}
    # Whoever gives one of those is that one partner as well.
    return tuple(Missing(role=role, approvals=count) for role, count in (named or wanted).items() if count > 0)


def _fits(policy: ApprovalPolicy, version: Version) -> bool:
    return policy.material_kind in (None, version.kind) and (
        policy.category is None or policy.category in version.categories
    )


async def in_force(session: AsyncSession) -> list[ApprovalPolicy]:
    """Those that hold today in Viet Nam."""
    return list(await session.scalars(select(ApprovalPolicy).where(_holds(times.hub_day(times.now())))))


async def fix(session: AsyncSession, policies: Sequence[ApprovalPolicy], version: Version) -> None:
    """Write down which of `policies` hold for a version, as it is published."""
    rows = [{"version": version.number, "policy": policy.id} for policy in policies if _fits(policy, version)]
    if rows:
        await session.execute(insert(Requirement), rows)


def _holds(day: str) -> ColumnElement[bool]:
    """Days in Viet Nam compare as text."""
    open_ended = or_(ApprovalPolicy.valid_until.is_(None), ApprovalPolicy.valid_until > day)
    return and_(ApprovalPolicy.valid_from <= day, open_ended)


async def listing(session: AsyncSession, on: date | None = None) -> ApprovalPolicyList:
    """Every policy that ever held or will hold, or those in force on a day in Viet Nam."""
    wanted = select(ApprovalPolicy).order_by(ApprovalPolicy.id)
    if on is not None:
        wanted = wanted.where(_holds(on.isoformat()))
    return ApprovalPolicyList(policies=tuple(map(_out, await session.scalars(wanted))))


async def add(session: AsyncSession, principal: Principal, data: ApprovalPolicyIn) -> ApprovalPolicyOut:
    """A further policy, for what is published from its first day on. Raises `Forbidden`, `Invalid`."""
    _require_operator(principal)
    if data.valid_until is not None and data.valid_until <= data.valid_from:
        fault = FieldError("/valid_until", "before_valid_from", "A policy holds for a day at least.")
        raise Conflict("The policy cannot be as it is sent.", errors=[fault])
    row = ApprovalPolicy(
        role=data.role.value,
        approvals=data.approvals,
        material_kind=data.material_kind,
        category=data.category,
        source=data.source,
        valid_from=data.valid_from.isoformat(),
        valid_until=data.valid_until and data.valid_until.isoformat(),
        added=times.now(),
        added_by=principal.slug,
    )
    session.add(row)
    await session.flush()
    await audit.note(session, principal, "AddApprovalPolicy", {"policy": _public(row.id)})
    return _out(row)


async def end(session: AsyncSession, principal: Principal, policy_id: str, until: date) -> ApprovalPolicyOut:
    """Let a policy hold for nothing that is published from `until` on. Raises `Conflict` for a day that is past."""
    _require_operator(principal)
    found = _ID.fullmatch(policy_id)
    row = await session.get(ApprovalPolicy, int(found[1])) if found else None
    if row is None:
        raise NotFound
    today = times.hub_day(times.now())
    if row.valid_until is not None and row.valid_until <= today:
        raise Conflict(f"It has ended on {row.valid_until} already.")
    if until.isoformat() < max(today, row.valid_from):
        raise Conflict(f"It can end on {max(today, row.valid_from)} at the earliest.")
    ended = update(ApprovalPolicy).where(ApprovalPolicy.id == row.id).values(valid_until=until.isoformat())
    await session.execute(ended)
    await session.refresh(row)
    await audit.note(session, principal, "EndApprovalPolicy", {"policy": policy_id, "until": until.isoformat()})
    return _out(row)


def _require_operator(principal: Principal) -> None:
    if not principal.is_operator:
        raise Forbidden("Who must approve is in the operator's charge.")


def _public(number: int) -> str:
    return f"apo_{number}"


def _out(row: ApprovalPolicy) -> ApprovalPolicyOut:
    return ApprovalPolicyOut(
        id=_public(row.id),
        role=PartnerKind(row.role),
        approvals=row.approvals,
        material_kind=None if row.material_kind is None else MaterialKind(row.material_kind),
        category=None if row.category is None else Category(row.category),
        source=row.source,
        valid_from=date.fromisoformat(row.valid_from),
        valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        added=times.from_micros(row.added),
        added_by=row.added_by,
    )
