"""Statements on shared data go through `visible()`, on events through `addressed()`, but for those listed here."""

import ast
from pathlib import Path

import pytest

from tests.isolation.expressions import Finding
from tests.isolation.statements import findings

ROOT = Path(__file__).parents[2]

EXEMPT: dict[str, str] = {
    "core.log.events.record": "writes an event, and for whom it is",
    "core.log.events.record_all": "the same for thousands",
    "core.log.retention.purge": "names the events to the function that drops old rows",
    "core.log.retention._purge_addressees": "drops for whom old events were",
    "core.plugin.ground": "names for whom events are, to the function that asks who of many has any",
    "core.signals.blinding": "reads whatever has no digest yet, and counts digests",
    "core.signals.blinding._keep": "writes digests",
    "core.signals.blinding._drop": "drops the digests of an epoch",
    "core.signals.blinding.forget": "drops the digests of signals",
    "core.signals.decisions.close_all": "finds what a suspended partner claims, to close it",
    "core.signals.holding._hold_for": "reads what `_standing` finds",
    "core.signals.holding._standing": "finds claims to hold, whoever made them",
    "core.signals.ingest": "a writer sees every signal that it touches, and every claim on it",
    "core.signals.ingest._write": "writes claims, signals and cells",
    "core.signals.ingest._add_digests": "adds to the digests of the audiences written",
    "core.signals.integrity.orphans": "counts claims and names that refer to what is not there",
    "core.signals.recount.differences": "holds every cell against the claims",
    "core.signals.recount._moved": "reads every claim that left its signal",
    "core.signals.recount._page": "reads every claim to count it again",
    "core.signals.remap.Remap._next": "reads every claim of a kind with its new normaliser",
    "core.signals.retention._lapsed": "finds claims to close, whoever made them",
    "core.signals.retention.purge": "drops closed claims",
    "core.signals.retention._drop_bare_signals": "drops signals without claims",
    "core.signals.selection.claims": "names the kinds of signals to the statements that read them",
    "core.signals.wake._moved": "finds whose view a commit moved; nothing of it is shown",
    "core.signals.wake._told": "finds for whom there are events; nothing of them is shown",
    "core.safeguards.appeals._claimants": "finds who claims it, so that none of them reviews its appeal",
    "core.safeguards.quality._count": "counts each partner's claims in every audience, for itself to read",
    "core.safeguards.quality._ids": "finds the rows of signals by name, to count by partner",
    "core.safeguards.quality._owners": "finds whose claims were right or wrong, to count by partner",
    "core.reports.facts._signals": "cuts for readers `national` count every audience",
    "core.reports.activity.signal_days": "finds on which days partners sent anything; one is told of itself alone",
    "plugins.taxii.posting.removing.RemoveObject.store": "drops what a partner posted itself",
    "plugins.taxii.posting.retention._drop": "drops objects whose claim is purged",
    "plugins.taxii.posting.retention._old": "finds objects that may have no claim any more, whoever posted them",
    "plugins.taxii.posting.storing.StoreObjects._insert": "writes what a partner posts",
    "plugins.taxii.posting.versions": "finds what a partner posted itself, to compare what it posts now",
    "plugins.taxii.posting.versions.forget": "makes room for what a partner deleted and posts again",
    "plugins.taxii.posting.versions.write_flags": "notes which versions of a partner's are its first and last",
    "core.reports.signal_cells.counted": "national and public reports count every audience",
}
"""Functions that may go round it, and why. Nothing else may, and what no longer does has to leave the list."""


def _house() -> dict[str, str]:
    files = [path for room in ("core", "plugins", "partners") for path in (ROOT / room).rglob("*.py")]
    return {_dotted(path.relative_to(ROOT)): path.read_text("utf-8") for path in files}


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    return findings(_house())


def test_nothing_goes_round_visible(found: list[Finding]) -> None:
    assert [str(one) for one in found if one.function not in EXEMPT] == []


def test_no_exemption_is_stale(found: list[Finding]) -> None:
    assert EXEMPT.keys() - {one.function for one in found} == set()


PLANTED = (ROOT / "tests/isolation/planted.py").read_text("utf-8")


@pytest.fixture(scope="module")
def planted() -> set[str]:
    """The functions of planted.py that are named, by class and name."""
    found = findings(_house() | {"planted": PLANTED})
    return {one.function.removeprefix("planted.") for one in found if one.function.startswith("planted.")}


def _functions(holder: str) -> list[str]:
    classes = {node.name: node for node in ast.parse(PLANTED).body if isinstance(node, ast.ClassDef)}
    return [node.name for node in classes[holder].body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("name", _functions("Round"))
def test_a_way_round_is_named(planted: set[str], name: str) -> None:
    assert f"Round.{name}" in planted


@pytest.mark.parametrize("name", _functions("Through"))
def test_a_way_through_is_not(planted: set[str], name: str) -> None:
    assert f"Through.{name}" not in planted


def test_it_is_named_by_file_and_line() -> None:
    source = ["from sqlalchemy import select", "from core.signals.models import Claim", "spied = run(select(Claim))"]
    assert [str(one) for one in findings({"plugins.spy": "\n".join(source)})] == [
        "plugins/spy.py:3 (plugins.spy): a statement on claim without visible()"
    ]


def test_an_import_that_hides_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        findings({"plugins.spy": "from core.signals.models import *"})


def test_a_helper_that_loses_its_limit_names_its_callers() -> None:
    """The house itself, with `visible()` taken out of one method that several statements of the feed rely on."""
    house = _house()
    walk = house["core.signals.walk"]
    house["core.signals.walk"] = walk.replace("[visible(Claim, principal), ", "[")
    assert house["core.signals.walk"] != walk
    named = {one.function for one in findings(house)} - EXEMPT.keys()
    assert "core.signals.walk._siblings" in named
    assert len(named) > 1
