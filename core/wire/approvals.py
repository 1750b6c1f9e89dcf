"""Who must say yes to what, as data."""

import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Line, Time
from core.wire.content import MaterialKind
from core.wire.scopes import PartnerKind
from core.wire.signals import Category


class ApprovalPolicyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many partners of one kind must approve. Every policy that fits a material holds for it."""

    role: PartnerKind
    """Of the partners whose approvals count; the author's own never does."""
    source: Line
    """Who decided that it is so, and where that can be read."""
    valid_from: datetime.date
    """Day in Viet Nam. What was published before stands under the policies of its own time."""
    approvals: Annotated[int, Meta(ge=1, le=10)] = 1
    material_kind: MaterialKind | None = None
    """Null: of every kind."""
    category: Category | None = None
    """Materials that warn of it; null: all."""
    valid_until: datetime.date | None = None
    """Exclusive."""


class ApprovalPolicyOut(ApprovalPolicyIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy. It is never edited: end it, and add another."""

    id: str
    added: Time
    added_by: str


class ApprovalPolicyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policies: tuple[ApprovalPolicyOut, ...]
