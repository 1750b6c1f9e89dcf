"""Whatever a document may hold, its files can be made: one odd value must not cost a report."""

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.wire.documents import (
    Chart,
    ChartKind,
    Dimension,
    Frozen,
    Language,
    Measure,
    Member,
    Row,
    Section,
    SectionStatus,
    Table,
    Unit,
    Words,
)
from plugins.documents import csvs, lines, parquet, report_formats, workbook
from tests.reports.samples import document, frozen

NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{1,10}\Z")
WORDS = st.builds(Words, st.text(max_size=40), st.text(max_size=40))
CODES = st.sampled_from(["2026-10-01", "2026-10", "2026-10-01/2026-10-05", "a", "01", "=1"]) | st.text(
    min_size=1, max_size=8
)
MEMBERS = st.lists(st.builds(Member, CODES, WORDS), max_size=4, unique_by=lambda one: one.code).map(tuple)
DIMENSIONS = st.lists(st.builds(Dimension, st.just("time") | NAMES, WORDS, MEMBERS), max_size=3).map(tuple)
MEASURES = st.lists(
    st.builds(Measure, NAMES, WORDS, st.sampled_from(Unit), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.name,
).map(tuple)
WHOLE = st.none() | st.integers(0, 2**53 - 1)
DECIMAL = WHOLE | st.from_regex(r"\A-?[0-9]{1,6}(\.[0-9]{1,4})?\Z")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    dimensions, measures = draw(DIMENSIONS), draw(MEASURES)
    codes = [st.sampled_from([None, *(member.code for member in one.members)]) for one in dimensions]
    keys = draw(st.lists(st.tuples(*codes), max_size=5, unique=True))
    rows = tuple(Row(key, tuple(draw(WHOLE if one.additive else DECIMAL) for one in measures)) for key in keys)
    kind = draw(st.sampled_from([None, *ChartKind] if dimensions else [None, ChartKind.FUNNEL]))
    chart = kind and Chart(kind, tuple(one.name for one in measures))
    return Table(draw(NAMES), draw(WORDS), dimensions, measures, rows, chart)


SECTIONS = st.lists(
    st.builds(
        Section,
        NAMES,
        WORDS,
        st.sampled_from(SectionStatus),
        st.none() | st.just(document().as_of),
        st.none() | WORDS,
        st.lists(tables(), max_size=2, unique_by=lambda one: one.name).map(tuple),
    ),
    max_size=3,
    unique_by=lambda one: one.name,
).map(tuple)
REPORTS = SECTIONS.map(lambda sections: frozen(msgspec.structs.replace(document(), sections=sections)))


def test_a_table_of_shares_alone_keeps_its_rows() -> None:
    """Also as one of the pieces that a table is printed in where it is too wide."""
    (table,) = [one for one in document().sections[1].tables if len(one.dimensions) == 2]
    share = msgspec.structs.replace(table.measures[0], unit=Unit.PERCENT, additive=False)
    rows = tuple(Row(row.key, ("12.5",)) for row in table.rows)
    shares = msgspec.structs.replace(table, measures=(share,), rows=rows)
    (printed,) = lines.printed(shares, Language.EN)
    assert sum(len(line.figures) for line in printed.lines) == len(rows)


@settings(max_examples=15, deadline=None)
@given(REPORTS)
def test_any_document_can_be_tabulated(report: Frozen) -> None:
    assert csvs.render(report, None)
    assert parquet.render(report, None)
    assert workbook.render(report, Language.EN)


# Pages take long, and looking for the least one that fails would take all of the suite's time.
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(REPORTS)
def test_any_document_can_be_set(report: Frozen) -> None:
    for form in report_formats():
        if form.languages:
            assert form.render(report, Language.VI), form.name
