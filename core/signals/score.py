"""How far a signal may be believed: independent voices add up, age and doubt take away. Pure."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import inf, log2
from pathlib import Path
from typing import Any

import msgspec

from core.times import DAY, SECOND, from_micros, to_micros
from core.wire.kinds import SignalKind
from core.wire.opinions import Outcome, Stance
from core.wire.score import Score, ScoreTerm, Term, TermKind

_CLAIM = 0.6
"""Strength of a claim of full confidence by a partner of full or unknown quality."""
_UNSAID = 50
"""Confidence of a claim that states none."""
_AGREE = 0.3
_AGAINST = {Stance.DISAGREE: 0.25, Stance.FALSE_POSITIVE: 0.5}
"""Share of what is left that each takes."""
_DEED = 1.5
"""How much more an opinion weighs when its author acted on it."""
_BORNE_OUT = {
    Stance.AGREE: (Outcome.REMOVED, Outcome.RESTRICTED),
    Stance.DISAGREE: (Outcome.NO_ACTION,),
    Stance.FALSE_POSITIVE: (Outcome.NO_ACTION,),
}
_UNIT = 1_000
"""Points are counted in thousandths, so that terms add up to the score exactly."""
_STANCES = {stance[0]: stance for stance in Stance}
_DATA = Path(__file__).parent / "data" / "half_lives.toml"


class Support(msgspec.Struct, frozen=True):
    """A claim as the score weighs it."""

    partner: int
    strength: float
    since: int
    origin: str | None
    echo: bool


class Heard(msgspec.Struct, frozen=True):
    """An opinion as the score weighs it."""

    stance: Stance
    at: int
    """µs, in whole seconds."""
    outcome: str = ""

    @property
    def weight(self) -> float:
        """A word counts once, a deed half as much again."""
        return _DEED if self.outcome in _BORNE_OUT[self.stance] else 1.0


def support(claim: Any, partner: int, opened_at: int, quality: Mapping[int, int]) -> Support:
    """Weigh anything that has the content of a claim. `quality`: 0 to 100 of the partners that have one stated."""
    return Support(
        partner,
        strength(claim.confidence, quality.get(partner, 100)),
        since(claim, opened_at),
        claim.origin,
        bool(claim.derived_from),
    )


def since(claim: Any, opened_at: int) -> int:
    """From when a claim fades."""
    if claim.last_seen is not None:
        return int(claim.last_seen)
    return opened_at if claim.first_seen is None else int(claim.first_seen)


@cache
def strength(confidence: int | None, quality: int) -> float:
    return round(_CLAIM * (_UNSAID if confidence is None else confidence) * quality / 10_000, 5)


def terms(claims: Sequence[Support], opinions: Mapping[int, Heard], half_life_days: float | None) -> tuple[Term, ...]:
    """The independent voices among claims, and opinions by partner. A partner's own claim is its opinion.

    An echo counts only where nothing but echoes is to be seen; all of them are one voice then.
    """
    voices = _independent(claims, half_life_days)
    made = [Term(kind, one.strength, from_micros(one.since), half_life_days) for kind, one in voices]
    claimants = {one.partner for one in claims}
    made += [_heard(one, half_life_days) for partner, one in opinions.items() if partner not in claimants]
    return tuple(sorted(made, key=_order))


def _independent(claims: Sequence[Support], half_life_days: float | None) -> list[tuple[TermKind, Support]]:
    def reach(one: Support) -> tuple[float, int]:
        """Which claim of a voice is the strongest does not depend on the time: all fade alike."""
        faded = 0.0 if half_life_days is None else one.since / (half_life_days * DAY)
        return (log2(one.strength) + faded if one.strength else -inf), one.since

    originals = [one for one in claims if not one.echo]
    if not originals:
        return [(TermKind.ECHO, max(claims, key=reach))] if claims else []
    voices: dict[str | int, list[Support]] = defaultdict(list)
    for one in originals:
        voices[one.partner if one.origin is None else one.origin.casefold()].append(one)
    return [(TermKind.CLAIM, max(voice, key=reach)) for voice in voices.values()]


def _heard(one: Heard, half_life_days: float | None) -> Term:
    if one.stance is Stance.AGREE:
        return Term(TermKind.AGREE, _AGREE * one.weight, from_micros(one.at), half_life_days)
    return Term(TermKind(one.stance.value), _AGAINST[one.stance] * one.weight, None, None)


def _order(term: Term) -> tuple[bool, float, str, float]:
    """Voices before those against, the stronger first; the rest only makes it one order."""
    return term.since is None, -term.strength, term.kind, term.since.timestamp() if term.since else 0.0


def score(terms: Iterable[Term], at: int) -> Score:
    """The score at `at` (µs): each term with what it adds in the order of strength, or takes."""
    now = [(_share(term, at), term) for term in terms]
    if len(now) > 1:
        # In one order, whatever order they came in: a product of floats depends on it.
        now.sort(key=lambda one: (one[1].since is None, -one[0], _order(one[1])))
    value, shown = 0, []
    unbelieved, left = 1.0, 1.0
    for share, term in now:
        if term.since is None:
            left *= 1 - share
        else:
            unbelieved *= 1 - share
        reached = round(100 * _UNIT * (1 - unbelieved) * left)
        points = (reached - value) / _UNIT
        shown.append(ScoreTerm(term.kind, term.strength, term.since, term.half_life_days, points))
        value = reached
    return Score(value / _UNIT, from_micros(at), tuple(shown))


def _share(term: Term, at: int) -> float:
    """What the term takes of what others leave, at `at`. A time that has not come yet reads as now."""
    if term.since is None or term.half_life_days is None:
        return term.strength
    age = max(0, at - to_micros(term.since)) / DAY
    return float(term.strength * 2 ** (-age / term.half_life_days))


def guard_score(
    claims: Sequence[Support], opinions: Mapping[int, Heard], half_life_days: float | None, at: int
) -> float:
    """0 to 100 over every standing claim and every opinion, whoever may see them. Never leaves the hub."""
    return score(terms(claims, opinions, half_life_days), at).value


def write_opinions(opinions: Mapping[int, Heard]) -> str:
    """The form of `claim.opinions`: `partner:stance:at:outcome`, by partner; stance by its letter, at in seconds."""
    return " ".join(
        f"{partner}:{one.stance[0]}:{one.at // SECOND}:{one.outcome}" for partner, one in sorted(opinions.items())
    )


def read_opinions(text: str) -> dict[int, Heard]:
    heard = {}
    for one in text.split():
        partner, stance, at, outcome = one.split(":")
        heard[int(partner)] = Heard(_STANCES[stance], int(at) * SECOND, outcome)
    return heard


def half_lives(kinds: Iterable[SignalKind]) -> dict[str, float | None]:
    """Days after which a voice on a signal of each kind counts half; None: it does not decay.

    A plugin says it of its own kinds; of the hub's it is data that goes stale, with source and dates.
    """
    return {kind.name: _HALF_LIVES.get(kind.name, kind.half_life_days) for kind in kinds}


def _read() -> dict[str, float | None]:
    rows = tomllib.loads(_DATA.read_text("utf-8"))["half_life"]
    return {row["kind"]: row.get("days") for row in rows}


_HALF_LIVES = _read()
