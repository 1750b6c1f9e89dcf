"""Figure 9: walking a TAXII collection and adding to it, against OpenTAXII with the same objects in it."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import count
from uuid import UUID

import msgspec

from plugins.taxii.collections import COMMUNITY
from tests.bench.figures import Figure, Goal, compare
from tests.bench.opentaxii import PACKAGES, NotInstalled
from tests.bench.stage import SUBMITTER, Stage
from tests.bench.wire import connect, get, post
from tests.postgres import as_superuser, execute

_MEDIA_TYPE = "application/taxii+json;version=2.1"
_OURS = f"/taxii2/hub/collections/{COMMUNITY.id}/objects/"
_BATCH = 1_000
_GOALS = {"sqlite": (Goal(8), Goal(20)), "postgresql": (Goal(30), Goal(40))}
"""Of walking and adding."""


class _Page(msgspec.Struct):
    objects: list[msgspec.Raw] = []
    more: bool = False
    next: str = ""


_page = msgspec.json.Decoder(_Page)


class _Place(msgspec.Struct):
    """A collection on a server."""

    port: int
    path: str
    token: Callable[[], str] = lambda: ""

    async def ask(self, request: bytes) -> bytes:
        # One connection a request: OpenTAXII's server closes it after each.
        async with connect(self.port) as wire:
            return await wire.ask(request)


async def taxii(stage: Stage) -> AsyncIterator[Figure]:
    """Objects a second: walked in pages of 1,000, and added by the 1,000."""
    try:
        other = stage.opentaxii()
    except NotInstalled as exc:
        print(f"taxii is left out, OpenTAXII cannot be installed: {exc}", file=sys.stderr)  # noqa: T201
        return
    numbers = count(1)
    stored = _indicators(numbers, stage.sizes.objects)
    other.start(stored)
    hub = await stage.new_hub()
    try:
        ours, theirs = _Place(hub.port, _OURS, lambda: hub.token(SUBMITTER)), _Place(other.port, other.collection)
        await _add(ours, [stored[start : start + _BATCH] for start in range(0, len(stored), _BATCH)])
        if stage.engine == "postgresql":
            # Its autovacuum would do so within minutes; the other one's tables have been through it as well.
            execute(as_superuser(hub.database_url), "ANALYZE")
        async for figure in _compared(stage, ours, theirs, numbers):
            yield figure
    finally:
        other.stop()
        hub.live.kill()


async def _compared(stage: Stage, ours: _Place, theirs: _Place, numbers: "count[int]") -> AsyncIterator[Figure]:
    walking, adding = _GOALS[stage.engine]
    told = {"unit": "objects/s", "baseline": f"{PACKAGES[0]}, one gunicorn worker"}
    walks = partial(_walk, ours, stage.sizes.objects), partial(_walk, theirs, stage.sizes.objects)
    yield await compare("taxii walk", stage.engine, walking, walks, stage.sizes.taxii_pairs, **told)

    def batches() -> list[list[bytes]]:
        return [_indicators(numbers, _BATCH) for _ in range(stage.sizes.batches)]

    adds = partial(_add_new, ours, batches), partial(_add_new, theirs, batches)
    yield await compare("taxii add", stage.engine, adding, adds, stage.sizes.taxii_pairs, **told)


def _indicators(numbers: "count[int]", many: int) -> list[bytes]:
    """Some 450 bytes each."""
    return [_indicator(next(numbers)) for _ in range(many)]


def _indicator(number: int) -> bytes:
    name = UUID(int=number, version=4)
    return (
        f'{{"type":"indicator","spec_version":"2.1","id":"indicator--{name}","created":"2026-01-01T00:00:00.000Z",'
        f'"modified":"2026-01-01T00:00:00.000Z","name":"Lure {number}","indicator_types":["malicious-activity"],'
        f'"pattern":"[url:value = \'https://lure-{number}.example/gift/claim/{number}\']","pattern_type":"stix",'
        f'"pattern_version":"2.1","valid_from":"2026-01-01T00:00:00Z","confidence":80,"labels":["phishing"]}}'
    ).encode()


async def _walk(place: _Place, least: int) -> float:
    """Raises `RuntimeError` for a walk that does not bring all that was stored."""
    token, objects, page = place.token(), 0, _Page(more=True)
    began = time.perf_counter()
    while page.more:
        following = f"&next={page.next}" if page.next else ""
        page = _page.decode(await place.ask(get(f"{place.path}?limit={_BATCH}{following}", token, _MEDIA_TYPE)))
        objects += len(page.objects)
    taken = time.perf_counter() - began
    if objects < least:
        raise RuntimeError(f"{objects} of {least} objects")
    return objects / taken


async def _add_new(place: _Place, batches: Callable[[], list[list[bytes]]]) -> float:
    return await _add(place, batches())


async def _add(place: _Place, batches: list[list[bytes]]) -> float:
    token, bodies = place.token(), [b'{"objects":[%b]}' % b",".join(batch) for batch in batches]
    began = time.perf_counter()
    for body in bodies:
        await place.ask(post(place.path, token, body, _MEDIA_TYPE))
    return sum(map(len, batches)) / (time.perf_counter() - began)
