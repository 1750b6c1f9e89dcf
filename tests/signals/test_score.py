"""The score: what may raise it, what lowers it, and that its terms add up to it."""

import tomllib
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals import score
from core.signals.kinds import BUILTIN, Kinds
from core.signals.score import Heard, Support
from core.times import DAY, SECOND
from core.wire.kinds import Canonical, SignalKind
from core.wire.opinions import Outcome, Stance
from core.wire.score import Score, TermKind

NOW = 1_800_000_000 * SECOND

ages = st.integers(0, 1_000 * DAY)
half_life = st.none() | st.floats(0.5, 400)
partners = st.integers(1, 9)
origins = st.none() | st.sampled_from(["Hotline", "hotline", "List"])
claim = st.builds(
    Support,
    partner=partners,
    strength=st.builds(score.strength, st.none() | st.integers(0, 100), st.integers(0, 100)),
    since=ages.map(lambda age: NOW - age),
    origin=origins,
    echo=st.booleans(),
)
claims = st.lists(claim, max_size=6, unique_by=lambda one: one.partner)
heard = st.builds(Heard, st.sampled_from(Stance), ages.map(lambda age: (NOW - age) // SECOND * SECOND))
opinions = st.dictionaries(partners, heard, max_size=5)


def value(said: list[Support], opined: dict[int, Heard], days: float | None, at: int = NOW) -> float:
    return full(said, opined, days, at).value


def full(said: list[Support], opined: dict[int, Heard], days: float | None, at: int = NOW) -> Score:
    return score.score(score.terms(said, opined, days), at)


def new(partner: int, strength: float = 0.3, *, origin: str | None = None, echo: bool = False) -> Support:
    return Support(partner, strength, NOW, origin, echo)


@given(claims, opinions, half_life, st.integers(0, 900 * DAY))
def test_terms_add_up_to_the_score_at_any_time(
    said: list[Support], opined: dict[int, Heard], days: float | None, later: int
) -> None:
    whole = full(said, opined, days, NOW + later)
    assert 0 <= whole.value <= 100
    thousandths = [round(term.points * 1_000) for term in whole.terms]
    assert [points / 1_000 for points in thousandths] == [term.points for term in whole.terms]
    assert sum(thousandths) == round(whole.value * 1_000)
    doubts = (TermKind.DISAGREE, TermKind.FALSE_POSITIVE)
    assert all(
        points <= 0 if term.kind in doubts else points >= 0
        for term, points in zip(whole.terms, thousandths, strict=True)
    )


@given(claims, opinions, half_life, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    said: list[Support], opined: dict[int, Heard], days: float | None, random: Random
) -> None:
    shuffled = random.sample(said, len(said))
    others = dict(random.sample(sorted(opined.items(), key=lambda one: one[0]), len(opined)))
    assert full(shuffled, others, days) == full(said, opined, days)


@given(claims, opinions, half_life, st.floats(0.01, 0.6))
def test_an_independent_partner_raises_it_and_never_lowers_it(
    said: list[Support], opined: dict[int, Heard], days: float | None, strength: float
) -> None:
    if said and all(one.echo for one in said):
        # Beside an original the echo is silent, however loud it was.
        said = [new(20), *said]
    before = value(said, opined, days)
    after = value([*said, new(21, strength)], opined, days)
    assert after >= before
    if before < 90 and not any(one.stance is not Stance.AGREE for one in opined.values()):
        assert after > before


@given(claims, opinions, half_life, claim)
def test_an_echo_adds_nothing(said: list[Support], opined: dict[int, Heard], days: float | None, loud: Support) -> None:
    said = [new(20), *said]
    echo = Support(21, loud.strength, loud.since, loud.origin, echo=True)
    assert full([*said, echo], opined, days) == full(said, opined, days)


def test_echoes_alone_are_one_voice() -> None:
    alone = full([new(1, 0.5, echo=True)], {}, None)
    assert full([new(1, 0.5, echo=True), new(2, 0.4, echo=True)], {}, None) == alone
    assert [term.kind for term in alone.terms] == [TermKind.ECHO]


@given(claims, half_life, st.floats(0, 0.6), ages)
def test_a_shared_origin_is_worth_its_strongest_claim(
    said: list[Support], days: float | None, strength: float, age: int
) -> None:
    said = [one for one in said if one.origin != "List" and not one.echo]
    one, other = new(20, 0.2, origin="List"), Support(21, strength, NOW - age, "LIST", echo=False)
    both = value([*said, one, other], {}, days)
    assert both == pytest.approx(max(value([*said, one], {}, days), value([*said, other], {}, days)), abs=0.002)


@given(claims, opinions, half_life, st.integers(0, 900 * DAY), st.integers(0, 900 * DAY))
def test_it_fades_while_the_clock_moves(
    said: list[Support], opined: dict[int, Heard], days: float | None, first: int, then: int
) -> None:
    early, late = value(said, opined, days, NOW + first), value(said, opined, days, NOW + first + then)
    assert late <= early
    if days is None:
        assert late == early


def test_after_a_half_life_a_voice_counts_half() -> None:
    assert value([new(1, 0.6)], {}, 30) == 60
    assert value([new(1, 0.6)], {}, 30, NOW + 30 * DAY) == 30
    assert value([new(1, 0.6)], {}, 30, NOW + 60 * DAY) == 15


@given(claims, opinions, half_life)
def test_agreement_raises_and_doubt_lowers(said: list[Support], opined: dict[int, Heard], days: float | None) -> None:
    said = [new(20), *said]
    before = value(said, opined, days)
    agreed, doubted, denied = (value(said, opined | {30: Heard(stance, NOW)}, days) for stance in Stance)
    assert denied < doubted < before <= agreed
    assert doubted == pytest.approx(before * 0.75, abs=0.001)
    assert denied == pytest.approx(before * 0.5, abs=0.001)


@given(claims, opinions, half_life)
def test_deeds_weigh_more_than_words(said: list[Support], opined: dict[int, Heard], days: float | None) -> None:
    said = [new(20), *said]
    before = value(said, opined, days)
    for stance, deed in ((Stance.AGREE, Outcome.REMOVED), (Stance.DISAGREE, Outcome.NO_ACTION)):
        word, done, neither = (
            value(said, opined | {30: Heard(stance, NOW, outcome)}, days) for outcome in ("", deed, Outcome.NOT_FOUND)
        )
        assert abs(done - before) >= abs(word - before)
        assert neither == word
    assert value([new(1, 0.6)], {2: Heard(Stance.AGREE, NOW, Outcome.REMOVED)}, None) == 78
    assert value([new(1, 0.6)], {2: Heard(Stance.FALSE_POSITIVE, NOW, Outcome.NO_ACTION)}, None) == 15


def test_a_partner_with_a_claim_of_its_own_has_said_what_it_thinks() -> None:
    assert full([new(1)], {1: Heard(Stance.AGREE, NOW)}, None) == full([new(1)], {}, None)


def test_confidence_and_quality_weigh() -> None:
    assert score.strength(100, 100) == 0.6
    assert score.strength(None, 100) == score.strength(50, 100) == score.strength(100, 50) == 0.3
    assert score.strength(0, 100) == score.strength(100, 0) == 0


@given(opinions)
def test_opinions_are_read_as_they_are_written(opined: dict[int, Heard]) -> None:
    assert score.read_opinions(score.write_opinions(opined)) == opined


def test_every_kind_has_a_half_life_and_only_hashes_keep_for_good() -> None:
    lives = Kinds([SignalKind("game", "Game", lambda text: Canonical(text, text), half_life_days=45)]).half_lives
    assert lives["game"] == 45
    kept = {name for name, days in lives.items() if days is None}
    assert kept == {"md5", "sha1", "sha256", "pdq"}
    assert lives["url"] < lives["phone"] < lives["bank_account"]  # type: ignore[operator]
    rows = tomllib.loads((Path(score.__file__).parent / "data" / "half_lives.toml").read_text("utf-8"))["half_life"]
    assert all(row["source"] and isinstance(row["valid_from"], date) for row in rows)
    assert {kind.name for kind in BUILTIN} <= {row["kind"] for row in rows}
