"""What plugins that screen submissions are shown, and what they answer."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.signals import Category


class Candidate(msgspec.Struct, frozen=True):
    """A signal that a partner submits: the observable in its canonical spelling, and what it is said to be."""

    kind: str
    value: str
    category: Category


class Screening(msgspec.Struct, frozen=True):
    """Whether a submission is held until a reviewer has looked at it, and why, as its sender reads it."""

    hold: bool = False
    note: Annotated[str, Meta(max_length=300)] = ""
