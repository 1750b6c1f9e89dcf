"""Kinds of signals and their normalisers: what makes two spellings the same observable.

One module a family: web (url, domain, ip, email), phone, bank, wallets, crypto, social, meetings, apps, scripts,
hashes. Facts that go stale (bank codes, moved prefixes) are in data/, with source and dates.
"""

from collections.abc import Iterable

from core.errors import InvalidQuery
from core.signals.kinds.apps import parse_app
from core.signals.kinds.bank import facts_of_bank_account, parse_bank_account
from core.signals.kinds.crypto import parse_crypto_address
from core.signals.kinds.hashes import parse_md5, parse_pdq, parse_sha1, parse_sha256
from core.signals.kinds.hosts import facts_of_host
from core.signals.kinds.meetings import parse_meeting
from core.signals.kinds.phone import facts_of_phone, parse_phone
from core.signals.kinds.scripts import facts_of_text, parse_text
from core.signals.kinds.social import parse_social_account
from core.signals.kinds.wallets import parse_e_wallet
from core.signals.kinds.web import facts_of_email, facts_of_url, guess, parse_domain, parse_email, parse_ip, parse_url
from core.signals.score import half_lives
from core.vocabulary import expected
from core.wire.common import FieldError
from core.wire.kinds import Canonical, Fact, SignalKind

__all__ = ["BUILTIN", "Kinds", "UnknownKind", "guess"]

BUILTIN: tuple[SignalKind, ...] = (
    SignalKind("url", "Web address", parse_url, facts=facts_of_url),
    SignalKind("domain", "Host name", parse_domain, facts=facts_of_host),
    SignalKind("ip", "IP address", parse_ip),
    SignalKind("email", "Email address", parse_email, facts=facts_of_email),
    SignalKind("phone", "Phone number or short code", parse_phone, facts=facts_of_phone),
    SignalKind("bank_account", "Bank account", parse_bank_account, facts=facts_of_bank_account),
    SignalKind("e_wallet", "Account of an e-wallet", parse_e_wallet),
    SignalKind("crypto_address", "Address of a cryptocurrency", parse_crypto_address),
    SignalKind("social_account", "Account on a social platform or in a game", parse_social_account),
    SignalKind("meeting", "Meeting or group call", parse_meeting),
    SignalKind("app", "App", parse_app),
    SignalKind("text", "Words of a scam", parse_text, facts=facts_of_text),
    SignalKind("md5", "MD5 digest of a file", parse_md5, is_hash=True),
    SignalKind("sha1", "SHA-1 digest of a file", parse_sha1, is_hash=True),
    SignalKind("sha256", "SHA-256 digest of a file", parse_sha256, is_hash=True),
    SignalKind("pdq", "PDQ hash of an image", parse_pdq, is_hash=True),
)


class UnknownKind(ValueError):
    """No kind has this name: the fault is in `kind`, not in `value`."""


class Kinds:
    """The kinds this hub knows: the built-in ones and those of its plugins."""

    def __init__(self, added: Iterable[SignalKind] = ()) -> None:
        self._by_name: dict[str, SignalKind] = {}
        for kind in (*BUILTIN, *added):
            if kind.name in self._by_name:
                raise ValueError(f"Two signal kinds are named {kind.name}.")
            self._by_name[kind.name] = kind
        self.half_lives = half_lives(self._by_name.values())
        """By name, the days after which a voice on a signal of the kind counts half; None: it does not decay."""

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, built-in kinds first."""
        return tuple(self._by_name)

    @property
    def versions(self) -> dict[str, int]:
        """The version of each kind's normaliser."""
        return {name: kind.version for name, kind in self._by_name.items()}

    @property
    def hashes(self) -> frozenset[str]:
        """The kinds that are hashes of files."""
        return frozenset(name for name, kind in self._by_name.items() if kind.is_hash)

    def parse(self, kind: str, value: str) -> Canonical:
        """What `kind` makes of `value`. UnknownKind for the name, any other ValueError for the value."""
        try:
            known = self._by_name[kind]
        except KeyError:
            raise UnknownKind(expected(kind, self.names)) from None
        return known.parse(value)

    def require(self, names: Iterable[str]) -> None:
        """Raises `InvalidQuery` for a filter by kinds of which one is none: it would find nothing, for ever."""
        faults = [FieldError("/kind", "unknown_kind", expected(one, self.names)) for one in names if one not in self]
        if faults:
            raise InvalidQuery(faults)

    def facts(self, kind: str, display: str) -> dict[str, Fact]:
        """What follows from a canonical form; nothing for a kind that left with its plugin."""
        known = self._by_name.get(kind)
        return dict(known.facts(display)) if known else {}
