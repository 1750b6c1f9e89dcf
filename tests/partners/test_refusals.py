"""What connectors refuse of items in words that they know."""

import msgspec
import pytest

from core.sdk import Refused, Sharing
from partners.protection.ncmec import Ncmec
from partners.protection.plugin import Protection

MEMBER = '<member id="9">M</member><id>1</id>'
FOUND = "<classification>A1</classification><fingerprints><pdq>0</pdq></fingerprints>"


@pytest.mark.parametrize(
    ("entry", "pointer", "code"),
    [
        (f"<audio>{MEMBER}{FOUND}</audio>", "", "unknown_entry"),
        (f"<image><member>M</member><id>1</id>{FOUND}</image>", "", "missing"),
        (f'<image><member id="9">M</member>{FOUND}</image>', "", "missing"),
        (f"<image>{MEMBER}{FOUND.replace('A1', 'C1')}</image>", "/classification", "unknown_word"),
        (f"<image>{MEMBER}{FOUND.replace('pdq', 'pdna')}</image>", "/fingerprints", "no_fingerprint"),
        (f"<video>{MEMBER}{FOUND}</video>", "/fingerprints", "no_fingerprint"),
    ],
)
def test_a_bad_entry_of_ncmec_costs_only_itself(entry: str, pointer: str, code: str) -> None:
    body = f"<queryResult><images>{entry}<deletedImage>{MEMBER}</deletedImage></images></queryResult>"
    refused, taken_back = Ncmec(Sharing()).translate(body.encode())
    assert isinstance(refused, Refused)
    assert (refused.pointer, refused.code) == (f"/0{pointer}", code)
    assert not isinstance(taken_back, Refused)


def test_what_is_no_page_of_ncmec_is_refused_whole() -> None:
    with pytest.raises(Refused, match="queryResult"):
        Ncmec(Sharing()).translate(b"<status/>")


def test_abuse_material_is_taken_by_hash_only() -> None:
    entry = {
        "reference": "1",
        "status": "active",
        "concern": "abuse_material",
        "form": "url",
        "value": "https://a.example/",
    }
    (refused,) = Protection().translate(msgspec.json.encode({"entries": [entry]}))
    assert isinstance(refused, Refused)
    assert (refused.pointer, refused.code) == ("/entries/0/form", "hash_only")
