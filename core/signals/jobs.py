"""What is asked of the claim log: each job folds itself into a picture of what it touches (`core.signals.ingest`)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Partner
from core.log.head import Head
from core.signals import policy, score
from core.signals.keys import public_id
from core.signals.models import Opinion as Disputes
from core.signals.plan import Opinion, Picture
from core.signals.policy import Policy
from core.signals.score import Heard
from core.signals.standing import Stood
from core.wire.opinions import OpinionStatus, Stance
from core.wire.scopes import PartnerKind
from core.wire.signals import RetractResult, RetractStatus


class Job(ABC):
    """Something that one caller asks of the claim log."""

    partner: int
    counted = False
    """Whether what others see of it counts against the partner's limit of an hour."""
    whole = False
    """Whether it looks at everybody's claims on its signals, not at its partner's alone."""

    @abstractmethod
    def keys(self) -> Iterable[bytes]:
        """Signals that it touches."""

    def names(self) -> Iterable[str]:
        """The partner's external ids that it touches."""
        return ()

    async def prepare(self, session: AsyncSession) -> None:  # noqa: B027  (most need nothing)
        """What `keys` and `names` need of the database, and what is asked of it whatever the picture."""

    async def ready(self, session: AsyncSession, picture: Picture) -> None:  # noqa: B027  (most need nothing)
        """What needs the database and the picture, which no job has changed yet."""

    @abstractmethod
    def fold(self, picture: Picture, head: Head) -> None:
        """Change the picture, and remember the results. Called again if the transaction has to be tried anew."""

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:  # noqa: B027
        """Write rows of its own beside the claims, in their transaction; may take further positions.

        `stood` are its partner's claims on `keys()`, of those that stand now. Only a job with a method of its own here
        costs anything.
        """


class Retract(Job):
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


class _Due(Job):
    """Standing claims of one partner for which something is due."""

    def __init__(self, partner: int, due: Sequence[bytes]) -> None:
        self.partner = partner
        self.due = due
        self.done = 0
        """To how many claims it was done."""

    def keys(self) -> Iterable[bytes]:
        return self.due


class Expire(_Due):
    """Those whose `valid_until` has passed; looked at again under the lock."""

    def fold(self, picture: Picture, head: Head) -> None:
        self.done = 0
        for key in self.due:
            claim = picture.standing.get((self.partner, key))
            until = claim.now.valid_until if claim and claim.now else None
            if until is not None and until <= head.at:
                self.done += picture.end(self.partner, key, "expired")


class Close(_Due):
    """Closed as retracted on another's word."""

    def fold(self, picture: Picture, head: Head) -> None:
        self.done = sum(picture.end(self.partner, key, "retracted") for key in self.due)


class Hold(_Due):
    """To be seen by nobody else until they are released."""

    def __init__(self, partner: int, due: Sequence[bytes], held: str) -> None:
        super().__init__(partner, due)
        self.held = held

    def fold(self, picture: Picture, head: Head) -> None:
        self.done = sum(picture.hold(self.partner, key, self.held) is not None for key in self.due)


class Release(_Due):
    """Held claims of one partner: shown to whom they were meant for, or refused, which closes them as retracted."""

    def __init__(self, reviewer: int, partner: int, due: Sequence[bytes], *, refuse: bool) -> None:
        super().__init__(partner, due)
        self.reviewer = reviewer
        self.refuse = refuse
        self.results: list[Literal["released", "refused", "not_found", "involved"]] = []

    def fold(self, picture: Picture, head: Head) -> None:
        self.results = [self._decide(picture, key) for key in self.due]

    def _decide(self, picture: Picture, key: bytes) -> Literal["released", "refused", "not_found", "involved"]:
        claim = picture.standing.get((self.partner, key))
        if claim is None or claim.now is None or not claim.held:
            return "not_found"
        if self.reviewer == self.partner:
            return "involved"
        if self.refuse:
            picture.end(self.partner, key, "retracted")
            return "refused"
        picture.hold(self.partner, key, "")
        return "released"


class Voice(msgspec.Struct, frozen=True):
    """An opinion as it was sent; `stance` None withdraws it."""

    key: bytes | None
    stance: Stance | None
    reason: str
    index: int
    outcome: str | None = None


class Opine(Job):
    """What a partner thinks of others' claims. What its hour has no room for is rejected; to withdraw needs none."""

    counted = True
    whole = True

    def __init__(self, partner: int, said: Sequence[Voice], half_lives: Mapping[str, float | None]) -> None:
        self.partner = partner
        self.said = said
        self.half_lives = half_lives
        self.results: list[OpinionStatus] = []
        self._policy: Policy
        self._quality: dict[int, int] = {}
        self._weighs = False
        """Whether its doubt may suspend."""
        self._unjudged = 0
        """How many of its disputes suspend now and wait for their review."""

    def keys(self) -> Iterable[bytes]:
        return {voice.key for voice in self.said if voice.key is not None}

    async def prepare(self, session: AsyncSession) -> None:
        self._policy = await policy.read(session)
        self._quality = await policy.qualities(session)
        author = select(Partner.kind, Partner.quality).where(Partner.id == self.partner)
        kind, stated = (await session.execute(author)).one()
        trusted = stated is not None and stated >= self._policy.stated_quality
        self._weighs = trusted or kind in (PartnerKind.AGENCY, PartnerKind.PROTECTION)
        waiting = select(func.count()).select_from(Disputes)
        waiting = waiting.where(Disputes.partner == self.partner, Disputes.suspends, Disputes.verdict == "")
        self._unjudged = (await session.execute(waiting)).scalar_one()

    def fold(self, picture: Picture, head: Head) -> None:
        self.results = [self._hear(picture, voice, head.at) for voice in self.said]

    def _hear(self, picture: Picture, voice: Voice, at: int) -> OpinionStatus:
        key = voice.key
        if key is None or key not in picture.signals:
            return OpinionStatus.NOT_FOUND
        before = picture.opinions[key].get(self.partner)
        if voice.stance is None:
            # One that was dismissed counts for nothing. It stays, so that it cannot be given as if it were a new one.
            if before is None or before.verdict == "dismissed":
                return OpinionStatus.NOT_FOUND
            picture.say(key, self.partner, None)
            return OpinionStatus.WITHDRAWN
        own = picture.standing.get((self.partner, key))
        if own is not None and own.now is not None:
            return OpinionStatus.OWN_CLAIM
        said = Opinion(voice.stance, voice.reason, at, suspends=False, outcome=voice.outcome or "")
        return self._give(picture, key, said) if before is None else self._change(picture, key, before, said)

    def _give(self, picture: Picture, key: bytes, said: Opinion) -> OpinionStatus:
        if not any(picture.shown_to(self.partner, key)):
            return OpinionStatus.NOT_FOUND
        if not picture.spend(self.partner):
            return OpinionStatus.REJECTED
        self._say(picture, key, said)
        return OpinionStatus.GIVEN

    def _change(self, picture: Picture, key: bytes, before: Opinion, said: Opinion) -> OpinionStatus:
        same = msgspec.structs.replace(before, stance=said.stance, reason=said.reason, outcome=said.outcome)
        if same == before:
            return OpinionStatus.UNCHANGED
        if not picture.spend(self.partner):
            return OpinionStatus.REJECTED
        if before.stance is not said.stance and before.verdict != "dismissed":
            self._say(picture, key, said)
        else:
            # Other words or deeds for the same, or of a voice that was overruled: what the review said of it stands.
            picture.say(key, self.partner, same)
        return OpinionStatus.CHANGED

    def _say(self, picture: Picture, key: bytes, said: Opinion) -> None:
        picture.say(key, self.partner, said)
        if said.stance is Stance.AGREE or not self._weighs:
            return
        # Counted in the picture, which other calls of the same partner may share.
        unjudged = self._unjudged + picture.suspended_by[self.partner]
        if unjudged < self._policy.unjudged_suspensions and self._is_weak(picture, key, said.at):
            picture.suspended_by[self.partner] += 1
            picture.say(key, self.partner, msgspec.structs.replace(said, suspends=True))

    def _is_weak(self, picture: Picture, key: bytes, at: int) -> bool:
        return self._score(picture, key, at) < self._policy.suspend_below

    def _score(self, picture: Picture, key: bytes, at: int, but: int | None = None) -> float:
        """Over every claim and opinion there is, whoever may see them, `but` that of one partner."""
        supports = [
            score.support(claim.now, claim.partner, claim.opened_at or at, self._quality)
            for claim in picture.on[key]
            if claim.now is not None
        ]
        heard = {
            author: Heard(one.stance, one.at, one.outcome)
            for author, one in picture.opinions[key].items()
            if one.verdict != "dismissed" and author != but
        }
        return score.guard_score(supports, heard, self.half_lives.get(picture.signals[key].kind), at)


class Contest(Opine):
    """An appeal, in the voice of the partner that brings it. It suspends what scores low, whoever that partner is."""

    def __init__(self, partner: int, key: bytes, reason: str, half_lives: Mapping[str, float | None]) -> None:
        super().__init__(partner, [Voice(key, Stance.FALSE_POSITIVE, reason, 0)], half_lives)
        self.suspends = False
        """Whether it does."""

    async def prepare(self, session: AsyncSession) -> None:
        await super().prepare(session)
        self._weighs = True

    def _is_weak(self, picture: Picture, key: bytes, at: int) -> bool:
        # Its own doubt would make half of it weak that is not.
        return self._score(picture, key, at, but=self.partner) < self._policy.suspend_below

    def fold(self, picture: Picture, head: Head) -> None:
        super().fold(picture, head)
        said = [picture.opinions[key].get(self.partner) for key in self.keys()]
        self.suspends = any(one is not None and one.suspends for one in said)


class Suspend(Job):
    """Have the opinion of `author` suspend what it speaks of, however that scores, given in its name where there is
    none or where it was judged. Like every dispute it reaches the claims that the author may see.
    """

    whole = True

    def __init__(self, author: int, key: bytes, reason: str) -> None:
        self.partner = author
        self.key = key
        self.reason = reason
        self.suspends = False
        """Whether it reaches any claim."""

    def keys(self) -> Iterable[bytes]:
        return (self.key,)

    def fold(self, picture: Picture, head: Head) -> None:
        others = [claim for claim in picture.on.get(self.key, ()) if claim.now and claim.partner != self.partner]
        seen = picture.sight.get(self.partner, ())
        self.suspends = any(claim.was is not None and claim.was.audience in seen for claim in others)
        if self.suspends:
            before = picture.opinions[self.key].get(self.partner)
            outcome = before.outcome if before else ""
            said = Opinion(Stance.FALSE_POSITIVE, self.reason, head.at, suspends=True, outcome=outcome)
            picture.say(self.key, self.partner, said)


class Judge(Job):
    """A reviewer's verdict on the opinion of `author`: `upheld` leaves it be, `dismissed` takes it out of the account,
    whatever the author says of the signal from then on.

    The reviewer is none of those who claim the signal, nor the author: `involved` else, and nothing changes.
    """

    whole = True

    def __init__(self, reviewer: int, key: bytes, author: int, verdict: str, reason: str) -> None:
        self.partner = reviewer
        self.key = key
        self.author = author
        self.verdict = verdict
        self.reason = reason
        self.outcome: Literal["done", "not_found", "involved"] = "not_found"

    def keys(self) -> Iterable[bytes]:
        return (self.key,)

    def fold(self, picture: Picture, head: Head) -> None:
        opinion = picture.opinions[self.key].get(self.author)
        if opinion is None:
            self.outcome = "not_found"
            return
        claimants = {claim.partner for claim in picture.on[self.key] if claim.now is not None}
        if self.partner in claimants | {self.author}:
            self.outcome = "involved"
            return
        judged = msgspec.structs.replace(
            opinion,
            suspends=opinion.suspends and self.verdict == "upheld",
            verdict=self.verdict,
            reviewer=self.partner or None,
            reviewed=head.at,
            review_reason=self.reason,
        )
        if self.verdict == "upheld" and opinion.verdict != "upheld":
            picture.upheld[self.key].add(self.author)
        picture.say(self.key, self.author, judged)
        self.outcome = "done"
