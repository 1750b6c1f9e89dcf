"""`python -m tests.bench [WORD …] [--engine sqlite|postgresql]`: all figures, or those whose name has one of the words.

One line of JSON a figure on standard output, progress and the time taken on standard error; exit status 1 when one
does not hold. KMM_BENCH_SIZE is how many signals are stored where there are many (5,000,000). Wants a quiet machine.
"""

import argparse
import sys
import time

import msgspec
import uvloop

from tests.bench.asking import auth, coalescing, lookup
from tests.bench.following import following
from tests.bench.memory import memory
from tests.bench.reading import feed, page
from tests.bench.reporting import report
from tests.bench.stage import Stage, durable_stage, full
from tests.bench.submitting import ingest, ingest_large
from tests.bench.taxii import taxii

# What only reads a large hub comes before what adds to it.
FIGURES = (ingest, auth, coalescing, following, feed, page, lookup, report, ingest_large, taxii, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0] if __doc__ else None)
    names = [one.__name__ for one in FIGURES]
    parser.add_argument("words", nargs="*", help=f"of {', '.join(names)}")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"])
    asked = parser.parse_args()
    chosen = [name for name in names if not asked.words or any(word in name for word in asked.words)]
    began, failed = time.monotonic(), 0
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        with durable_stage(engine, full()) as stage:
            failed += uvloop.run(_measure(stage, chosen))
    _tell(f"{time.monotonic() - began:,.0f} s in all; {failed} do not hold")
    sys.exit(failed > 0)


async def _measure(stage: Stage, chosen: list[str]) -> int:
    """How many do not hold."""
    failed = 0
    for one in FIGURES:
        if one.__name__ not in chosen:
            continue
        began = time.monotonic()
        async for figure in one(stage):
            print(msgspec.json.encode(figure).decode(), flush=True)  # noqa: T201
            failed += not figure.holds
        _tell(f"{one.__name__} on {stage.engine}: {time.monotonic() - began:,.0f} s")
    return failed


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
