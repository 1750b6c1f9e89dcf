"""What concerns a person in need is dropped when it has been kept for long enough, and not before."""

from sqlalchemy import func, select, update

from core.safeguards import retention
from core.safeguards.models import Emergency, Referral, ReferralStep
from core.takedowns.models import Push
from core.testing import TestedHub
from tests.safeguards.test_referrals import offered


async def test_only_what_ended_long_ago_goes(hub: TestedHub) -> None:
    receiver = hub.client_as("child-protection-network")
    for path in [await offered(hub) for _ in range(2)]:
        for state in ("accepted", "completed"):
            await receiver.post(f"{path}/moves", json={"state": state})
    await offered(hub)
    declared = {"category": "online_kidnapping", "summary": "Alone in a room."}
    for _ in range(2):
        made = await hub.client_as("chongluadao").post("/v1/emergencies", json=declared)
        assert made.status_code == 201
    assert await retention.purge(hub.parts.db) == 0
    async with hub.parts.db.edge(0) as session:
        oldest = select(func.min(Referral.number)).scalar_subquery()
        await session.execute(update(Referral).where(Referral.number == oldest).values(ended=1))
        oldest = select(func.min(Emergency.number)).scalar_subquery()
        await session.execute(update(Emergency).where(Emergency.number == oldest).values(lowered=1))
        oldest = select(func.min(Push.number)).scalar_subquery()
        await session.execute(update(Push).where(Push.number == oldest).values(created=1, wakes=None))
        pushes = (await session.execute(select(func.count()).select_from(Push))).scalar_one()
    assert await retention.purge(hub.parts.db) == 3
    async with hub.parts.db.survey() as session:
        left = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (Referral, ReferralStep, Emergency, Push)
        ]
    assert left == [2, 2, 1, pushes - 1]
