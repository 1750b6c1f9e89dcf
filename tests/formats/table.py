"""What is lost on the way from each format into each other, found by sending; and the page that says so."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from core.testing import TestedHub
from core.wire.signals import SignalIn
from tests.formats import samples
from tests.formats.doors import DOORS, Door, open_post
from tests.formats.samples import FIELDS, KEPT

PAGE = Path(__file__).parents[2] / "openapi/formats.md"


class Cell(NamedTuple):
    kinds: tuple[str, ...]
    """Those that both carry."""
    arrived: frozenset[tuple[str, str]]
    """Kind and value of what came through, of what was sent."""
    lost: frozenset[str]


Table = Mapping[tuple[str, str], Cell]


async def measure(hub: TestedHub) -> Table:
    """Says all there is through every door, then pulls it through every door."""
    post = await open_post(hub)
    said = {door.name: samples.everything(set(door.kinds), number) for number, door in enumerate(DOORS, 1)}
    for door in DOORS:
        await door.say(post, said[door.name])
    heard = {door.name: {(one.kind, one.value): one for one in await door.pull(post)} for door in DOORS}
    pairs = [(into, out) for into in DOORS for out in DOORS]
    return {(into.name, out.name): _cell(into, out, said[into.name], heard[out.name]) for into, out in pairs}


def _cell(into: Door, out: Door, said: Sequence[SignalIn], heard: Mapping[tuple[str, str], SignalIn]) -> Cell:
    pairs = [(one, heard[one.kind, one.value]) for one in said if (one.kind, one.value) in heard]
    lost = {name for one, other in pairs for name in samples.differing(one, other)}
    kinds = tuple(kind for kind in samples.VALUES if kind in into.kinds & out.kinds)
    return Cell(kinds, frozenset((one.kind, one.value) for one, _ in pairs), frozenset(lost))


def expected(into: Door, out: Door, number: int) -> frozenset[tuple[str, str]]:
    return frozenset((one.kind, one.value) for one in samples.everything(set(into.kinds & out.kinds), number))


def written(table: Table) -> str:
    """The page in Markdown."""
    head = " | ".join(("in \\ out", *(door.title for door in DOORS)))
    rows = [" | ".join((f"**{into.title}**", *(_told(table[into.name, out.name]) for out in DOORS))) for into in DOORS]
    carried = [f"- {door.title}: {_kinds(door)}." for door in DOORS]
    return "\n".join(
        [
            "# Any format in, any format out",
            "",
            "Made by tests/formats, which says signals to a hub in each format (rows) and pulls them in each",
            f"(columns). A cell names the fields that did not arrive, besides kind and value: of {_words(FIELDS)}.",
            "A format without words for a TLP takes that of the key it is submitted with.",
            f"The hub tells nobody, in any form, another partner's {_words(KEPT)}.",
            "",
            f"| {head} |",
            "|" + " --- |" * (len(DOORS) + 1),
            *(f"| {row} |" for row in rows),
            "",
            "Kinds that each carries:",
            "",
            *carried,
            "",
        ]
    )


def _told(cell: Cell) -> str:
    if not cell.kinds:
        return "no kind in common"
    kept = [name for name in FIELDS if name not in cell.lost]
    if 2 * len(kept) < len(FIELDS):
        return f"all but {_words(kept)}" if kept else "all"
    return _words([name for name in FIELDS if name in cell.lost]) or "nothing"


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kinds(door: Door) -> str:
    return "all" if door.kinds == set(samples.VALUES) else _words(sorted(door.kinds))
