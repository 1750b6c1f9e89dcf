"""What is asked of the claim log: each job folds itself into a picture of what it touches (`core.signals.ingest`)."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences
from core.log.head import Head
from core.signals.items import Item, notes, rejected
from core.signals.keys import public_id
from core.signals.plan import Picture, Said
from core.wire.common import FieldError
from core.wire.signals import RetractResult, RetractStatus, SubmitResult, SubmitStatus

_NEW_AUDIENCES = 100
"""That one submission may make: each costs a row for every partner that sees it, for good."""


class Job(Protocol):
    """Something that one caller asks of the claim log."""

    partner: int

    def keys(self) -> Iterable[bytes]:
        """Signals that it touches."""

    def names(self) -> Iterable[str]:
        """The partner's external ids that it touches."""

    async def prepare(self, session: AsyncSession) -> None:
        """What needs the database beyond the picture."""

    def fold(self, picture: Picture, head: Head) -> None:
        """Change the picture, and remember the results. Called again if the transaction has to be tried anew."""


class Submit:
    """Items of one submission."""

    def __init__(self, partner: int, items: Sequence[Item]) -> None:
        self.partner = partner
        self.items = items
        self.results: list[SubmitResult] = []
        self._audiences: dict[tuple[str, tuple[str, ...]], int | str] = {}

    def keys(self) -> Iterable[bytes]:
        return {item.signal.key for item in self.items}

    def names(self) -> Iterable[str]:
        return {item.external_id for item in self.items if item.external_id is not None}

    async def prepare(self, session: AsyncSession) -> None:
        """Find the audience of each (TLP, groups): an id, or the slug of a group that the partner is not in.

        Those beyond `_NEW_AUDIENCES` have none.
        """
        member = await audiences.memberships(session, self.partner)
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
        if audience is None:
            detail = (
                f"{_NEW_AUDIENCES} new combinations of TLP and groups are in this submission; send this item again."
            )
            return rejected(item.index, FieldError(f"{item.pointer}/groups", "too_many_audiences", detail))
        if isinstance(audience, str):
            detail = f"You are not a member of the sharing group {audience!r}."
            return rejected(item.index, FieldError(f"{item.pointer}/groups", "not_a_member", detail))
        valid_until = item.content["valid_until"]
        if valid_until is not None and valid_until <= head.at:
            detail = "valid_until has passed; leave it out or name a later time."
            return rejected(item.index, FieldError(f"{item.pointer}/valid_until", "expired", detail))
        said = Said(audience=audience, **item.content)
        status = picture.state(self.partner, item.signal, said, item.spelling, item.external_id)
        if status is None:
            detail = "This external_id names another of your signals; retract that one first or choose another name."
            return rejected(item.index, FieldError(f"{item.pointer}/external_id", "external_id_in_use", detail))
        return SubmitResult(item.index, public_id(item.signal.key), SubmitStatus(status), notes(item))


class Retract:
    """The partner's own claims, named by its external ids, then by public ids (as keys; None is no id at all)."""

    def __init__(self, partner: int, external_ids: Sequence[str], ids: Sequence[bytes | None]) -> None:
        self.partner = partner
        self.external_ids = external_ids
        self.ids = ids
        self.results: list[RetractResult] = []

    def keys(self) -> Iterable[bytes]:
        return {key for key in self.ids if key is not None}

    def names(self) -> Iterable[str]:
        return set(self.external_ids)

    async def prepare(self, session: AsyncSession) -> None:
        pass

    def fold(self, picture: Picture, head: Head) -> None:
        self.results = []
        for name in self.external_ids:
            key = picture.names.get((self.partner, name))
            self._note(key, picture.drop(self.partner, name, "retracted"))
        for key in self.ids:
            ended = key is not None and picture.end(self.partner, key, "retracted")
            self._note(key, "retracted" if ended else None)

    def _note(self, key: bytes | None, status: str | None) -> None:
        found = public_id(key) if key is not None and status is not None else None
        self.results.append(RetractResult(len(self.results), found, RetractStatus(status or "not_found")))


class Expire:
    """Claims of one partner whose `valid_until` has passed; looked at again under the lock."""

    def __init__(self, partner: int, due: Sequence[bytes]) -> None:
        self.partner = partner
        self.due = due
        self.closed = 0

    def keys(self) -> Iterable[bytes]:
        return self.due

    def names(self) -> Iterable[str]:
        return ()

    async def prepare(self, session: AsyncSession) -> None:
        pass

    def fold(self, picture: Picture, head: Head) -> None:
        self.closed = 0
        for key in self.due:
            claim = picture.standing.get((self.partner, key))
            until = claim.now.valid_until if claim and claim.now else None
            if until is not None and until <= head.at:
                self.closed += picture.end(self.partner, key, "expired")
