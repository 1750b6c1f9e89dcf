"""The files of a report: what they are called, and where their bytes lie."""

from collections.abc import Sequence
from typing import NamedTuple

from core.blobs import Blobs
from core.plugin.hooks import ReportFormat
from core.plugin.host import PluginHost
from core.reports.models import Report
from core.wire.documents import Language

JSON_FILE = "report.json"
_CANONICAL = "khongmotminh canonical JSON 1"


class Wanted(NamedTuple):
    """A file that is made of every report."""

    name: str
    media_type: str
    language: Language | None
    renderer: str
    form: ReportFormat | None
    """None: the document itself."""


def wanted_files(plugins: PluginHost) -> list[Wanted]:
    """The document first, which no plugin can keep from being there."""
    document = Wanted(JSON_FILE, "application/json", None, _CANONICAL, None)
    return [document, *(one for form in plugins.report_formats() for one in _of(form))]


def _of(form: ReportFormat) -> Sequence[Wanted]:
    if not form.languages:
        return [Wanted(f"report.{form.extension}", form.media_type, None, form.renderer, form)]
    return [
        Wanted(f"report.{language}.{form.extension}", form.media_type, language, form.renderer, form)
        for language in form.languages
    ]


async def read_document(blobs: Blobs, report: Report) -> bytes:
    """Raises `FileNotFoundError`."""
    assert report.sha256 is not None
    return await blobs.read(report.sha256)
