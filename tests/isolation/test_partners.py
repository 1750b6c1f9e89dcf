"""Twenty partners, and on every read route of each: nothing but what the oracle says it may see, and all of that."""

from datetime import UTC, datetime, timedelta

from litestar import Litestar

from core.openapi.document import routes
from core.testing import TestedHub
from tests.isolation.case_reads import READS
from tests.isolation.cases import make_cases
from tests.isolation.follower import Follower
from tests.isolation.reader import Reader
from tests.isolation.report_cases import make_reports
from tests.isolation.world import World

PARTNERS = 20
CHANGES = (
    ("chongluadao", {"state": "suspended"}),
    ("meta", {"kind": "creator"}),
    ("chongluadao", {"state": "active"}),
    ("google", {"state": "suspended"}),
)
"""One a round, behind the sharing."""


async def test_partners_read_what_is_shared_with_them_and_nothing_else(hub: TestedHub) -> None:
    await share_and_read(hub, seed=1)


def test_every_read_has_a_case(app: Litestar) -> None:
    reading = {str(handler.operation_id) for _, method, handler in routes(app) if method in ("GET", "HEAD")}
    assert READS.keys() == reading | {"LookUpSignals"}


async def share_and_read(hub: TestedHub, seed: int) -> None:
    """One world, from its first claim to the reading of every route by everyone."""
    world = World(hub, seed)
    await world.admit(PARTNERS)
    await world.make_campaign()
    for _ in range(4):
        await world.found_group()
    followers = [Follower(world, slug) for slug in world.able("signals:read")]
    for slug, change in CHANGES:
        await _share(world)
        await world.change_partner(slug, **change)
        for follower in followers:
            await follower.catch_up()
    await world.opine()
    await world.make_materials()
    await make_reports(world, period())
    await make_cases(world)
    for slug in world.partners:
        if slug not in world.oracle.suspended:
            await _read_everything(world, slug)


def period() -> dict[str, str]:
    """Today, with room for a run that passes midnight."""
    today = datetime.now(UTC).date()
    return {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}


async def _share(world: World) -> None:
    for slug in world.able("signals:write"):
        await world.submit(slug, world.random.randint(1, 6))
        if world.random.random() < 0.4:
            await world.retract(slug)
    await world.expire(3)
    group = world.random.choice(sorted(world.oracle.members))
    await world.leave(group)
    hosts = [slug for slug in world.able("groups:write") if slug in world.oracle.members[group]]
    if hosts:
        await world.invite(group, hosts[0], world.random.choice(world.able("groups:write")))


async def _read_everything(world: World, slug: str) -> None:
    scopes = world.reading(slug)
    needed = {str(handler.operation_id): handler.opt.get("scopes", set()) for _, _, handler in routes(world.hub.app)}
    allowed = world.allowed(slug, scopes)
    reader = Reader(world, slug, sorted(scopes))
    done = set()
    """Some ways to read go by two operations."""
    for operation, read in READS.items():
        if needed[operation] <= scopes and read not in done:
            done.add(read)
            await read(reader)
            assert reader.told() <= allowed, (slug, operation)
