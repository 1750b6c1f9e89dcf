"""Which form `Accept` likes best, and when it takes none."""

import pytest

from core import accept
from core.errors import NotAcceptable

FORMS = ("application/json", "application/x-ndjson", "text/csv")
TAXII = ("application/taxii+json;version=2.1",)


@pytest.mark.parametrize(
    ("sent", "best"),
    [
        ("", "application/json"),
        (" , ,", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("TEXT/CSV ; charset=utf-8", "text/csv"),
        ("text/csv, */*", "text/csv"),
        ("text/csv;q=0.1, */*", "application/json"),
        ("application/*;q=0.2, text/csv;q=.3", "text/csv"),
        ("application/x-ndjson, application/json", "application/x-ndjson"),
        ("application/json;q=0, */*;q=0.1", "application/x-ndjson"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/json"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
        ("text/csv;q=most", "text/csv"),
    ],
)
def test_the_form_that_is_liked_best(sent: str, best: str) -> None:
    assert accept.choose(sent, FORMS) == best


@pytest.mark.parametrize("sent", ["text/html", "json", "*/*;q=0", "text/csv;q=0.000", "application/xml, image/*"])
def test_none_is_taken(sent: str) -> None:
    with pytest.raises(NotAcceptable, match="application/json, application/x-ndjson, text/csv"):
        accept.choose(sent, FORMS)


def test_a_parameter_that_the_form_has_counts() -> None:
    for sent in ('application/taxii+json; Version="2.1"', "application/taxii+json", "application/taxii+json;x=y"):
        assert accept.choose(sent, TAXII) == TAXII[0]
    with pytest.raises(NotAcceptable):
        accept.choose("application/taxii+json;version=2.0, application/json", TAXII)
