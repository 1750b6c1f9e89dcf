"""Packs: the questions of a quiz and the steps of a scenario, in all languages of their version."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.content import Language

_PRINTABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]*$"
"""What stands in XML 1.0 as well as in our own prose."""
Said = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=_PRINTABLE)]
PackName = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,31}$", max_length=32)]
"""Names a part within its pack; it is the identifier in QTI, too."""
Points = Annotated[int, Meta(ge=1, le=100)]


class PackFormat(StrEnum):
    JSON = "json"
    """As it was sent: all languages."""
    H5P = "h5p"
    """A package for H5P, without the libraries, which the platform that takes it has to have."""
    QTI3 = "qti3"
    """A package of QTI 3.0; quizzes only."""
    QTI2 = "qti2"
    """The same in QTI 2.1."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in several languages. A version is handed in when each of its languages is there."""

    vi: Said
    en: Said | None = None
    others: Annotated[dict[Language, Said], Meta(max_length=20)] = msgspec.field(default_factory=dict)
    """By their tags."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: PackName
    text: Text
    right: bool = False
    feedback: Text | None = None
    """For who chose it."""


Choices = Annotated[tuple[Choice, ...], Meta(min_length=2, max_length=10)]


class SingleChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="single_choice"):
    """Exactly one choice is right."""

    id: PackName
    text: Text
    choices: Choices
    explanation: Text
    """What there is to learn from it. Shown whatever was answered."""
    points: Points = 1


class MultipleChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="multiple_choice"):
    """One choice at least is right; all the right ones and no other make the points."""

    id: PackName
    text: Text
    choices: Choices
    explanation: Text
    points: Points = 1


class TrueFalse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="true_false"):
    id: PackName
    text: Text
    """A statement."""
    right: bool
    """Whether it is true."""
    explanation: Text
    points: Points = 1


Question = SingleChoice | MultipleChoice | TrueFalse


class Quiz(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="quiz"):
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=100)]


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one may do at a step."""

    text: Text
    next: PackName
    """The step or end that it leads to."""
    feedback: Text | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="step"):
    id: PackName
    text: Text
    ways: Annotated[tuple[Way, ...], Meta(min_length=1, max_length=10)]


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="end"):
    id: PackName
    text: Text
    """How it came out."""
    advice: Text
    """What to do in life: whom to tell, and where help is to be had."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="scenario"):
    steps: Annotated[tuple[Step | End, ...], Meta(min_length=2, max_length=200)]
    """It begins with the first."""


Pack = Quiz | Scenario
