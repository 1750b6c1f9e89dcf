"""Hostile receivers: every attempt at the published time, then the endpoint is disabled and its partner told."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.auth.models import Partner
from core.settings import Settings
from core.testing import TestedHub, run_hub
from plugins.webhooks.models import Endpoint
from plugins.webhooks.schedule import JITTER, WAITS, Again, GiveUp, after_failure
from plugins.webhooks.transport import Answer, Limits
from tests.conftest import Cast
from tests.plugins.webhooks.hostile import (
    BEHAVIOURS,
    IMPATIENT,
    STALLING,
    by_its_clock,
    context,
    endpoint,
    exhaust,
    self_signed,
)
from tests.plugins.webhooks.hubs import tell
from tests.plugins.webhooks.receivers import Receiver, listening


async def partner_of(hub: TestedHub, slug: str) -> int:
    async with hub.parts.db.survey() as session:
        return (await session.execute(select(Partner.id).where(Partner.slug == slug))).scalar_one()


def assert_as_published(name: str, waits: Sequence[float]) -> None:
    """±20 % of the schedule; what 429 asks for is waited for where it is longer."""
    if name == "410":
        assert waits == []
        return
    assert len(waits) == len(WAITS)
    for wait, planned in zip(waits, WAITS, strict=True):
        least = max(planned * (1 - JITTER), 7_200 if name == "429" else 0)
        assert least <= wait <= max(planned * (1 + JITTER), 7_200 if name == "429" else 0)


async def hold_out(hub: TestedHub, name: str, times: int, folder: Path) -> None:
    """`times` endpoints of this behaviour, each until it is given up."""
    receiver = Receiver(BEHAVIOURS[name])
    async with listening(receiver, ssl=self_signed(folder) if name == "tls" else None):
        partner = await partner_of(hub, "tiktok")
        first, _ = await tell(hub, 2, "tiktok")
        ctx, limits = context(hub, receiver), IMPATIENT if name in STALLING else Limits()
        url = receiver.url.replace("http:", "https:") if name == "tls" else receiver.url
        for _number in range(times):
            async with endpoint(hub, ctx, partner, url, int(first.removeprefix("evt_")) - 1, limits) as live:
                before = live.row.cursor
                waits = await exhaust(live)
                assert_as_published(name, waits)
                async with hub.parts.db.survey() as session:
                    row = (await session.execute(select(Endpoint).where(Endpoint.id == live.row.id))).scalar_one()
                reason = "gone" if name == "410" else "exhausted"
                assert (row.state, row.reason, row.cursor) == ("disabled", reason, before), name
                assert row.failures == len(waits) + 1, name
        reached = 0 if name == "tls" else times * (1 if name == "410" else len(WAITS) + 1)
        assert Counter(receiver.ids) == ({first: reached} if reached else {}), name


async def hold_all_out(hub: TestedHub, monkeypatch: pytest.MonkeyPatch, times: int, folder: Path) -> None:
    """Every behaviour at once; each tells its partner and the operator when it is disabled."""
    monkeypatch.setattr("plugins.webhooks.live.now", by_its_clock)
    await asyncio.gather(*(hold_out(hub, name, times, folder) for name in BEHAVIOURS))
    for slug in ("tiktok", "secretariat"):
        answer = await hub.client_as(slug).get("/v1/events", params={"types": "webhook.disabled"})
        assert len(answer.json()["events"]) == times * len(BEHAVIOURS)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_attempts_come_as_published_then_end(
    hub_settings: Settings, hub_cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with run_hub(hub_settings, [], hub_cast) as hub:
        await hold_all_out(hub, monkeypatch, 1, tmp_path)


def answer(status: int | None, **headers: str) -> Answer:
    return Answer(status, "failed", 0.0, {name.replace("_", "-"): value for name, value in headers.items()})


def test_jitter_spreads_attempts_by_a_fifth_and_no_more() -> None:
    dice = random.Random(7)
    for failures, planned in enumerate(WAITS, 1):
        found = [after_failure(failures, answer(500), dice) for _ in range(1_000)]
        waits = [one.seconds / planned for one in found if isinstance(one, Again)]
        assert len(waits) == 1_000
        assert 0.8 <= min(waits) < 0.82
        assert 1.18 < max(waits) <= 1.2
    assert after_failure(len(WAITS) + 1, answer(None), dice) == GiveUp("exhausted")
    assert sum(WAITS) == 75 * 3_600 + 35 * 60 + 5


def test_retry_after_is_heeded_within_limits() -> None:
    dice, at = random.Random(7), datetime(2026, 11, 22, tzinfo=UTC)

    def wait(status: int, said: str) -> float:
        found = after_failure(1, answer(status, retry_after=said), dice, at)
        assert isinstance(found, Again)
        return found.seconds

    assert wait(429, "120") == 120
    assert wait(503, format_datetime(at + timedelta(minutes=10), usegmt=True)) == 600
    assert wait(429, "99999999") == 86_400
    for status, said in ((500, "120"), (429, "-5"), (429, "soon"), (429, ""), (429, "1e9"), (429, "٣")):
        assert wait(status, said) <= 6, said
    past = format_datetime(at - timedelta(days=1), usegmt=True)
    assert wait(429, past) <= 6
