"""The manifest: what the hub signs of a report, once all its files are made."""

import msgspec

from core import times
from core.auth.tokens import Tokens
from core.reports.making import definition_sha256, period_of
from core.reports.models import Report, ReportFile
from core.reports.verify import TYP
from core.wire.documents import Language, Manifest, ManifestFile, Positions, ReaderClass
from core.wire.templates import Definition


def sign(tokens: Tokens, report: Report, slug: str, files: list[ReportFile]) -> str:
    """Compact JWS (RFC 7515) over the canonical JSON of the manifest. `slug`: who ordered it."""
    return tokens.sign(msgspec.json.encode(_manifest(report, slug, files), order="sorted"), TYP)


def _manifest(report: Report, slug: str, files: list[ReportFile]) -> Manifest:
    assert report.after is not None
    assert report.up_to is not None
    assert report.position is not None
    assert report.frozen is not None
    assert report.sha256 is not None
    assert report.pattern_sha256 is not None
    readers = ReaderClass(report.readers)
    return Manifest(
        report=report.id,
        document_sha256=report.sha256,
        definition_sha256=definition_sha256(msgspec.json.decode(report.definition, type=Definition)),
        pattern_sha256=report.pattern_sha256,
        readers=readers,
        partner=slug if readers is ReaderClass.PARTNER else None,
        period=period_of(report.since, report.until),
        positions=Positions(report.after, report.up_to),
        position=report.position,
        frozen=times.from_micros(report.frozen),
        files=tuple(_file(one) for one in sorted(files, key=lambda one: one.name)),
    )


def _file(row: ReportFile) -> ManifestFile:
    language = None if row.language is None else Language(row.language)
    return ManifestFile(row.name, row.media_type, language, row.size, row.sha256, row.renderer)
