"""Every printed total is what its parts come to, told by a script that knows nothing of what made the file."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from core.wire.documents import Document, Language, Row
from plugins.documents import csvs, page
from tests.reports.documents import adding
from tests.reports.samples import document, frozen


def test_totals_of_json_and_csv_add_up_and_are_the_same() -> None:
    made = frozen()
    by_json = list(adding.of_json(msgspec.json.encode(made.document)))
    assert list(adding.of_csv(csvs.render(made, None))) == by_json
    assert [one for table in by_json for one in adding.contradictions(table)] == []
    assert sum(len(table.rows) for table in by_json) > 300


@pytest.mark.parametrize("language", Language)
def test_totals_of_the_page_add_up(language: Language) -> None:
    printed = list(adding.of_html(page.render(frozen(), language)))
    assert [one for table in printed for one in adding.contradictions(table)] == []
    figures = [len(cells) for table in printed for cells in table.rows.values()]
    assert (len(printed), sum(figures) > 400) == (13, True)


def test_a_total_that_is_wrong_is_found(tmp_path: Path) -> None:
    """In a row of totals, and in one that is a total over one dimension alone."""
    for place, key in (("signals_by_category", (None,)), ("signals_by_day_and_partner", ("2026-10-05", None))):
        wrong = with_one_more(document(), place, key)
        (tmp_path / "report.json").write_bytes(msgspec.json.encode(wrong))
        (tmp_path / "report.csv.zip").write_bytes(csvs.render(frozen(wrong), None))
        for name in ("report.json", "report.csv.zip"):
            told = run(tmp_path / name)
            assert (told.returncode, place in told.stderr) == (1, True), name
        (tmp_path / "report.html").write_bytes(page.render(frozen(wrong), Language.VI))
        assert run(tmp_path / "report.html").returncode == 1


def test_the_script_is_content_with_a_report_that_adds_up(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(msgspec.json.encode(document()))
    assert run(tmp_path / "report.json").returncode == 0


def run(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", adding.__file__, str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def with_one_more(whole: Document, name: str, key: tuple[str | None, ...]) -> Document:
    """A total that is one too high."""

    def mended(row: Row) -> Row:
        first = row.cells[0]
        assert isinstance(first, int)
        return msgspec.structs.replace(row, cells=(first + 1, *row.cells[1:]))

    sections = []
    for section in whole.sections:
        tables = tuple(
            msgspec.structs.replace(
                table, rows=tuple(mended(row) if (table.name, row.key) == (name, key) else row for row in table.rows)
            )
            for table in section.tables
        )
        sections.append(msgspec.structs.replace(section, tables=tables))
    return msgspec.structs.replace(whole, sections=tuple(sections))
