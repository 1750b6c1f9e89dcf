"""Each kind by example, from vectors/<kind>.toml.

`accepted`: sent, identity and, where it is another, display. `refused`: sent, and a part of what the partner is told.
`apart`: near misses that stay two observables. `together`: spellings of one. Look-alike letters are escaped.
Accounts, numbers and keys are made up; addresses with a checksum are made of counted bytes or from BIP 173, BIP 350
and EIP-55.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.signals.kinds import BUILTIN, Kinds

KINDS = Kinds()
TABLES: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((Path(__file__).parent / "vectors").iterdir())
}


def rows(table: str) -> list[tuple[str, ...]]:
    return [(kind, *row) for kind, tables in TABLES.items() for row in tables[table]]


def test_every_kind_has_a_table() -> None:
    assert set(TABLES) == {kind.name for kind in BUILTIN}
    assert all(tables[name] for tables in TABLES.values() for name in ("accepted", "refused", "apart"))


@pytest.mark.parametrize("row", rows("accepted"))
def test_spelling_has_one_canonical_form(row: tuple[str, ...]) -> None:
    kind, sent, identity = row[:3]
    canonical = KINDS.parse(kind, sent)
    assert (canonical.identity, canonical.display) == (identity, row[-1])
    assert KINDS.parse(kind, canonical.display) == canonical


@pytest.mark.parametrize(
    ("kind", "sent", "told"), [*rows("refused"), ("url", "http://example.com/\ud800", "without control characters")]
)
def test_refusal_says_what_is_expected_without_the_value(kind: str, sent: str, told: str) -> None:
    with pytest.raises(ValueError, match="Expected") as refusal:
        KINDS.parse(kind, sent)
    message = str(refusal.value)
    assert told in message
    assert not sent.strip() or sent not in message


@pytest.mark.parametrize(("kind", "one", "other"), rows("apart"))
def test_near_misses_stay_two(kind: str, one: str, other: str) -> None:
    assert KINDS.parse(kind, one).identity != KINDS.parse(kind, other).identity


@pytest.mark.parametrize(("kind", "one", "other"), rows("together"))
def test_spellings_of_one_become_one(kind: str, one: str, other: str) -> None:
    assert KINDS.parse(kind, one).identity == KINDS.parse(kind, other).identity


def test_there_are_at_least_300_near_misses_none_twice() -> None:
    pairs = [(kind, frozenset(pair)) for kind, *pair in rows("apart")]
    assert len(set(pairs)) == len(pairs) >= 300
    assert all(len(pair) == 2 for _, pair in pairs)
