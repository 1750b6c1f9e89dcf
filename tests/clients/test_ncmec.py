"""The unmodified `threatexchange`: its library over NCMEC's hash sharing.

A hub on a real socket for the whole file. TikTok says what Meta's client fetches.
"""

import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from threatexchange.exchanges.clients.ncmec.hash_api import FeedbackType, FingerprintType, NCMECHashAPI
from threatexchange.exchanges.impl import ncmec_api
from threatexchange.exchanges.impl.ncmec_api import NCMECCollabConfig, NCMECSignalExchangeAPI
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

from core.wire.feed_keys import FeedFormat, IssuedFeedKey
from tests.clients.served import Served
from tests.plugins.compat.keys import issue

DIGESTS = {f"{number:032x}" for number in range(1, 1_051)}
"""More than a page has, which is 1,000."""
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
SECRET, HIDDEN = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def hub(ring: Served) -> Served:
    submit(ring, *[md5(value, tlp="GREEN") for value in sorted(DIGESTS)])
    submit(ring, {"kind": "pdq", "value": PDQ, "tlp": "AMBER", "groups": ["ring"]})
    submit(ring, md5(SECRET, tlp="RED", groups=["ring"]), md5(HIDDEN))
    return ring


def md5(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "md5", "value": value, **more}


def submit(hub: Served, *signals: Mapping[str, Any]) -> list[str]:
    results = hub.ask("tiktok", "POST", "/v1/signals", {"signals": signals})["results"]
    return [result["id"] for result in results]


@pytest.fixture(scope="module")
def key(hub: Served) -> IssuedFeedKey:
    return hub.run(issue(hub.hub, "meta", FeedFormat.NCMEC, writes=True, tlp="GREEN"))


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client's own times are local, and called UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def library(key: IssuedFeedKey, password: str = "") -> NCMECHashAPI:
    return NCMECHashAPI(key.key, password or key.subscription_key, SimpleNamespace(value=key.base_url))


class Copy:
    """The library's exchange, and the copy that it keeps."""

    def __init__(self, key: IssuedFeedKey) -> None:
        self._config = NCMECCollabConfig(name="kmm", environment=SimpleNamespace(value=key.base_url))
        self._exchange = NCMECSignalExchangeAPI(self._config, key.key, key.subscription_key)
        self._records: dict[str, Any] = {}

    def fetch(self) -> int:
        """All that there is, in windows of the library's choice; how many pages it kept."""
        pages = 0
        for delta in self._exchange.fetch_iter([PdqSignal, VideoMD5Signal], None):
            self.merge(delta.updates)
            pages += 1
        return pages

    def merge(self, updates: Mapping[str, Any]) -> None:
        self._exchange.naive_fetch_merge(self._records, updates)

    def values(self) -> set[str]:
        kinds = [PdqSignal, VideoMD5Signal]
        found = self._exchange.naive_convert_to_signal_type(kinds, self._config, self._records)
        return {value for of_kind in found.values() for value in of_kind}


def test_the_exchange_brings_pages_and_drops_what_is_taken_back(
    hub: Served, key: IssuedFeedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    (signal,) = submit(hub, md5("c" * 32, tlp="GREEN"))
    # The client leaves out the last five seconds: by its own clock, all that is here is older.
    monkeypatch.setattr(ncmec_api, "time", SimpleNamespace(time=lambda: time.time() + 60))
    meta = Copy(key)
    assert meta.fetch() >= 2
    assert meta.values() == {PDQ, "c" * 32, *DIGESTS}
    before = int(time.time())
    hub.ask("tiktok", "POST", "/v1/signals/retractions", {"ids": [signal]})
    (page,) = library(key).get_entries_iter(start_timestamp=before, end_timestamp=before + 60)
    assert [one.id for one in page.updates if one.deleted] == [signal]
    meta.merge({f"{one.member_id}-{one.id}": one for one in page.updates})
    assert meta.values() == {PDQ, *DIGESTS}


def test_the_library_reads_windows(hub: Served, key: IssuedFeedKey) -> None:
    client, now = library(key), int(time.time())
    assert client.status().esp_name == "meta"
    assert [member.esp_id for member in client.members()] == [1, 2]
    first, second = client.get_entries_iter(start_timestamp=0, end_timestamp=now + 60)
    assert (len(first.updates), len({one.id for one in (*first.updates, *second.updates)})) == (1_000, 1_051)
    assert client.get_entries(start_timestamp=0, end_timestamp=1_000).updates == []


def test_east_of_greenwich_the_client_asks_too_late(
    hub: Served, key: IssuedFeedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why its partners are told to run it in UTC: it looks seven hours ahead for what was said just now."""
    client, window = library(key), {"start_timestamp": int(time.time()) - 3_600, "end_timestamp": int(time.time()) + 60}
    assert client.get_entries(**window).updates
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    time.tzset()
    assert client.get_entries(**window).updates == []


def test_a_wrong_password_fails(key: IssuedFeedKey) -> None:
    with pytest.raises(requests.HTTPError, match="401"):
        library(key, key.subscription_key + "x").status()


def test_feedback_is_an_opinion(hub: Served, key: IssuedFeedKey) -> None:
    client = library(key)
    agreed, doubted, *_ = client.get_entries(end_timestamp=int(time.time()) + 60).updates
    client.submit_upvote(agreed.member_id, agreed.id, FingerprintType.md5)
    reasons = client.feedback_reasons(FingerprintType.md5)
    (harmless,) = (guid for guid, name in reasons.items() if name == "Harmless")
    client.submit_feedback(doubted.member_id, doubted.id, FingerprintType.md5, FeedbackType.downvote, harmless)
    said = [hub.ask("google", "GET", f"/v1/signals/{one.id}")["signal"]["opinions"] for one in (agreed, doubted)]
    assert [(one["agree"], one["false_positive"]) for one in said] == [(1, 0), (0, 1)]
    with pytest.raises(requests.HTTPError, match="404"):
        client.submit_upvote(7, agreed.id, FingerprintType.md5)
