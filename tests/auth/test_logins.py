"""HTTP Basic in place of a token: who is let in, and every way in which it is refused."""

import base64

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import update

from core.auth import clients
from core.auth.access import HUB
from core.auth.keys import touch
from core.auth.models import Client
from core.auth.tokens import Tokens
from core.log import head
from core.wire.partners import PartnerState
from tests.auth.conftest import ONE_ENGINE, Room, assert_problem
from tests.auth.doors import as_basic, open_doors

DOOR = "/door/taxii"


@pytest.fixture
def room(room: Room) -> Room:
    open_doors(room)
    return room


def sent(room: Room, slug: str = "platform-a") -> dict[str, str]:
    return as_basic(room.clients[slug].id, room.clients[slug].client_secret or "")


async def test_a_client_signs_in_by_its_id_and_secret(room: Room) -> None:
    http = room.anonymous()
    taken = (await http.get(DOOR, headers=sent(room))).json()
    assert (taken["client"], taken["partner"]) == (room.clients["platform-a"].id, "platform-a")
    assert taken["leaving"]
    by_token = (await (await room.client_as("platform-a")).get(DOOR)).json()
    assert by_token["scopes"] == taken["scopes"]


async def test_basic_opens_only_what_takes_it(room: Room) -> None:
    http = room.anonymous()
    assert_problem(await http.get("/v1/me", headers=sent(room)), 401)
    # The same pair in another place signs in nobody, even where it is known from here.
    assert (await http.get(DOOR, headers=sent(room))).status_code == 200
    known = room.clients["platform-a"]
    pair = {"x-functions-key": known.id, "Ocp-Apim-Subscription-Key": known.client_secret or ""}
    assert_problem(await http.get("/door/nameless", headers=pair), 401)
    refused = await http.get("/door/stopncii", headers=sent(room))
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "`x-functions-key` with its `Ocp-Apim-Subscription-Key`" in refused.json()["detail"]


async def test_wrong_credentials_are_told_nothing(room: Room) -> None:
    http, known = room.anonymous(), room.clients["platform-a"]
    nobody = assert_problem(await http.get(DOOR), 401)
    answers = [
        await http.get(DOOR, headers=as_basic(*pair))
        for pair in ((known.id, "wrong"), ("cli_unknown", known.client_secret or ""), (known.id.upper(), "wrong"))
    ]
    assert len({assert_problem(answer, 401)["detail"] for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer, Basic realm="kmm"'}
    assert nobody["detail"].startswith("Send a client's id and secret as HTTP Basic, or a token")
    expired = await http.get(DOOR, headers={"Authorization": "Bearer x"})
    assert_problem(expired, 401)
    assert expired.headers["www-authenticate"] == 'Bearer error="invalid_token", Basic realm="kmm"'


def _malformed(name: str, secret: str) -> list[dict[str, str]]:
    whole = base64.b64encode(f"{name}:{secret}".encode()).decode()
    coded = [
        *("", "!", whole[:-3], whole + "x", whole.replace(whole[4], "\u00e9", 1)),
        base64.b64encode(f"{name}{secret}".encode()).decode(),
        base64.b64encode(f":{secret}".encode()).decode(),
        base64.b64encode(f"{name}:".encode()).decode(),
        base64.b64encode(f"{name}:{secret}\0".encode()).decode(),
        base64.b64encode(f"{name}:{secret}\u00e9".encode()).decode(),
    ]
    return [*({"Authorization": f"Basic {one}"} for one in coded), {"Authorization": f"Digest {whole}"}]


@ONE_ENGINE
async def test_what_is_not_well_formed_is_nobody(room: Room) -> None:
    http, known = room.anonymous(), room.clients["platform-a"]
    malformed = _malformed(known.id, known.client_secret or "")
    assert len(malformed) == 11
    for headers in malformed:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        assert_problem(await http.get(DOOR, headers=raw), 401)
    twice = [*sent(room).items(), *sent(room).items()]
    assert_problem(await http.get(DOOR, headers=twice), 401)


@ONE_ENGINE
async def test_who_signs_assertions_has_no_secret_to_send(room: Room) -> None:
    issued = await room.issue_with_key("platform-a", ECKey.generate_key("P-256"))
    assert_problem(await room.anonymous().get(DOOR, headers=as_basic(issued.id, "None")), 401)


async def test_a_disabled_client_and_a_suspended_partner_are_refused_with_the_next_snapshot(room: Room) -> None:
    http, slug = room.anonymous(), "platform-a"
    assert (await http.get(DOOR, headers=sent(room))).status_code == 200
    async with head.writing(room.db, "test", "DisableClient") as session:
        await clients.disable(session, HUB, slug, room.clients[slug].id)
    await room.tokens.refresh()
    assert_problem(await http.get(DOOR, headers=sent(room)), 401)
    assert (await http.get(DOOR, headers=sent(room, "platform-b"))).status_code == 200
    await room.set_state("platform-b", PartnerState.SUSPENDED)
    await room.tokens.refresh()
    assert_problem(await http.get(DOOR, headers=sent(room, "platform-b")), 401)


@ONE_ENGINE
async def test_credentials_are_checked_once_a_snapshot_and_failures_each_time(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    by_client = Tokens._by_client

    def counted(self: Tokens, login: object, current: object) -> object:
        asked.append("")
        return by_client(self, login, current)  # type: ignore[arg-type]

    monkeypatch.setattr(Tokens, "_by_client", counted)
    http = room.anonymous()
    for _ in range(3):
        assert (await http.get(DOOR, headers=sent(room))).status_code == 200
    assert len(asked) == 1
    for _ in range(3):
        await http.get(DOOR, headers=as_basic(room.clients["platform-a"].id, "wrong"))
    assert len(asked) == 4
    async with head.writing(room.db, "test", "Touch") as session:
        await session.execute(update(Client).values(scopes="signals:read"))
        await touch(session)
    await room.tokens.refresh()
    assert (await http.get(DOOR, headers=sent(room))).json()["scopes"] == ["signals:read"]
    assert len(asked) == 5
