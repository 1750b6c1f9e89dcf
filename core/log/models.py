"""Tables of the log: the head, the ticks, the low-volume events, how long things are kept."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class LogHead(Base):
    """One row; its lock is the write lock of the log."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Micros)
    at: Mapped[int] = mapped_column(Micros)
    """Time of the last tick, µs."""
    n: Mapped[int] = mapped_column(Micros)
    """Positions that the last tick took."""


class Tick(Base):
    """One row a transaction that took positions. Time of a position = `at` + its offset in µs, so it rises strictly."""

    __tablename__ = "tick"

    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    """The first of its `n`."""
    n: Mapped[int] = mapped_column(Micros)
    at: Mapped[int] = mapped_column(Micros, index=True)
    actor: Mapped[str] = mapped_column(Text)
    """The client that caused it, or the hub's own job."""
    request: Mapped[str] = mapped_column(Text)
    """The operation, as named in the OpenAPI document."""


class EventRow(Base):
    """A low-volume event, in the same numbering as claims."""

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


class Addressee(Base):
    """For whom an event is. Written with it: who is admitted later has no part in what was before."""

    __tablename__ = "addressee"

    partner: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)


class Retention(Base):
    """How long each class of rows is kept: data, changed without a release."""

    __tablename__ = "retention"

    what: Mapped[str] = mapped_column(Text, primary_key=True)
    seconds: Mapped[int] = mapped_column(Micros)
    source: Mapped[str] = mapped_column(Text)
    """Why this long."""
    horizon: Mapped[int] = mapped_column(Micros)
    """Highest position purged so far; a reader from before it walks anew."""


class Audit(Base):
    """Something that was asked or decided and leaves no trace in the log: who, what, when."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Micros, primary_key=True)
    at: Mapped[int] = mapped_column(Micros, index=True)
    client: Mapped[str] = mapped_column(Text)
    partner: Mapped[int] = mapped_column(Micros)
    what: Mapped[str] = mapped_column(Text)
    """The operation, as named in the OpenAPI document, or the command."""
    detail: Mapped[str] = mapped_column(Text)
    """JSON object; never the value of a signal."""
