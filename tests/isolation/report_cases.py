"""Reports of several partners for each class of readers, with marked titles, and what orders them."""

from typing import Any

from tests.frozen import until_made
from tests.isolation.world import Rule, World

SECTIONS = {"definition": {"sections": ["signals"]}}
_OWNERS = 3


async def make_reports(world: World, period: dict[str, str]) -> None:
    for owner in world.random.sample(world.able("reports:read"), _OWNERS):
        may_count_all = owner in world.able("reports:national")
        for readers in ("partner", "national", "public") if may_count_all else ("partner",):
            rule = _reads(owner, readers)
            body = {"period": period, "readers": readers, "title": _title(world, rule)} | SECTIONS
            made = (await world.act(owner, "POST", "/v1/reports", body)).json()
            world.cases[f"/v1/reports/{made['id']}"] = rule
            world.reports[made["id"]] = owner
        await _orders(world, owner)
    for report, owner in world.reports.items():
        await until_made(world.hub.client_as(owner), report)


def _reads(owner: str, readers: str) -> Rule:
    if readers == "public":
        return lambda viewer, scopes: "reports:read" in scopes
    return lambda viewer, scopes: viewer == owner and (readers == "partner" or "reports:national" in scopes)


def _title(world: World, rule: Rule) -> dict[str, str]:
    word = world.mark(rule)
    return {"vi": word, "en": word}


async def _orders(world: World, owner: str) -> None:
    """A template, a schedule and a cut of its own."""

    def own(viewer: str, _: frozenset[str]) -> bool:
        return viewer == owner

    slug = f"of-{owner}"
    template: dict[str, Any] = {"title": _title(world, own), "readers": "partner", "note": world.mark(own)} | SECTIONS
    await world.act(owner, "PUT", f"/v1/report-templates/{slug}", template)
    schedule = {"template": slug, "cron": "0 6 1 1 *", "covers": "last_year", "title": _title(world, own)}
    await world.act(owner, "PUT", f"/v1/report-schedules/{slug}", schedule)
    cut = {"source": "signals", "months": {"from": "2026-09", "to": "2026-10"}, "by": ["category"]}
    made = (await world.act(owner, "POST", "/v1/report-cuts", cut)).json()
    paths = (f"/v1/report-templates/{slug}", f"/v1/report-schedules/{slug}", f"/v1/report-cuts/{made['id']}")
    world.cases |= dict.fromkeys(paths, own)
