"""Tables of partners, their clients and keys, their groups and what they may see."""

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class Partner(Base):
    """An organisation."""

    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    """`active` or `suspended`."""
    attribution: Mapped[str] = mapped_column(Text, default="anonymous")
    """`named` shows peers who said it; `anonymous` does not."""
    territory: Mapped[str] = mapped_column(Text, default="VN")
    """Where it publishes (ISO 3166-1 alpha-2)."""
    burst_per_hour: Mapped[int | None] = mapped_column(Micros)
    """Claims that it may open in an hour before more of them are held; null: the policy's."""
    bulk_until: Mapped[int | None] = mapped_column(Micros)
    """Until then nothing of it is held for being much."""
    quality: Mapped[int | None] = mapped_column(SmallInteger)
    """0 to 100, how often it was right; null while nobody has stated it."""
    measured: Mapped[int | None] = mapped_column(SmallInteger)
    """The same as the hub counts it (`core.safeguards.quality`); weighs its word where nothing was stated."""
    view: Mapped[int] = mapped_column(Micros, default=0)
    """Position at which its sight last changed; cursors from before answer 410."""
    lost: Mapped[int] = mapped_column(Micros, default=0, server_default="0")
    """Position at which some of its sight was last taken: copies from before hold what nobody can name to it now."""
    version: Mapped[int] = mapped_column(default=1)
    """Of what its record says; the ETag."""
    created: Mapped[int] = mapped_column(Micros)


class KindScope(Base):
    """The most that clients of a kind may hold: the one table of who may hold which scope."""

    __tablename__ = "kind_scope"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)


class Client(Base):
    """An OAuth client of a partner (RFC 6749 §2)."""

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    auth_method: Mapped[str] = mapped_column(Text)
    """`client_secret_basic` or `private_key_jwt`."""
    secret_digest: Mapped[str | None] = mapped_column(Text)
    jwks: Mapped[str | None] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)
    """Granted, separated by spaces; a token holds what the kind still allows of them."""
    created: Mapped[int] = mapped_column(Micros)
    disabled: Mapped[int | None] = mapped_column(Micros)


class FeedKey(Base):
    """A static credential for a program that speaks a format of its own and cannot fetch tokens."""

    __tablename__ = "feed_key"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    format: Mapped[str] = mapped_column(Text)
    """The only one that it opens: a word of `core.wire.feed_keys.FeedFormat`."""
    key_digest: Mapped[str] = mapped_column(Text, unique=True)
    second_digest: Mapped[str | None] = mapped_column(Text)
    """Of the secret that goes with it, in formats that send two."""
    kinds: Mapped[str] = mapped_column(Text)
    """Separated by spaces; empty: every kind that the format can carry."""
    campaign: Mapped[str | None] = mapped_column(Text)
    min_score: Mapped[int] = mapped_column(SmallInteger)
    tlp: Mapped[str | None] = mapped_column(Text)
    """What is submitted with it carries this, and goes to these groups: the formats have no words for it."""
    groups: Mapped[str] = mapped_column(Text)
    """Slugs, separated by spaces."""
    scopes: Mapped[str] = mapped_column(Text)
    created: Mapped[int] = mapped_column(Micros)
    revoked: Mapped[int | None] = mapped_column(Micros)


class AccessVersion(Base):
    """One row, raised by every change to who may call: a process reads it to learn that its picture is old."""

    __tablename__ = "access_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Micros)


class SigningKey(Base):
    """A key of the ring that signs access tokens (RFC 9068) and documents."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    private: Mapped[bytes] = mapped_column(LargeBinary)
    """The JWK, encrypted under a key derived from the hub's secret; empty once it has retired."""
    public: Mapped[str | None] = mapped_column(Text)
    """The JWK without what is private: it verifies documents for as long as they are kept."""
    signs_from: Mapped[int] = mapped_column(Micros)
    """Published before this, so that verifiers know it in time."""
    retires: Mapped[int | None] = mapped_column(Micros)
    """When its last token has expired; null for the newest."""


class Revocation(Base):
    """An access token that is refused before its time (RFC 7009). Kept until it would have expired."""

    __tablename__ = "revocation"

    jti: Mapped[str] = mapped_column(Text, primary_key=True)
    expires: Mapped[int] = mapped_column(Micros, index=True)


class UsedAssertion(Base):
    """A client assertion that was spent: each is good for one token (RFC 7523 §3). Kept until it would have expired."""

    __tablename__ = "used_assertion"

    client: Mapped[str] = mapped_column(Text, primary_key=True)
    jti: Mapped[str] = mapped_column(Text, primary_key=True)
    expires: Mapped[int] = mapped_column(Micros, index=True)


class Group(Base):
    """A sharing group: a named set of partners."""

    __tablename__ = "sharing_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    founder: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    created: Mapped[int] = mapped_column(Micros)


class Membership(Base):
    """A partner's place in a group: `invited` until it accepts, then `member`."""

    __tablename__ = "membership"

    group: Mapped[int] = mapped_column(ForeignKey("sharing_group.id"), primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(Text)
    since: Mapped[int] = mapped_column(Micros)


class Audience(Base):
    """Who a claim or event is for. Interned, never changes."""

    __tablename__ = "audience"
    __table_args__ = (UniqueConstraint("owner", "tlp", "groups"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    tlp: Mapped[str] = mapped_column(Text)
    """TLP 2.0, or empty: the owner alone (or its groups)."""
    groups: Mapped[str] = mapped_column(Text)
    """Group ids, ascending, separated by commas."""


class Sight(Base):
    """Which partner may see which audience: the whole of `visible()`."""

    __tablename__ = "sight"
    __table_args__ = (Index("ix_sight_audience", "audience"),)

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
