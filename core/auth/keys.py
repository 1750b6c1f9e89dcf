"""The ring of keys that sign access tokens and documents: made at the first start, rotated by command, encrypted at
rest. What is left of a key that has retired is its public half, for documents outlive tokens.
"""

import secrets

import msgspec
from joserfc.jwk import ECKey
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import AccessVersion, SigningKey
from core.db import Database
from core.log.head import writing
from core.sealing import Sealer
from core.settings import Settings
from core.wire.oauth import KeySet, PublicKey

TOKEN_LIFE = 600
"""Seconds that an access token lives: as long as a stolen one could be used, were it not revoked."""
LEAD = 3_600
"""Seconds that a new key is published before it signs: verifiers cache the key set."""


class RingKey(msgspec.Struct, frozen=True):
    """A signing key, decrypted."""

    kid: str
    key: ECKey
    signs_from: int
    retires: int | None


class Ring(msgspec.Struct, frozen=True):
    """The keys that are published, oldest first."""

    keys: tuple[RingKey, ...]

    def signer(self) -> RingKey:
        """The newest key whose time has come."""
        now = times.now()
        return next(key for key in reversed(self.keys) if key.signs_from <= now)

    def verifier(self, kid: object) -> ECKey | None:
        """The key of this name, unless it is unknown or retired."""
        now = times.now()
        live = (one for one in self.keys if one.retires is None or one.retires > now)
        return next((one.key for one in live if one.kid == kid), None)

    def public(self) -> KeySet:
        return KeySet(keys=tuple(_public(one.kid, one.key) for one in self.keys))


def _public(kid: str, key: ECKey) -> PublicKey:
    public = key.as_dict(private=False)
    x, y = str(public["x"]), str(public["y"])
    return PublicKey(kty="EC", crv="P-256", x=x, y=y, kid=kid, use="sig", alg="ES256")


async def load(session: AsyncSession, settings: Settings) -> Ring:
    """The ring as it is stored. Raises `RuntimeError` when the secret is not the one that encrypted it."""
    rows = await session.scalars(select(SigningKey).where(_WHOLE).order_by(SigningKey.signs_from))
    return Ring(
        keys=tuple(
            RingKey(kid=row.kid, key=_open(row, settings.secret), signs_from=row.signs_from, retires=row.retires)
            for row in rows
        )
    )


_WHOLE = func.length(SigningKey.private) > 0


async def documents(session: AsyncSession) -> KeySet:
    """Every key that ever signed, the oldest first: those that verify documents, however old."""
    rows = await session.scalars(select(SigningKey.public).order_by(SigningKey.signs_from, SigningKey.kid))
    return KeySet(keys=tuple(msgspec.json.decode(row, type=PublicKey) for row in rows if row))


def _open(row: SigningKey, secret: str) -> ECKey:
    return ECKey.import_key(msgspec.json.decode(_sealer(secret).open(row.private, row.kid)))


async def ensure(db: Database, settings: Settings) -> None:
    """Make the first key, if there is none. Two processes that start together make one: the head's lock is held."""
    async with writing(db, "hub", "EnsureSigningKey") as session:
        if (await session.execute(select(SigningKey.kid).limit(1))).first() is None:
            await _add(session, settings, times.now())
        # Keys of before 2026-11-22 have their public half in the private one alone.
        for row in await session.scalars(select(SigningKey).where(SigningKey.public.is_(None))):
            row.public = _published(row.kid, _open(row, settings.secret))


async def rotate(db: Database, settings: Settings, lead: int = LEAD) -> str:
    """Publish a new key that signs after `lead` seconds; returns its `kid`.

    Older keys stay published until the last token that they sign has expired; of those beyond that the private half is
    deleted.
    """
    await ensure(db, settings)
    async with writing(db, "hub", "RotateSigningKey") as session:
        starts = times.now() + lead * times.SECOND
        # A minute for processes whose clock or snapshot is late to change over.
        retires = starts + (TOKEN_LIFE + 60) * times.SECOND
        await session.execute(update(SigningKey).where(SigningKey.retires.is_(None)).values(retires=retires))
        await session.execute(update(SigningKey).where(SigningKey.retires <= times.now()).values(private=b""))
        return await _add(session, settings, starts)


async def _add(session: AsyncSession, settings: Settings, signs_from: int) -> str:
    kid = secrets.token_hex(8)
    key = ECKey.generate_key("P-256")
    sealed = _sealer(settings.secret).seal(msgspec.json.encode(key.as_dict(private=True)), kid)
    row = {"kid": kid, "private": sealed, "public": _published(kid, key), "signs_from": signs_from, "retires": None}
    await session.execute(insert(SigningKey).values(row))
    await touch(session)
    return kid


def _published(kid: str, key: ECKey) -> str:
    return msgspec.json.encode(_public(kid, key)).decode()


async def touch(session: AsyncSession) -> None:
    """Say that who may call has changed; every process reads it within a second. Beside each such change."""
    await session.execute(update(AccessVersion).values(version=AccessVersion.version + 1))


def _sealer(secret: str) -> Sealer:
    return Sealer(secret, b"signing keys")
