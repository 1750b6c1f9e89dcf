"""Feed keys: each opens one format, for one part of what its partner sees, until it is revoked."""

import re
import zlib
from base64 import b32decode

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from core.auth import feed_keys, kinds
from core.auth.access import HUB
from core.auth.models import FeedKey
from core.errors import NOTHING_HERE, Conflict, Forbidden, NotFound
from core.log import head
from core.log.models import Audit
from core.wire.feed_keys import FeedFormat, FeedKeyIn, IssuedFeedKey
from core.wire.partners import PartnerState
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Tlp
from tests.auth.conftest import ONE_ENGINE, Room, assert_problem
from tests.auth.doors import as_basic, open_doors


@pytest.fixture
def room(room: Room) -> Room:
    open_doors(room)
    return room


async def issue(room: Room, slug: str, data: FeedKeyIn) -> IssuedFeedKey:
    async with head.writing(room.db, "test", "IssueFeedKey") as session:
        issued = await feed_keys.issue(session, HUB, slug, data, room.settings)
    await room.tokens.refresh()
    return issued


def pair(key: str, second: str) -> dict[str, str]:
    return {"x-functions-key": key, "Ocp-Apim-Subscription-Key": second}


def _calls(one: IssuedFeedKey) -> dict[str, tuple[str, dict[str, str]]]:
    """How a program of each format would send these halves."""
    both = (one.key, one.subscription_key)
    return {
        "stopncii": ("/door/stopncii", pair(*both)),
        "graph": (f"/door/graph?access_token={one.key}", {}),
        "ncmec": ("/door/ncmec", as_basic(*both)),
        "taxii": ("/door/taxii", as_basic(*both)),
    }


async def test_a_key_opens_its_format_only(room: Room) -> None:
    http = room.anonymous()
    stopncii, graph, ncmec = [
        await issue(room, "platform-a", FeedKeyIn(form, kinds=("pdq",)))
        for form in (FeedFormat.STOPNCII, FeedFormat.GRAPH, FeedFormat.NCMEC)
    ]
    for name, one in (("stopncii", stopncii), ("graph", graph), ("ncmec", ncmec)):
        for door, (path, headers) in _calls(one).items():
            answer = await http.get(path, headers=headers)
            assert answer.status_code == (200 if door == name else 401), (name, door)
    taken = (await http.get("/door/stopncii", headers=pair(stopncii.key, stopncii.subscription_key))).json()
    assert taken == {
        "client": stopncii.id,
        "partner": "platform-a",
        "scopes": ["signals:read"],
        "kinds": ["pdq"],
        "leaving": True,
        "tlp": None,
    }


async def test_both_halves_are_needed_and_one_answer_fits_all_faults(room: Room) -> None:
    http = room.anonymous()
    one, other = [await issue(room, "platform-a", FeedKeyIn(FeedFormat.STOPNCII)) for _ in range(2)]
    wrong = [(one.key, ""), (one.key, other.subscription_key), (one.subscription_key, one.key), ("x", "y")]
    answers = [await http.get("/door/stopncii", headers=pair(*halves)) for halves in wrong]
    assert len({assert_problem(answer, 401)["detail"] for answer in answers}) == 1


async def test_what_a_key_may_is_what_it_was_given_and_its_kind_still_holds(room: Room) -> None:
    http = room.anonymous()
    reads = await issue(room, "platform-a", FeedKeyIn(FeedFormat.STOPNCII))
    writes = await issue(room, "platform-a", FeedKeyIn(FeedFormat.STOPNCII, writes=True, tlp=Tlp.GREEN))
    refused = await http.get("/door/writing", headers=pair(reads.key, reads.subscription_key))
    assert "signals:write" in assert_problem(refused, 403)["detail"]
    headers = pair(writes.key, writes.subscription_key)
    assert (await http.get("/door/writing", headers=headers)).json()["tlp"] == "GREEN"
    async with head.writing(room.db, "test", "ReplaceKind") as session:
        await kinds.replace(session, HUB, PartnerKind.PLATFORM, (Scope.SIGNALS_READ,))
    await room.tokens.refresh()
    assert_problem(await http.get("/door/writing", headers=headers), 403)
    assert (await http.get("/door/stopncii", headers=headers)).json()["scopes"] == ["signals:read"]


async def test_a_revoked_key_and_one_of_a_suspended_partner_open_nothing(room: Room) -> None:
    http = room.anonymous()
    one, other = [await issue(room, "platform-a", FeedKeyIn(FeedFormat.GRAPH)) for _ in range(2)]
    async with head.writing(room.db, "test", "RevokeFeedKey") as session:
        await feed_keys.revoke(session, HUB, one.id)
        await feed_keys.revoke(session, HUB, one.id)
        with pytest.raises(NotFound):
            await feed_keys.revoke(session, HUB, "fk_\0")
        listed = await feed_keys.listing(session, HUB, "platform-a")
    assert {key.id: key.revoked is None for key in listed} == {one.id: False, other.id: True}
    await room.tokens.refresh()
    assert_problem(await http.get(f"/door/graph?access_token={one.key}"), 401)
    assert (await http.get(f"/door/graph?access_token={other.key}")).status_code == 200
    await room.set_state("platform-a", PartnerState.SUSPENDED)
    await room.tokens.refresh()
    assert_problem(await http.get(f"/door/graph?access_token={other.key}"), 401)


@ONE_ENGINE
async def test_what_could_not_work_is_not_issued(room: Room) -> None:
    with pytest.raises(Conflict, match="could not go there"):
        await issue(room, "platform-a", FeedKeyIn(FeedFormat.STOPNCII, groups=("nowhere",)))
    with pytest.raises(Conflict, match="kind"):
        await issue(room, "creator-a", FeedKeyIn(FeedFormat.STOPNCII, writes=True))


async def test_a_partner_keeps_keys_of_its_own_that_do_no_more_than_its_token(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_keys, "_MOST", 2)
    own, other, alliance = [await room.acting(slug) for slug in ("platform-a", "platform-b", "kol-alliance")]
    reader = replace(own, scopes=frozenset({Scope.SIGNALS_READ}))
    reads, writes = FeedKeyIn(FeedFormat.GRAPH), FeedKeyIn(FeedFormat.GRAPH, writes=True)
    async with head.writing(room.db, "test", "IssueFeedKey") as session:
        with pytest.raises(Forbidden, match="lacks: opinions:write signals:write"):
            await feed_keys.issue(session, reader, own.slug, writes, room.settings)
        made = await feed_keys.issue(session, reader, own.slug, reads, room.settings)
        await feed_keys.issue(session, own, own.slug, writes, room.settings)
        with pytest.raises(Conflict, match="at most"):
            await feed_keys.issue(session, own, own.slug, reads, room.settings)
        for stranger in (other, alliance):
            for slug in (own.slug, "nobody"):
                with pytest.raises(NotFound, match=NOTHING_HERE):
                    await feed_keys.listing(session, stranger, slug)
                with pytest.raises(NotFound, match=NOTHING_HERE):
                    await feed_keys.issue(session, stranger, slug, reads, room.settings)
            with pytest.raises(NotFound):
                await feed_keys.revoke(session, stranger, made.id)
        await feed_keys.revoke(session, reader, made.id)
        assert [key.revoked is None for key in await feed_keys.listing(session, own, own.slug)] == [False, True]
        noted = await session.execute(select(Audit.what, Audit.partner))
        assert [tuple(row) for row in noted] == [
            (f"{what}FeedKey", own.partner) for what in ("Issue", "Issue", "Revoke")
        ]


@ONE_ENGINE
async def test_keys_have_the_form_that_programs_take_for_granted(room: Room) -> None:
    graph = await issue(room, "platform-a", FeedKeyIn(FeedFormat.GRAPH))
    assert re.fullmatch(r"[1-9][0-9]{11}\|[A-Za-z0-9_-]{43}", graph.key)
    assert graph.subscription_key == ""
    gse = await issue(room, "platform-a", FeedKeyIn(FeedFormat.GSE))
    for secret in (gse.key, gse.subscription_key):
        text, check = secret[:-7], secret[-7:]
        assert text.startswith("kmm_fk_")
        assert b32decode(check.upper() + "=") == zlib.crc32(text.encode()).to_bytes(4, "big")
    assert "," not in gse.key + gse.subscription_key
    assert {one.path for one in FeedFormat} == {
        *("/compat/stopncii/v1", "/compat/graph/v1", "/compat/ncmec", "/compat/gse")
    }
    assert gse.base_url == f"{room.settings.base_url}/compat/gse"


@ONE_ENGINE
async def test_secrets_are_not_stored(room: Room) -> None:
    one = await issue(room, "platform-a", FeedKeyIn(FeedFormat.STOPNCII))
    async with room.db.snapshot(0) as session:
        (row,) = [vars(key) for key in await session.scalars(select(FeedKey))]
    assert not {one.key, one.subscription_key} & {str(value) for value in row.values()}
