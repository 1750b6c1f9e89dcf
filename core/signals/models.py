"""Tables of the signal exchange: the claim log, and what is thought, held back and read of it."""

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class Signal(Base):
    """A canonical observable. Immutable but for `claims`."""

    __tablename__ = "signal"

    id: Mapped[int] = mapped_column(Micros, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Keyed digest of (kind, identity); in base32 it is the public id."""
    kind: Mapped[str] = mapped_column(Text)
    claims: Mapped[int] = mapped_column(Micros)
    """Rows of `claim` ever opened on it. 1 lets a reader skip the search for siblings."""
    merged_into: Mapped[int | None] = mapped_column(Micros)
    """The signal that a better normaliser made of it."""


class Claim(Base):
    """What one partner says of a signal, to one audience. Moves to a new position when its content changes.

    Without foreign keys, for what they cost (`core.signals.integrity`).
    """

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("signal", "partner", "closed"),
        Index(
            "ix_claim_valid_until",
            "valid_until",
            sqlite_where=text("closed = 0 AND valid_until IS NOT NULL"),
            postgresql_where=text("closed = 0 AND valid_until IS NOT NULL"),
        ),
        # For the purge, which would otherwise walk every standing claim.
        Index("ix_claim_closed", "closed", sqlite_where=text("closed > 0"), postgresql_where=text("closed > 0")),
        # For the queue of reviews; a partner's burst may be a part of millions.
        Index(
            "ix_claim_held",
            *("partner", "position"),
            sqlite_where=text("closed = 0 AND held <> ''"),
            postgresql_where=text("closed = 0 AND held <> ''"),
        ),
    )

    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    signal: Mapped[int] = mapped_column(Micros)
    partner: Mapped[int]
    closed: Mapped[int] = mapped_column(Micros)
    """0 while it stands, else the position at which it was closed."""
    opened: Mapped[int] = mapped_column(Micros)
    """Position at which this audience could first see it."""
    opened_at: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """When that was: the age of a claim that states no times, also after its tick is gone."""
    audience: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    """`active`, `suspended`, or why it was closed: `retracted`, `expired`, `gone`."""
    category: Mapped[str] = mapped_column(Text)
    confidence: Mapped[int | None] = mapped_column(SmallInteger)
    severity: Mapped[str | None] = mapped_column(Text)
    first_seen: Mapped[int | None] = mapped_column(Micros)
    last_seen: Mapped[int | None] = mapped_column(Micros)
    valid_until: Mapped[int | None] = mapped_column(Micros)
    campaign: Mapped[str | None] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text)
    """JSON object."""
    origin: Mapped[str | None] = mapped_column(Text)
    derived_from: Mapped[str] = mapped_column(Text)
    """Public ids, separated by spaces."""
    names: Mapped[int] = mapped_column(Micros)
    """How many references name it."""
    value: Mapped[str] = mapped_column(Text)
    """Canonical form. Not on the signal: spellings of one identity differ, and not all are for every reader."""
    original: Mapped[str] = mapped_column(Text)
    """The value as first spelled by this partner."""
    opinions: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Each opinion whose author can see this claim, as `score.write_opinions` spells it: what readers are told."""
    held: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it is quarantined (`guard`, `burst`), or empty."""
    wished: Mapped[int] = mapped_column(default=0, server_default="0")
    """While quarantined, the audience that its partner asked for; else 0."""


class Reference(Base):
    """A partner's own name for its claim. Without foreign keys, as a claim is."""

    __tablename__ = "reference"

    partner: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    signal: Mapped[int] = mapped_column(Micros, index=True)


class Digest(Base):
    """Sum, mod 2^128, of h(position) over the live claims of an audience and kind."""

    __tablename__ = "digest"

    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    sum: Mapped[bytes] = mapped_column(LargeBinary)


class Cell(Base):
    """Rollup of openings and closings, kept in the writing transaction; what reports count."""

    __tablename__ = "cell"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day of the tick in Asia/Ho_Chi_Minh."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    new: Mapped[int] = mapped_column(Micros)
    """Signals on which this was the partner's first claim."""
    opened: Mapped[int] = mapped_column(Micros)
    closed: Mapped[int] = mapped_column(Micros)
    first: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Of `new`, those that were the hub's first claim: summed over all partners they are distinct signals. One that
    was purged with all its claims is first once more when it comes again."""
    retracted: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Of `closed`."""
    expired: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Of `closed`. What is neither was closed to be opened for another audience or category, or on another signal."""
    held: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Of `opened`, those that began to be held."""
    disputed: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Times that a claim of which nobody who sees it had doubts came to be doubted."""
    refuted: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Claims of which a review found that who doubts them is right: false positives."""


class Opinion(Base):
    """What a partner thinks of others' claims on a signal: at most one for each (signal, partner)."""

    __tablename__ = "opinion"

    signal: Mapped[int] = mapped_column(Micros, ForeignKey("signal.id"), primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    stance: Mapped[str] = mapped_column(Text)
    """`agree`, `disagree`, `false_positive`."""
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Micros)
    suspends: Mapped[bool]
    """While true, the claims of others that its author can see are suspended."""
    outcome: Mapped[str] = mapped_column(Text)
    """What its author did about the thing itself, or empty."""
    verdict: Mapped[str] = mapped_column(Text)
    """Empty, or what the review said: `upheld`, `dismissed`."""
    reviewer: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    reviewed: Mapped[int | None] = mapped_column(Micros)
    review_reason: Mapped[str | None] = mapped_column(Text)


class GuardEntry(Base):
    """A value that is never distributed as abusive: a hotline, a bank's or an agency's own address, a blank image."""

    __tablename__ = "guard_entry"
    __table_args__ = (UniqueConstraint("kind", "identity", "reach"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    """Canonical form. What is compared is made of it anew, so that a better normaliser needs no job here."""
    identity: Mapped[str] = mapped_column(Text)
    """As the kind's normaliser gave it when the entry was added; keeps an entry from being there twice."""
    reach: Mapped[str] = mapped_column(Text)
    """`exact`, or `site`: the host, its subdomains, and every address and mailbox on them."""
    label: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[int | None] = mapped_column(Micros)
    valid_until: Mapped[int | None] = mapped_column(Micros)
    added: Mapped[int] = mapped_column(Micros)
    """When it was added or last changed."""
    added_by: Mapped[str] = mapped_column(Text)
    reached: Mapped[int | None] = mapped_column(Micros)
    """Position up to which standing claims have been held against it; null when all have."""


class SignalPolicy(Base):
    """Numbers that decide what is suspended or held: data, changed without a release."""

    __tablename__ = "signal_policy"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[int] = mapped_column(Micros)
    source: Mapped[str] = mapped_column(Text)
    """Why this number."""


class Burst(Base):
    """How much a partner did in an hour of the hub's clock that others see: claims opened or changed, opinions."""

    __tablename__ = "burst"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    hour: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Hours since 1970."""
    opened: Mapped[int] = mapped_column(Micros)


class Reader(Base):
    """How far a client has come with a walk of the feed under one filter."""

    __tablename__ = "reader"

    client: Mapped[str] = mapped_column(Text, primary_key=True)
    filter: Mapped[str] = mapped_column(Text, primary_key=True)
    """As in the address of the feed (`kind=phone&kind=url`); empty: everything."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    start: Mapped[int] = mapped_column(Micros)
    """Head of the log when the walk began; 0 when parts of the log were skipped since (`core.signals.readers`)."""
    acknowledged: Mapped[int] = mapped_column(Micros)
    """The position up to which it said that it has everything, by asking for what comes after."""
    given: Mapped[int] = mapped_column(Micros)
    """The position up to which it was given everything, whether it arrived or not."""
    seen: Mapped[int] = mapped_column(Micros)
    """When it last asked, µs."""


class Blind(Base):
    """A signal as the private lookup knows it: a digest under the key that the partners of an epoch share."""

    __tablename__ = "blind"

    epoch: Mapped[int] = mapped_column(Micros, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """All 32 bytes: the first half is what a bucket shows, the whole makes the key of what is sealed there."""
    signal: Mapped[int] = mapped_column(Micros, index=True)


class BlindEpoch(Base):
    """A key of the private lookup, and how far the digests under it are made."""

    __tablename__ = "blind_epoch"

    epoch: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    since: Mapped[int | None] = mapped_column(Micros)
    """When it began to serve; null while it is built. The newest that serves is the one."""
    reached: Mapped[int] = mapped_column(Micros)
    """Position of the last claim whose signal has a digest."""
    entries: Mapped[int] = mapped_column(Micros)
    """Rows of `blind` in this epoch."""
    bits: Mapped[int] = mapped_column(SmallInteger)
    """How many bits of a digest a caller shows."""


class BlindUse(Base):
    """Private lookups of a partner in a day of the hub."""

    __tablename__ = "blind_use"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    asked: Mapped[int] = mapped_column(Micros)


class Normaliser(Base):
    """The version of each kind's normaliser that every claim has been through, and how far the next one has come."""

    __tablename__ = "normaliser"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Micros)
    target: Mapped[int] = mapped_column(Micros)
    """The version that the job for a newer one leads to; it begins anew where another is wanted."""
    reached: Mapped[int] = mapped_column(Micros)
    """Id of the last signal that this job has looked at."""
