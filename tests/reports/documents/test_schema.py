"""The published schema tells a report from what is none."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tests.reports.samples import document

SCHEMA = jsonschema_rs.validator_for(
    msgspec.json.decode((Path(__file__).parents[3] / "openapi" / "report.schema.json").read_bytes())
)
REPORT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document()))


def test_a_report_is_as_the_schema_says() -> None:
    assert [error.message for error in SCHEMA.iter_errors(REPORT)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one.update(made="2026-11-22"),
        lambda one: one.pop("pattern_sha256"),
        lambda one: one["sections"][0]["tables"][0]["rows"][0].update(cells=[1.5]),
        lambda one: one["sections"][0]["tables"][0]["rows"][0].update(cells=["1,5"]),
        lambda one: one["sections"][0]["title"].pop("vi"),
        lambda one: one.update(format="khongmotminh-report-2"),
    ],
)
def test_what_is_no_report_is_told(spoil: Callable[[dict[str, Any]], object]) -> None:
    one = copy.deepcopy(REPORT)
    spoil(one)
    assert not SCHEMA.is_valid(one)
