"""Documents: every form in which people and programs read a frozen report.

2026-11-22: each form is drawn of the frozen document alone, so that what is hidden in one is hidden in all, and a total
is the same number everywhere. Nothing here computes a figure. We gave up rendering on demand: files are made once,
kept, and signed by their hash, since another version of a library draws other bytes. Held by tests/reports/documents/.
"""

import zlib
from collections.abc import Sequence
from importlib.metadata import version

from core.sdk import Language, PluginInfo, ReportFormat, hookimpl
from plugins.documents import csvs, page, parquet, typeset, workbook

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OWN = f"khongmotminh {version('khongmotminh')}"
# A workbook is deflated, and its bytes change with whoever does that.
_XLSXWRITER = f"xlsxwriter {version('xlsxwriter')}, zlib {zlib.ZLIB_RUNTIME_VERSION}"
_DUCKDB = f"duckdb {version('duckdb')}"
_TYPST = f"typst {version('typst')}"


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="documents", title="Reports as files")


@hookimpl
def report_formats() -> Sequence[ReportFormat]:
    return [
        ReportFormat("csv", "application/zip", "csv.zip", (), _OWN, csvs.render),
        ReportFormat("xlsx", _XLSX, "xlsx", tuple(Language), _XLSXWRITER, workbook.render),
        ReportFormat("parquet", "application/zip", "parquet.zip", (), _DUCKDB, parquet.render),
        ReportFormat("pdf", "application/pdf", "pdf", tuple(Language), _TYPST, typeset.render_pdf),
        ReportFormat("html", "text/html", "html", tuple(Language), _TYPST, page.render),
        ReportFormat("png", "application/zip", "png.zip", tuple(Language), _TYPST, typeset.render_pictures),
    ]
