"""Submitting, as a job of the claim log."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences
from core.log.head import Head
from core.signals import policy
from core.signals.items import Item, notes, rejected
from core.signals.jobs import Job
from core.signals.keys import public_id
from core.signals.plan import Picture, Said
from core.wire.common import FieldError
from core.wire.signals import SubmitResult, SubmitStatus

_NEW_AUDIENCES = 100
"""That one submission may make: each costs a row for every partner that sees it, for good."""


class Submit(Job):
    """Items of one submission. With `minimal`, results of those taken say no more than that."""

    counted = True

    def __init__(self, partner: int, items: Sequence[Item], *, minimal: bool = False) -> None:
        self.partner = partner
        self.items = items
        self.minimal = minimal
        self.results: list[SubmitResult] = []
        self._audiences: dict[tuple[str, tuple[str, ...]], int | str] = {}

    def keys(self) -> Iterable[bytes]:
        return {item.signal.key for item in self.items}

    def names(self) -> Iterable[str]:
        return {item.external_id for item in self.items if item.external_id is not None}

    async def ready(self, session: AsyncSession, picture: Picture) -> None:
        """Find the audience of each (TLP, groups): an id, or the slug of a group that the partner is not in.

        Those beyond `_NEW_AUDIENCES` have none.
        """
        # Many small submissions share a transaction, and nobody joins or leaves while it holds the head.
        members: dict[int, dict[str, int]] = session.info.setdefault("memberships", {})
        if self.partner not in members and any(item.groups for item in self.items):
            members[self.partner] = await audiences.memberships(session, self.partner)
        member = members.get(self.partner, {})
        # Ids of an attempt that was rolled back are nobody's.
        self._audiences = {}
        wanted = {}
        for tlp, slugs in dict.fromkeys((item.tlp, item.groups) for item in self.items):
            missing = [slug for slug in slugs if slug not in member]
            if missing:
                self._audiences[tlp, slugs] = missing[0]
            else:
                wanted[tlp, slugs] = self.partner, tlp, tuple(sorted(member[slug] for slug in slugs))
        ids = await audiences.intern(session, wanted.values(), _NEW_AUDIENCES)
        self._audiences |= {at: ids[key] for at, key in wanted.items() if key in ids}

    def fold(self, picture: Picture, head: Head) -> None:
        self.results = [self._fold_item(item, picture, head) for item in self.items]

    def _fold_item(self, item: Item, picture: Picture, head: Head) -> SubmitResult:
        audience = self._audiences.get((item.tlp, item.groups))
        if not isinstance(audience, int):
            return rejected(item.index, _without_audience(item, audience))
        said = Said(audience, *item.content)
        if said.valid_until is not None and said.valid_until <= head.at:
            detail = "valid_until has passed; leave it out or name a later time."
            return rejected(item.index, FieldError(f"{item.pointer}/valid_until", "expired", detail))
        status = picture.state(self.partner, item.signal, said, item.spelling, item.external_id, item.held)
        if status is None:
            detail = "This external_id names another of your signals; retract that one first or choose another name."
            return rejected(item.index, FieldError(f"{item.pointer}/external_id", "external_id_in_use", detail))
        if status == SubmitStatus.REJECTED:
            return rejected(item.index, policy.full_hour(item.pointer))
        if self.minimal:
            return SubmitResult(item.index, None, SubmitStatus(status))
        held = picture.standing[self.partner, item.signal.key].held
        return SubmitResult(item.index, public_id(item.signal.key), SubmitStatus(status), notes(item, held))


def _without_audience(item: Item, group: str | None) -> FieldError:
    """`group` is the one that the partner is not in, if that is why."""
    if group is not None:
        detail = f"You are not a member of the sharing group {group!r}."
        return FieldError(f"{item.pointer}/groups", "not_a_member", detail)
    detail = f"{_NEW_AUDIENCES} new combinations of TLP and groups are in this submission; send this item again."
    return FieldError(f"{item.pointer}/groups", "too_many_audiences", detail)
