"""The ring of keys that sign access tokens: made at the first start, rotated by command, encrypted at rest."""

import secrets

import msgspec
from joserfc.jwk import ECKey
from sqlalchemy import delete, insert, select, update
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
        return KeySet(keys=tuple(_public(one) for one in self.keys))


def _public(one: RingKey) -> PublicKey:
    public = one.key.as_dict(private=False)
    x, y = str(public["x"]), str(public["y"])
    return PublicKey(kty="EC", crv="P-256", x=x, y=y, kid=one.kid, use="sig", alg="ES256")


async def load(session: AsyncSession, settings: Settings) -> Ring:
    """The ring as it is stored. Raises `RuntimeError` when the secret is not the one that encrypted it."""
    rows = await session.scalars(select(SigningKey).order_by(SigningKey.signs_from))
    return Ring(
        keys=tuple(
            RingKey(kid=row.kid, key=_open(row, settings.secret), signs_from=row.signs_from, retires=row.retires)
            for row in rows
        )
    )


def _open(row: SigningKey, secret: str) -> ECKey:
    return ECKey.import_key(msgspec.json.decode(_sealer(secret).open(row.private, row.kid)))


async def ensure(db: Database, settings: Settings) -> None:
    """Make the first key, if there is none. Two processes that start together make one: the head's lock is held."""
    async with writing(db, "hub", "EnsureSigningKey") as session:
        if (await session.execute(select(SigningKey.kid).limit(1))).first() is None:
            await _add(session, settings, times.now())


async def rotate(db: Database, settings: Settings, lead: int = LEAD) -> str:
    """Publish a new key that signs after `lead` seconds; returns its `kid`.

    Older keys stay published until the last token that they sign has expired; those beyond that are deleted.
    """
    await ensure(db, settings)
    async with writing(db, "hub", "RotateSigningKey") as session:
        starts = times.now() + lead * times.SECOND
        # A minute for processes whose clock or snapshot is late to change over.
        retires = starts + (TOKEN_LIFE + 60) * times.SECOND
        await session.execute(update(SigningKey).where(SigningKey.retires.is_(None)).values(retires=retires))
        await session.execute(delete(SigningKey).where(SigningKey.retires <= times.now()))
        return await _add(session, settings, starts)


async def _add(session: AsyncSession, settings: Settings, signs_from: int) -> str:
    kid = secrets.token_hex(8)
    plain = msgspec.json.encode(ECKey.generate_key("P-256").as_dict(private=True))
    sealed = _sealer(settings.secret).seal(plain, kid)
    await session.execute(insert(SigningKey).values(kid=kid, private=sealed, signs_from=signs_from, retires=None))
    await touch(session)
    return kid


async def touch(session: AsyncSession) -> None:
    """Say that who may call has changed; every process reads it within a second. Beside each such change."""
    await session.execute(update(AccessVersion).values(version=AccessVersion.version + 1))


def _sealer(secret: str) -> Sealer:
    return Sealer(secret, b"signing keys")
