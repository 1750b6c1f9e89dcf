"""Tables of the plugin: endpoints, replays, the log of attempts, and who is at the desk."""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Micros = BigInteger().with_variant(Integer, "sqlite")
"""A time in µs, or a position."""


class Base(DeclarativeBase):
    """Apart from core's tables: nothing there refers to these."""


class Endpoint(Base):
    """Where a partner has events delivered, and how far it has come."""

    __tablename__ = "webhooks_endpoint"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(Integer, index=True)
    url: Mapped[str] = mapped_column(Text)
    types: Mapped[str] = mapped_column(Text)
    """Names of events, separated by spaces; empty: all."""
    description: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    """`enabled` or `disabled`."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it is disabled: `partner`, `gone`, `exhausted`."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed, as is the one before it."""
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_until: Mapped[int | None] = mapped_column(Micros)
    cursor: Mapped[int] = mapped_column(Micros)
    """Position of the last event that was accepted, or passed over."""
    told: Mapped[int] = mapped_column(Micros)
    """Position up to which it was told that signals changed: less often than events are delivered."""
    failures: Mapped[int] = mapped_column(Integer)
    """Of the event after `cursor`, in a row."""
    due: Mapped[int] = mapped_column(Micros)
    """No attempt before this time."""
    epoch: Mapped[int] = mapped_column(Integer)
    """Raised whenever anyone but the dispatcher moves cursor, failures or due: what it notes of an earlier is void."""
    version: Mapped[int] = mapped_column(Integer)
    """Of what the partner set; the ETag."""
    created: Mapped[int] = mapped_column(Micros)


class Replay(Base):
    """Something to send beside the live order: a range of events, or a ping (then `after` is 0)."""

    __tablename__ = "webhooks_replay"
    __table_args__ = (Index("ix_webhooks_replay_state", "state", "endpoint"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    endpoint: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """`range`, `event` or `ping`."""
    cursor: Mapped[int] = mapped_column(Micros)
    """Position of the last event that was sent; at first that after which it begins."""
    until: Mapped[int] = mapped_column(Micros)
    failures: Mapped[int] = mapped_column(Integer)
    due: Mapped[int] = mapped_column(Micros)
    state: Mapped[str] = mapped_column(Text)
    """`waiting`, `done` or `failed`."""
    created: Mapped[int] = mapped_column(Micros)


class Delivery(Base):
    """One attempt. Purged by time, as the table `retention` says."""

    __tablename__ = "webhooks_delivery"
    __table_args__ = (Index("ix_webhooks_delivery_endpoint", "endpoint", "id"),)

    id: Mapped[int] = mapped_column(Micros, primary_key=True)
    endpoint: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    """`live`, `replay`, `ping` or `push`."""
    webhook_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(Micros, index=True)
    duration: Mapped[int] = mapped_column(Integer)
    """ms."""
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    request: Mapped[str] = mapped_column(Text)
    """Headers as JSON, without the signature."""
    response: Mapped[str] = mapped_column(Text)
    """Headers as JSON."""
    body: Mapped[str] = mapped_column(Text)
    """The first 2 kB of what was answered."""


class Desk(Base):
    """One row: which process delivers, and a count of changes that it has to read."""

    __tablename__ = "webhooks_desk"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until: Mapped[int] = mapped_column(Micros)
    changes: Mapped[int] = mapped_column(Integer)
