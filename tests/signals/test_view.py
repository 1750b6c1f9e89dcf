"""The short way to the item of a lone claim, held to the long one."""

import random
import secrets
from typing import Any

import pytest

from core.signals import view
from core.signals.keys import Keys, public_id, public_ids
from core.signals.view import Lens, Seen
from core.times import DAY, SECOND
from core.wire.signals import Category, Severity, Tlp

KEYS = Keys("a secret of the tests, long enough to be one")
LENS = Lens(KEYS, {"url": 90.0, "domain": 180.5, "md5": None}, {1: 0, 2: 55, 3: 100})


def _row(chance: random.Random, **fixed: Any) -> Seen:
    position = chance.randrange(1, 2**53)
    moments = (None, 0, DAY, 1_793_521_800 * SECOND, chance.randrange(2**50))
    said: dict[str, Any] = {
        "position": position,
        "opened": chance.randrange(1, position + 1),
        "closed": 0,
        "state": "active",
        "partner": chance.randrange(1, 6),
        "signal": chance.randrange(1, 2**53),
        "category": chance.choice([*Category]).value,
        "confidence": chance.choice([None, 0, 1, 50, 100]),
        "severity": chance.choice([None, *(one.value for one in Severity)]),
        **{name: chance.choice(moments) for name in ("first_seen", "last_seen", "valid_until")},
        "campaign": chance.choice([None, "gift-week"]),
        "tlp": chance.choice(["", *(one.value for one in Tlp)]),
        "key": chance.randbytes(16),
        "kind": chance.choice(["url", "domain", "md5", "of_a_plugin"]),
        "value": chance.choice(["https://gift.example/", "xổ số \u2028 \"'\\", "a" * 8_192]),
        "claims": 1,
        "opened_at": chance.randrange(2**50),
        "origin": chance.choice([None, "a hotline"]),
        "derived_from": chance.choice(["", f"sig_{'a' * 26}"]),
        "opinions": "",
    }
    return Seen(**said | fixed)


def test_a_lone_claim_reads_the_same_either_way() -> None:
    chance = random.Random(20261122)
    rows = [_row(chance) for _ in range(2_000)]
    assert all(map(view.is_lone, rows))
    assert view.lone([tuple(row) for row in rows], LENS) == [view.item([row], row.position, LENS) for row in rows]


@pytest.mark.parametrize(
    "said",
    [
        {"claims": 2},
        {"claims": 0},
        {"opinions": "2:a:1"},
        {"closed": 7},
        {"state": "suspended"},
        {"state": "retracted"},
    ],
)
def test_what_takes_more_than_its_row_is_not_lone(said: dict[str, Any]) -> None:
    assert not view.is_lone(_row(random.Random(1), **said))


def test_the_columns_of_a_claim_are_in_the_order_of_its_names() -> None:
    assert [column.name for column in view.claims().selected_columns] == list(Seen._fields)


@pytest.mark.parametrize("number", [0, 1, 2, 1_000])
def test_ids_made_together_are_those_made_singly(number: int) -> None:
    keys = [bytes(16), b"\xff" * 16, *(secrets.token_bytes(16) for _ in range(number))][:number]
    assert public_ids(keys) == [public_id(key) for key in keys]


def test_a_check_as_text_is_the_check() -> None:
    assert [int(KEYS.check_text(at), 16) for at in (0, 1, 2**53)] == [KEYS.check(at) for at in (0, 1, 2**53)]
