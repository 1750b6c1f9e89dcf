"""Table of the plugins: what the processes of a hub tell each other, and `kmm plugins`."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class PluginState(Base):
    """One plugin. It stands in quarantine while `phase` is not empty and `released` is null."""

    __tablename__ = "plugin_state"

    plugin: Mapped[str] = mapped_column(Text, primary_key=True)
    origin: Mapped[str] = mapped_column(Text)
    """Distribution and version that this is about: another version is tried anew."""
    phase: Mapped[str] = mapped_column(Text)
    """What it was doing when it was shut away; empty while it runs."""
    error: Mapped[str] = mapped_column(Text)
    since: Mapped[int] = mapped_column(Micros)
    """µs."""
    released: Mapped[int | None] = mapped_column(Micros)
    """When an operator let it out again, µs."""
    cursor: Mapped[int] = mapped_column(Micros)
    """Position of the last event that its `on_event` has taken."""
    lease: Mapped[int] = mapped_column(Micros)
    """Until when one process tells it of events alone, µs."""
    readings: Mapped[str] = mapped_column(Text)
    """JSON: what its `health` said last."""
