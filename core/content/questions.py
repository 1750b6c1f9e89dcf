"""What is wrong with a pack: as it is put into a draft, and as the draft is handed in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from core.wire.common import FieldError
from core.wire.content import MaterialIn, MaterialKind
from core.wire.packs import End, MultipleChoice, Pack, Quiz, Scenario, SingleChoice, Step, Text, TrueFalse

KINDS = frozenset({MaterialKind.QUIZ, MaterialKind.SCENARIO})
"""Kinds of material that are a pack, whatever assets they have beside it."""
TRUTH = {"vi": ("Đúng", "Sai"), "en": ("True", "False")}
"""What one answers to a statement; in other languages as in Vietnamese."""
_decoder: msgspec.json.Decoder[Pack] = msgspec.json.Decoder(Pack)


def read(document: str) -> Pack:
    """A pack as it was kept."""
    return _decoder.decode(document)


def kind_of(pack: Pack) -> MaterialKind:
    return MaterialKind.QUIZ if isinstance(pack, Quiz) else MaterialKind.SCENARIO


def faults(pack: Pack) -> list[FieldError]:
    """What could be neither answered nor walked through."""
    blank = [FieldError(f"{at}/vi", "blank", "Say it in words.") for at, text in texts(pack) if text.vi.isspace()]
    if isinstance(pack, Quiz):
        return [*blank, *_twice("/questions", [one.id for one in pack.questions]), *_answers(pack)]
    return [*blank, *_twice("/steps", [one.id for one in pack.steps]), *_ways(pack)]


def missing(words: MaterialIn, pack: Pack | None) -> list[FieldError]:
    """What a version with these words still needs before it is handed in."""
    if pack is None:
        detail = f"PUT …/pack: a {words.kind} is its pack."
        return [FieldError("", "pack_missing", detail)] if words.kind in KINDS else []
    if kind_of(pack) is not words.kind:
        return [FieldError("/kind", "another_kind", f"The pack is a {kind_of(pack)}, the version a {words.kind}.")]
    return [
        FieldError(f"{at}/{'' if language == 'en' else 'others/'}{language}", "text_missing", f"Say it in {language}.")
        for at, text in texts(pack)
        for language in words.languages
        if not _said(text, language).strip()
    ]


def said(text: Text, language: str) -> str:
    """In that language, or in Vietnamese where it is not said in it."""
    return _said(text, language) or text.vi


def _said(text: Text, language: str) -> str:
    own = {"vi": text.vi, "en": text.en or ""}
    return own[language] if language in own else text.others.get(language, "")


def texts(pack: Pack) -> Iterator[tuple[str, Text]]:
    """Every text with its JSON pointer."""
    parts: Sequence[msgspec.Struct] = pack.questions if isinstance(pack, Quiz) else pack.steps
    name = "questions" if isinstance(pack, Quiz) else "steps"
    for at, part in enumerate(parts):
        yield from _texts(f"/{name}/{at}", part)


def _texts(pointer: str, part: msgspec.Struct) -> Iterator[tuple[str, Text]]:
    for field in part.__struct_fields__:
        value = getattr(part, field)
        if isinstance(value, Text):
            yield f"{pointer}/{field}", value
        elif isinstance(value, tuple):
            for at, inner in enumerate(value):
                yield from _texts(f"{pointer}/{field}/{at}", inner)


def _twice(pointer: str, names: Iterable[str]) -> Iterator[FieldError]:
    seen = Counter[str]()
    for at, name in enumerate(names):
        if seen[name]:
            yield FieldError(f"{pointer}/{at}/id", "twice", f"{name} names another one already.")
        seen[name] += 1


def _answers(quiz: Quiz) -> Iterator[FieldError]:
    for at, question in enumerate(quiz.questions):
        pointer = f"/questions/{at}/choices"
        match question:
            case TrueFalse():
                continue
            case SingleChoice():
                wanted = sum(one.right for one in question.choices) == 1
            case MultipleChoice():
                wanted = any(one.right for one in question.choices)
        yield from _twice(pointer, [one.id for one in question.choices])
        if not wanted:
            many = "Exactly one" if isinstance(question, SingleChoice) else "At least one"
            yield FieldError(pointer, "right_answers", f"{many} is right.")


def _ways(scenario: Scenario) -> Iterator[FieldError]:
    leads_to = {one.id: [way.next for way in one.ways] if isinstance(one, Step) else [] for one in scenario.steps}
    comes_from: dict[str, list[str]] = {name: [] for name in leads_to}
    for at, step in enumerate(scenario.steps):
        for number, way in enumerate(step.ways if isinstance(step, Step) else ()):
            if way.next in comes_from:
                comes_from[way.next].append(step.id)
            else:
                pointer = f"/steps/{at}/ways/{number}/next"
                yield FieldError(pointer, "unknown_step", f"There is no step {way.next}.")
    reached = _reached([scenario.steps[0].id], leads_to)
    ending = _reached([one.id for one in scenario.steps if isinstance(one, End)], comes_from)
    for at, step in enumerate(scenario.steps):
        if step.id not in reached:
            yield FieldError(f"/steps/{at}", "unreachable", f"No way leads from the first step to {step.id}.")
        elif step.id not in ending:
            yield FieldError(f"/steps/{at}", "endless", f"No way leads from {step.id} to an end.")


N = TypeVar("N")


def _reached(start: Iterable[N], edges: dict[N, list[N]]) -> set[N]:
    found, pending = set(start), [*start]
    while pending:
        new = [one for one in edges.get(pending.pop(), ()) if one not in found]
        found.update(new)
        pending += new
    return found
