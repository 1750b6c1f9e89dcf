"""The first sheet: of what the figures are, how to verify them, and the state of each section."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from xlsxwriter.worksheet import Worksheet

from core.sdk import ReaderClass, Section, SectionStatus
from plugins.documents.figures import day, moment, word
from plugins.documents.workbook.paper import Paper, written

_LABELS, _TEXTS, _LETTERS = 34, 110, 130
_HIGH = 15


def write_cover(paper: Paper, sheets: Sequence[tuple[Section, str]]) -> None:
    """`sheets`: names of the sheets that follow, with the section that each is of."""
    sheet = paper.sheet(paper.said["cover"])
    sheet.set_column(0, 0, _LABELS)
    sheet.set_column(1, 1, _TEXTS)
    paper.write_title(sheet, 0, word(paper.frozen.document.title, paper.language))
    line = _write_pairs(paper, sheet, 2, _facts(paper))
    paper.write_title(sheet, line + 1, paper.said["contents"])
    line = _write_pairs(paper, sheet, line + 2, _contents(paper, sheets))
    paper.write_title(sheet, line + 1, paper.said["reading"])
    _write_pairs(paper, sheet, line + 2, (("", note) for note in paper.said["notes"]))


def _write_pairs(paper: Paper, sheet: Worksheet, line: int, pairs: Iterable[tuple[str, str]]) -> int:
    """The row behind the last."""
    for label, text in pairs:
        sheet.write_string(line, 0, written(label), paper.style("label", "wrapped"))
        sheet.write_string(line, 1, written(text), paper.style("label", "wrapped"))
        # Not every program makes a row as high as its text.
        folded = sum(1 + len(one) // _LETTERS for one in text.split("\n"))
        sheet.set_row(line, _HIGH * max(folded, 1 + len(label) // _LABELS))
        line += 1
    return line


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    said, frozen, document = paper.said, paper.frozen, paper.frozen.document
    if document.provisional:
        yield said["provisional"], said["provisional_note"]
    yield said["readers"], _readers(paper)
    yield said["period"], f"{_days(paper)} ({document.zone})"
    yield said["as_of"], moment(document.as_of, document.zone, paper.language)
    yield said["positions"], said["range"].format(after=document.positions.after, to=document.positions.to)
    yield said["report"], frozen.report
    yield said["template"], document.template
    yield said["sha256"], frozen.sha256
    yield said["position"], str(frozen.position)
    yield said["definition"], document.definition_sha256
    yield said["pattern"], document.pattern_sha256
    yield said["verify"], f"{frozen.issuer}/v1/reports/{frozen.report}/manifest"


def _readers(paper: Paper) -> str:
    document = paper.frozen.document
    said = str(paper.said[document.readers.value])
    return said.format(partner=document.partner) if document.readers is ReaderClass.PARTNER else said


def _days(paper: Paper) -> str:
    """From the first to the last day that counts."""
    period = paper.frozen.document.period
    first, last = (day(one, paper.language) for one in (period.since, period.until - timedelta(1)))
    return str(paper.said["days"].format(first=first, last=last))


def _contents(paper: Paper, sheets: Sequence[tuple[Section, str]]) -> Iterator[tuple[str, str]]:
    """Each section with its sheets, or with why it has none."""
    for section in paper.frozen.document.sections:
        label = word(section.title, paper.language)
        for text in [*_state(paper, section), *(name for one, name in sheets if one is section)]:
            yield label, text
            label = ""


def _state(paper: Paper, section: Section) -> Iterator[str]:
    if section.status is not SectionStatus.MADE:
        said = str(paper.said[section.status.value])
        since = section.since and moment(section.since, paper.frozen.document.zone, paper.language)
        yield f"{said}, {paper.said['since'].format(time=since)}" if since else said
    if section.note:
        yield word(section.note, paper.language)
