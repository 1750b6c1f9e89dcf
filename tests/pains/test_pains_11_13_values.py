"""What a signal is worth over time, and which spellings are the same one."""

from typing import Any

import pytest
from sqlalchemy import update

from core import times
from core.signals import retention
from core.signals.models import Claim
from core.testing import TestedHub
from tests.pains.conftest import Join

PHONE = {"kind": "phone", "value": "0912 345 678", "tlp": "GREEN"}


async def test_pain_11_what_fades_what_lapses_and_what_is_taken_back_are_three_things(
    hub: TestedHub, join: Join
) -> None:
    """Decay revoked, expiry decayed, and an upgrade withdrew everything at once: users of OpenCTI, MISP and Elastic."""
    tiktok, meta = join("tiktok"), join("meta")
    old = {"first_seen": "2001-01-01T00:00:00Z", "last_seen": "2001-02-01T00:00:00Z"}
    faded, lapses, taken_back = await tiktok.submit(
        PHONE | old,
        PHONE | {"value": "0912 345 679", "valid_until": "2099-01-01T00:00:00Z"},
        PHONE | {"value": "0912 345 677"},
    )
    await meta.news()
    # Long past its half-life it is worth nothing, and stands.
    assert (await meta.look_up("phone", PHONE["value"]))["score"]["value"] < 1
    assert meta.copy[faded["id"]]["valid_until"] is None
    # What its submitter said of its end is neither a score nor an end before its time.
    assert meta.copy[lapses["id"]]["valid_until"] == "2099-01-01T00:00:00Z"
    assert (await meta.look_up("phone", "0912345679"))["score"]["value"] > 20

    async with hub.parts.db.writer() as session:
        come = update(Claim).where(Claim.valid_until.is_not(None)).values(valid_until=times.now() - 1)
        await session.execute(come)
    assert await retention.expire(hub.parts.db, hub.parts.writer) == 1
    await tiktok.send("/v1/signals/retractions", {"ids": [taken_back["id"]]})
    ends = {one["id"]: one["state"] for one in await meta.news()}
    assert ends == {lapses["id"]: "expired", taken_back["id"]: "retracted"}
    assert set(meta.copy) == {faded["id"]}


SAME: list[tuple[str, tuple[str, ...]]] = [
    ("phone", ("+84 332 345 678", "0332345678", "01632345678", "tel:+84-332-345-678")),
    ("bank_account", ("970436 0123456789", "VCB 0123456789", "Vietcombank: 0123456789")),
    ("social_account", ("https://zalo.me/0912345678", "zalo:+84912345678")),
    ("url", ("hxxps://LUA-DAO[.]example:443/nhan", "https://lua-dao.example/nhan")),
    ("text", ("Chuyển tiền ngay kẻo bị bắt", "Chuyê\u0309n tiê\u0300n ngay ke\u0309o bi\u0323 bắt")),
]
TWO: list[tuple[str, tuple[str, str]]] = [
    ("phone", ("0332345678", "0322345678")),
    ("bank_account", ("VCB 0123456789", "TCB 0123456789")),
    ("bank_account", ("VCB 0123456789", "VCB 123456789")),
    ("social_account", ("https://t.me/luadao", "https://facebook.com/luadao")),
    ("url", ("https://lua-dao.example/nhan", "https://www.lua-dao.example/nhan")),
]


@pytest.mark.parametrize(("kind", "values"), SAME)
async def test_pain_13_spellings_of_one_thing_are_one_signal(join: Join, kind: str, values: tuple[str, ...]) -> None:
    """Numbers, accounts and handles were free text, and Vietnamese broke the tools: TheHive, python-threatexchange."""
    tiktok, meta = join("tiktok"), join("meta")
    said = await tiktok.submit(*(item(kind, value) for value in values))
    assert len({one["id"] for one in said}) == 1
    await meta.submit(item(kind, values[-1]))
    assert {(await meta.look_up(kind, value))["signal"]["claims"] for value in values} == {2}
    # As it was seen, for its own submitter.
    mine = [one["original"] for one in (await tiktok.get(f"/v1/signals/{said[0]['id']}"))["claims"]]
    assert mine == [values[0], None]


async def test_pain_13_near_misses_stay_two(join: Join) -> None:
    """A wrong merge accuses a stranger; tests/signals/kinds has the long table."""
    tiktok, meta = join("tiktok"), join("meta")
    for kind, (one, other) in TWO:
        (said,) = await tiktok.submit(item(kind, one))
        assert said["status"] in ("created", "unchanged")
        assert (await meta.look_up(kind, one))["known"]
        assert not (await meta.look_up(kind, other))["known"]


def item(kind: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "value": value, "tlp": "GREEN"}
