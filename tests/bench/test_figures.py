"""Every figure can be taken. What they come to is for a quiet machine: make bench."""

from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path

import pytest

from tests.bench.__main__ import FIGURES
from tests.bench.memory import memory
from tests.bench.stage import QUICK, Stage
from tests.bench.taxii import taxii


@pytest.fixture
def stage(engine_name: str, new_database: Callable[[], str], tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(engine_name, QUICK, tmp_path, new_database)
    yield stage
    stage.close()


# A figure is taken the same way on both engines; starting hubs is what takes the time.
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_every_figure_is_told(stage: Stage) -> None:
    # The short form of memory is tests/drills/test_memory.py; what TAXII is compared with has to be downloaded.
    quick = [one for one in FIGURES if one not in (memory, taxii)]
    told = [figure for one in quick async for figure in one(stage)]
    assert len({figure.name for figure in told}) == len(told) >= len(quick)
    for figure in told:
        assert isfinite(figure.ratio), figure
        assert figure.ratio > 0, figure
