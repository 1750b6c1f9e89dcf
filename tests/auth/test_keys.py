"""Signing keys: rotation, retirement, and what is kept of them."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import msgspec
import pytest
from sqlalchemy import select, update

from core import times
from core.auth import keys
from core.auth.models import SigningKey
from core.auth.tokens import Tokens
from core.db import Database
from tests.auth.conftest import Room, parts, refuses


async def test_keys_rotate_without_refusing_anyone(room: Room) -> None:
    old = await room.token("platform-a")
    published = await keys.rotate(room.db, room.settings)
    await room.tokens.refresh()
    ring = room.tokens.current.ring
    assert [key.kid for key in ring.keys][1] == published
    assert ring.signer().kid != published, "published before it signs"
    in_use = await keys.rotate(room.db, room.settings, lead=0)
    await room.tokens.refresh()
    assert room.tokens.current.ring.signer().kid == in_use
    new = await room.token("platform-a")
    assert parts(new)[0]["kid"] == in_use
    for token in (old, new):
        assert not refuses(room.tokens, token)
    listed = (await room.anonymous().get("/.well-known/jwks.json")).json()["keys"]
    assert {parts(old)[0]["kid"], published, in_use} == {key["kid"] for key in listed}
    assert all(key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in listed)


async def test_a_retired_key_verifies_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    old = parts(await room.token("platform-a"))[0]["kid"]
    await keys.rotate(room.db, room.settings, lead=0)
    await room.tokens.refresh()
    ring = room.tokens.current.ring
    assert ring.verifier(old)
    later = times.now() + (keys.TOKEN_LIFE + 61) * times.SECOND
    monkeypatch.setattr(times, "now", lambda: later)
    assert ring.verifier(old) is None
    await keys.rotate(room.db, room.settings)
    async with room.db.snapshot(0) as session:
        assert old not in {key.kid for key in (await keys.load(session, room.settings)).keys}
        (private,) = await session.scalars(select(SigningKey.private).where(SigningKey.kid == old))
        assert private == b""
    kept = (await room.anonymous().get("/.well-known/document-keys.json")).json()["keys"]
    assert kept[0].keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert kept[0]["kid"] == old, "what it signed is verified by it"


async def test_keys_of_older_hubs_become_known_at_the_next_start(room: Room) -> None:
    old = parts(await room.token("platform-a"))[0]["kid"]
    async with room.db.writer() as session:
        await session.execute(update(SigningKey).values(public=None))
    async with room.db.snapshot(0) as session:
        assert (await keys.documents(session)).keys == ()
    await Tokens(room.db, room.settings).refresh()
    async with room.db.snapshot(0) as session:
        assert [key.kid for key in (await keys.documents(session)).keys] == [old]


async def test_processes_that_start_together_make_one_key(new_database: Callable[[], str]) -> None:
    async with AsyncExitStack() as stack:
        room = Room(new_database(), stack)
        databases = [Database(room.settings.database_url) for _ in range(3)]
        processes = [Tokens(db, room.settings) for db in databases]
        await asyncio.gather(*(process.refresh() for process in processes))
        assert len({process.current.ring.signer().kid for process in processes}) == 1
        for db in (*databases, room.db):
            await db.close()


async def test_private_keys_are_encrypted_and_the_wrong_secret_says_so(room: Room) -> None:
    async with room.db.snapshot(0) as session:
        stored = (await session.scalars(select(SigningKey.private))).one()
        assert b'"d"' not in stored
        another = msgspec.structs.replace(room.settings, secret="another secret, long enough too")
        with pytest.raises(RuntimeError, match="secret"):
            await keys.load(session, another)


async def test_a_rotation_before_the_first_start_leaves_a_key_that_signs(
    new_database: Callable[[], str], room: Room
) -> None:
    db = Database(new_database())
    kid = await keys.rotate(db, room.settings)
    known = Tokens(db, room.settings)
    await known.refresh()
    assert known.current.ring.signer().kid != kid
    assert len(known.current.ring.keys) == 2
    await db.close()
