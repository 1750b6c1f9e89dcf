"""How each read route of what stands beside signals is read, and held to `World.cases`."""

from tests.isolation import compat_reads, exchange_reads, taxii_reads
from tests.isolation.reader import Read, Reader, simple
from tests.isolation.reads import SHARED
from tests.isolation.report_reads import read_files


def listed(path: str, noun: str) -> Read:
    """Of the cases below `path`, exactly those that it may read."""

    async def read(reader: Reader) -> None:
        found = await reader.pages(path, noun, limit=1)
        expected = {one for one in reader.world.cases if one.startswith(path) and _may_read(reader, one)}
        assert {f"{path}/{one['id']}" for one in found} == expected, (reader.slug, path)

    return read


def each(path: str, below: str = "") -> Read:
    """Each case below `path`: whole for those who may read it, 404 for the others."""

    async def read(reader: Reader) -> None:
        for one in (one for one in reader.world.cases if one.startswith(path)):
            answer = await reader.get(one + below, 404)
            assert answer.is_success == _may_read(reader, one), (reader.slug, one)

    return read


def _may_read(reader: Reader, case: str) -> bool:
    return reader.world.cases[case](reader.slug, reader.world.reading(reader.slug))


async def read_quality(reader: Reader) -> None:
    oracle = reader.world.oracle
    for slug in reader.world.partners:
        answer = await reader.get(f"/v1/partners/{slug}/quality", 403, 404)
        is_theirs = oracle.kinds[reader.slug] == "operator" or slug == reader.slug
        assert answer.is_success == (is_theirs and slug not in oracle.suspended), (reader.slug, slug)


async def read_contacts(reader: Reader) -> None:
    for slug in reader.world.partners:
        await reader.get(f"/v1/partners/{slug}/contacts")


_TAKEDOWNS, _PRESERVATIONS, _ENDPOINTS = "/v1/takedowns", "/v1/preservations", "/webhooks/endpoints"

_REPORTS, _TEMPLATES, _SCHEDULES = "/v1/reports", "/v1/report-templates", "/v1/report-schedules"

READS: dict[str, Read] = {
    **SHARED,
    **taxii_reads.READS,
    **compat_reads.READS,
    **exchange_reads.READS,
    "ListReports": listed(_REPORTS, "reports"),
    "ReadReport": each(_REPORTS),
    "GetReportFile": read_files,
    "GetReportManifest": each(_REPORTS, "/manifest"),
    "ListReportTemplates": simple(_TEMPLATES),
    "ReadReportTemplate": each(_TEMPLATES),
    "ListReportSchedules": simple(_SCHEDULES),
    "ReadReportSchedule": each(_SCHEDULES),
    "ListReportCuts": listed("/v1/report-cuts", "cuts"),
    "ReadReportCut": each("/v1/report-cuts"),
    "ListTakedowns": listed(_TAKEDOWNS, "takedowns"),
    "ReadTakedown": each(_TAKEDOWNS),
    "ListOutcomes": each(_TAKEDOWNS, "/outcomes"),
    "ReadClock": each(_TAKEDOWNS, "/clock"),
    "ListTakedownPolicies": simple("/v1/takedown-policies"),
    "ReadCalendar": simple("/v1/calendars/vn-office"),
    "ReadCalendarDay": simple("/v1/calendars/vn-office/days/2026-09-02"),
    "ReadOwnContacts": simple("/v1/me/contacts"),
    "ReadContacts": read_contacts,
    "ListPushes": listed("/v1/pushes", "pushes"),
    "ReadPush": each("/v1/pushes"),
    "ListPreservations": listed(_PRESERVATIONS, "preservations"),
    "ReadPreservation": each(_PRESERVATIONS),
    "ReadCustody": each(_PRESERVATIONS, "/custody"),
    "ListReferrals": listed("/v1/referrals", "referrals"),
    "ReadReferral": each("/v1/referrals"),
    "ListEmergencies": listed("/v1/emergencies", "emergencies"),
    "ReadEmergency": each("/v1/emergencies"),
    "ListResponsibilities": simple("/v1/responsibilities"),
    # There are none: one may withhold a signal, of which the oracle knows nothing.
    "ListAppeals": listed("/v1/appeals", "appeals"),
    "ReadAppeal": each("/v1/appeals"),
    "ReadMyQuality": simple("/v1/me/quality"),
    "ReadQuality": read_quality,
    "ListEndpoints": simple(_ENDPOINTS),
    "GetEndpoint": each(_ENDPOINTS),
    "ListDeliveries": each(_ENDPOINTS, "/deliveries"),
    "ListReplays": each(_ENDPOINTS, "/replays"),
}
"""Every read, by operation."""
