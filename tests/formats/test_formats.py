"""Any format in, any format out: what one partner says in its own, every other pulls in its own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sdk import Format
from core.testing import TestedHub
from core.times import DAY
from core.wire.signals import Category, Severity, SignalIn, Tlp
from plugins.compat import gse_reports, ncmec_entries, stopncii_records
from plugins.exports import tables
from plugins.taxii.stix import indicators
from tests.formats import samples, table
from tests.formats.doors import DOORS, PULLS, SAYS, open_post, submitted
from tests.formats.samples import FIELDS
from tests.signals.kinds.canonical_forms import FORMS

FORMATS = (tables.FORMAT, indicators.FORMAT, stopncii_records.FORMAT, ncmec_entries.FORMAT, gse_reports.FORMAT)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_whatever_goes_in_comes_out_but_for_what_is_declared(hub: TestedHub) -> None:
    found = await table.measure(hub)
    for number, into in enumerate(DOORS, 1):
        for out in DOORS:
            cell = found[into.name, out.name]
            assert cell.arrived == table.expected(into, out, number), (into.name, out.name)
            assert cell.lost <= into.loses | out.loses, (into.name, out.name)
    for out in DOORS:
        # Native loses nothing on its way in: what is missing then is what the other could not carry, all of it.
        assert found["native", out.name].lost == out.loses & set(FIELDS), out.name
    assert _page() == table.written(found), "Write it anew: python -m tests.formats"


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_may_not_leave_is_in_no_format_but_our_own(hub: TestedHub) -> None:
    says, pulls = hub.client_as(SAYS), hub.client_as(PULLS)
    await says.post("/v1/groups", json={"slug": "ring", "name": "Ring"})
    await says.post("/v1/groups/ring/invitations", json={"partner": PULLS})
    await pulls.put("/v1/groups/ring/membership")
    marks = (None, Tlp.AMBER_STRICT, Tlp.RED)
    kept = [
        {"kind": kind, "value": samples.VALUES[kind](number), "tlp": mark, "groups": ["ring"]}
        for number, mark in enumerate(marks, 1)
        for kind in ("url", "pdq", "domain")
    ]
    assert (await says.post("/v1/signals", json={"signals": kept})).json()["created"] == len(kept)
    post = await open_post(hub)
    came = {door.name: len(await door.pull(post)) for door in DOORS}
    assert came == {door.name: len(kept) if door.name == "native" else 0 for door in DOORS}


def _page() -> str:
    return table.PAGE.read_text("utf-8") if table.PAGE.exists() else ""


_START = datetime(2025, 1, 1, tzinfo=UTC)
_moments = st.integers(0, 600 * DAY).map(lambda micros: _START + timedelta(microseconds=micros))


@st.composite
def _signals(draw: st.DrawFn, kinds: Sequence[str]) -> SignalIn:
    kind = draw(st.sampled_from(kinds))
    first = draw(st.none() | _moments)
    last = draw(st.none() | _moments.filter(lambda at: first is None or at >= first))
    return SignalIn(
        kind=kind,
        value=draw(FORMS[kind]),
        category=draw(st.sampled_from(Category)),
        confidence=draw(st.none() | st.integers(0, 100)),
        severity=draw(st.none() | st.sampled_from(Severity)),
        tlp=draw(st.sampled_from([Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER])),
        campaign=draw(st.none() | st.sampled_from(["not-alone", "an-other"])),
        first_seen=first,
        last_seen=last,
        valid_until=draw(st.none() | st.just(datetime(2036, 1, 1, tzinfo=UTC) + timedelta(microseconds=7))),
    )


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_what_a_format_writes_it_reads_again(form: Format) -> None:
    """Values as odd as each kind has them, several on a page."""
    kinds = sorted(set(samples.VALUES) & set(form.kinds or samples.VALUES))

    @settings(max_examples=20)
    @given(st.lists(_signals(kinds), min_size=1, max_size=3, unique_by=lambda one: one.value))
    def holds(said: list[SignalIn]) -> None:
        assert form.read
        read = form.read(submitted(form, said))
        heard = {(one.kind, one.value): one for one in read if isinstance(one, SignalIn)}
        assert heard.keys() == {(one.kind, one.value) for one in said}
        for one in said:
            assert samples.differing(one, heard[one.kind, one.value]) <= form.loses

    holds()
