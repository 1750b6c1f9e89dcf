"""What a partner stands by at the moment, for jobs that write beside the claim log."""

from collections.abc import Iterable

import msgspec

from core.signals.plan import Picture


class Stood(msgspec.Struct, frozen=True, gc=False):
    """A partner's standing claim on a signal."""

    signal: int
    """Row of the signal; 0 until the claim is written."""
    position: int
    """0 until the claim is written."""
    held: str
    """Why it is quarantined, or empty."""
    audience: int
    """That the partner asked for, also while the claim is held."""


def standing(picture: Picture, partner: int, keys: Iterable[bytes]) -> dict[bytes, Stood]:
    """The partner's standing claims on signals of the picture, by key: as it was loaded, folded or settled."""
    found = {}
    for key in keys:
        claim = picture.standing.get((partner, key))
        if claim and claim.now:
            found[key] = Stood(claim.signal.id, claim.position, claim.held, claim.now.audience)
    return found
