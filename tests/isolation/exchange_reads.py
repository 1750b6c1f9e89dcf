"""How NCMEC hash sharing and the Global Signal Exchange are read, and what each partner must find there."""

from typing import Any
from xml.etree.ElementTree import fromstring

from tests.isolation.oracle import Said
from tests.isolation.reader import Read, Reader, simple

_NCMEC = "/compat/ncmec/v2"


async def list_entries(reader: Reader) -> None:
    """The world speaks of host names, which the exchange does not carry."""
    images, videos = fromstring((await reader.get(f"{_NCMEC}/entries")).content)
    assert (len(images), len(videos)) == (0, 0)


async def read_reports(reader: Reader) -> None:
    """In one page from the first: what may leave, each once. Behind any other place, what was taken back is named."""

    def leaving(said: Said) -> bool:
        return said.tlp in ("CLEAR", "GREEN", "AMBER")

    page = (await reader.get("/compat/gse/feed/24hr", idFrom=1, limit=1_000)).json()
    found = [_shown(one) for one in page]
    expected = [_expected(item) for item in reader.world.oracle.signals(reader.slug, leaving).values()]
    assert sorted(found, key=str) == sorted(expected, key=str), reader.slug


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    extra = record["extra_data"]
    return {
        "value": record["signal"],
        "confidence": record.get("confidence_score"),
        **{name: extra[name] for name in ("category", "tlp", "campaign")},
    }


def _expected(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("value", "confidence", "category", "tlp", "campaign")}


READS: dict[str, Read] = {
    "ReadNcmecStatus": simple(f"{_NCMEC}/status"),
    "ListNcmecMembers": simple(f"{_NCMEC}/members"),
    "ListNcmecEntries": list_entries,
    "ListNcmecReasons": simple(f"{_NCMEC}/feedback/MD5/reasons"),
    "ReadSignalReports": read_reports,
}

HIDDEN: dict[str, dict[str, Any]] = {
    "GiveNcmecFeedback": {"content": "<feedbackSubmission><affirmative/></feedbackSubmission>"},
}
"""As in test_ids."""

OPEN: dict[str, str] = {
    "ListNcmecReasons": "reasons are the same for everyone",
}
"""As in test_ids."""
