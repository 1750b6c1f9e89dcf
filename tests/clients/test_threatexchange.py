"""The unmodified `threatexchange`: its command over the exchange of StopNCII, its library over that and over Graph.

A hub on a real socket for the whole file. TikTok says what Meta's clients fetch.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICaseStatus,
    StopNCIICSPFeedbackValue,
    StopNCIIEndpoint,
    StopNCIISignalType,
)
from threatexchange.exchanges.impl.fb_threatexchange_api import (
    FBThreatExchangeCheckpoint,
    FBThreatExchangeCollabConfig,
    FBThreatExchangeIndicatorRecord,
    FBThreatExchangeSignalExchangeAPI,
)
from threatexchange.signal_type.url import URLSignal

from core.wire.feed_keys import FeedFormat, IssuedFeedKey
from tests.clients.served import Served
from tests.plugins.compat.keys import issue

PAGES = 850
"""URLs: more than the command asks for on a page, which is 800."""
PDQ = ("0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2, "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22")
"""Two that differ: one alone matches nothing once the client has loaded its index again."""
SECRET = "https://only-for-the-ring.example/red"
HIDDEN = "https://only-for-tiktok.example/own"


@pytest.fixture(scope="module")
def hub(ring: Served) -> Served:
    submit(ring, *[url(f"https://lure.example/{number}", tlp="GREEN") for number in range(PAGES)])
    submit(ring, *[{"kind": "pdq", "value": value, "tlp": "GREEN"} for value in PDQ])
    submit(ring, url(SECRET, tlp="RED", groups=["ring"]), url(HIDDEN))
    return ring


def url(value: str, **more: Any) -> dict[str, Any]:
    return {"kind": "url", "value": value, **more}


def submit(hub: Served, *signals: Mapping[str, Any]) -> list[str]:
    results = hub.ask("tiktok", "POST", "/v1/signals", {"signals": signals})["results"]
    assert {result["status"] for result in results} <= {"created", "updated"}, results
    return [result["id"] for result in results]


def retract(hub: Served, *ids: str) -> None:
    assert hub.ask("tiktok", "POST", "/v1/signals/retractions", {"ids": ids})["retracted"] == len(ids)


def agree(hub: Served, signal: str, stance: str = "agree") -> None:
    item = {"id": signal, "stance": stance, "reason": "We looked at it."}
    hub.ask("google", "POST", "/v1/signals/opinions", {"items": [item]})


@pytest.fixture(scope="module")
def key(hub: Served) -> IssuedFeedKey:
    return hub.run(issue(hub.hub, "meta", FeedFormat.STOPNCII, writes=True, tlp="GREEN"))


class Command:
    """`threatexchange` with a state of its own."""

    def __init__(self, folder: Path, key: IssuedFeedKey, secret: str) -> None:
        credential = f"{key.key},{secret},{key.base_url}"
        # The client says local times, and keeps files at home.
        own = {"TX_STATEDIR": str(folder), "TX_STOPNCII_KEYS": credential, "TZ": "UTC", "HOME": str(folder)}
        self._environment = os.environ | own

    def __call__(self, *arguments: str, status: int = 0) -> str:
        program = Path(sys.executable).with_name("threatexchange")
        done = subprocess.run(
            [program, *arguments], env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stderr
        return done.stdout


def test_the_command_fetches_two_pages_and_matches(hub: Served, key: IssuedFeedKey, tmp_path: Path) -> None:
    (found,) = submit(hub, {"kind": "pdq", "value": PDQ[0], "tlp": "GREEN", "confidence": 70})
    agree(hub, found)
    command = Command(tmp_path, key, key.subscription_key)
    command("config", "collab", "edit", "stop_ncii", "--create", "kmm")
    command("fetch")
    assert command("match", "-H", "photo", "--", PDQ[0]).split() == [
        "pdq",
        "0",
        "(kmm)",
        "POSITIVE_CLASS",
        "+1",
        "+hub",
    ]
    last = f"https://lure.example/{PAGES - 1}"
    assert command("match", "url", "--", last).split() == ["url", "-", "(kmm)", "INVESTIGATION_SEED", "0"]
    for absent in (SECRET, HIDDEN):
        assert command("match", "url", "--", absent) == ""


def test_the_command_fails_with_a_wrong_key(key: IssuedFeedKey, tmp_path: Path) -> None:
    command = Command(tmp_path, key, key.subscription_key + "x")
    command("config", "collab", "edit", "stop_ncii", "--create", "kmm")
    command("fetch", status=3)


def library(key: IssuedFeedKey) -> StopNCIIAPI:
    written = dict.fromkeys((StopNCIIEndpoint.SubmitHashes, StopNCIIEndpoint.SubmitFeedback), key.key)
    return StopNCIIAPI(key.subscription_key, key.key, written, base_url_override=key.base_url)


def test_the_library_sees_what_is_withdrawn(hub: Served, key: IssuedFeedKey) -> None:
    value = "https://lure.example/withdrawn"
    (signal,) = submit(hub, url(value, tlp="GREEN"))
    *_, last = library(key).fetch_hashes_iter()
    assert [one.hashStatus for one in last.hashRecords if one.hashValue == value] == [StopNCIICaseStatus.Active]
    retract(hub, signal)
    (page,) = library(key).fetch_hashes_iter(last.nextSetTimestamp)
    (record,) = page.hashRecords
    assert (record.hashValue, record.hashStatus) == (value, StopNCIICaseStatus.Withdrawn)
    assert [(one.source, one.feedbackValue) for one in record.CSPFeedbacks] == [
        ("hub", StopNCIICSPFeedbackValue.NotBlocked)
    ]
    (page,) = library(key).fetch_hashes_iter(page.nextSetTimestamp)
    assert page.hashRecords == []


def test_the_library_submits_and_opines(hub: Served, key: IssuedFeedKey) -> None:
    """What Meta's program says reaches Google, and what it finds out reaches TikTok."""
    value, theirs = "https://lure.example/of-meta", "https://lure.example/7"
    api = library(key)
    api.submit_hash(StopNCIISignalType.URL, value, tags={"phishing"})
    api.submit_feedback(StopNCIISignalType.URL, theirs, StopNCIICSPFeedbackValue.NotBlocked)
    asked = {"items": [{"kind": "url", "value": value}, {"kind": "url", "value": theirs}]}
    said, doubted = (one["signal"] for one in hub.ask("google", "POST", "/v1/signals/lookup", asked)["results"])
    assert (said["category"], said["tlp"]) == ("phishing", "GREEN")
    assert (doubted["state"], doubted["opinions"]["disagree"]) == ("disputed", 1)


@pytest.fixture(scope="module")
def token(hub: Served) -> IssuedFeedKey:
    return hub.run(issue(hub.hub, "meta", FeedFormat.GRAPH, writes=True))


Copy = dict[tuple[str, str], FBThreatExchangeIndicatorRecord]


class Library:
    """The library's exchange over Graph, and the copy that it keeps."""

    def __init__(self, key: IssuedFeedKey, group: int = 1) -> None:
        self.client = ThreatExchangeAPI(key.key, endpoint_override=key.base_url)
        config = FBThreatExchangeCollabConfig(name="kmm", privacy_group=group)
        self._exchange = FBThreatExchangeSignalExchangeAPI(self.client, config)
        self._checkpoint: FBThreatExchangeCheckpoint | None = None
        self.copy: Copy = {}

    def fetch(self) -> int:
        """Brings the copy up to date; how many pages it took."""
        pages = 0
        for delta in self._exchange.fetch_iter([URLSignal], self._checkpoint):
            self._exchange.naive_fetch_merge(self.copy, delta.updates)
            self._checkpoint = delta.checkpoint
            pages += 1
        return pages

    def urls(self) -> set[str]:
        config = self._exchange.collab
        return set(self._exchange.naive_convert_to_signal_type([URLSignal], config, self.copy).get(URLSignal, {}))


def test_graph_brings_pages_and_drops_what_is_taken_back(hub: Served, token: IssuedFeedKey) -> None:
    (signal,) = submit(hub, url("https://lure.example/dropped", tlp="GREEN", confidence=80, category="phishing"))
    meta = Library(token)
    assert meta.fetch() >= PAGES // 100
    assert meta.urls() >= {f"https://lure.example/{number}" for number in range(PAGES)}
    assert not meta.urls() & {SECRET, HIDDEN}
    (opinion,) = meta.copy["URI", "https://lure.example/dropped"].opinions
    assert (opinion.category.name, opinion.tags, opinion.is_mine) == ("POSITIVE_CLASS", {"phishing"}, False)
    retract(hub, signal)
    meta.fetch()
    assert "https://lure.example/dropped" not in meta.urls()


def test_graph_fails_with_a_wrong_token(token: IssuedFeedKey) -> None:
    wrong = Library(msgspec.structs.replace(token, key=token.key + "x"))
    with pytest.raises(requests.HTTPError, match="401"):
        wrong.fetch()


def test_graph_serves_a_group_that_is_empty_at_first(hub: Served, token: IssuedFeedKey) -> None:
    names = {
        group.name: group.id
        for group in ThreatExchangeAPI(token.key, endpoint_override=token.base_url).get_threat_privacy_groups_member()
    }
    meta = Library(token, names["Ring"])
    assert (meta.fetch(), meta.urls()) == (1, set())
    submit(hub, url("https://ring.example/", tlp="AMBER", groups=["ring"]))
    assert (meta.fetch(), meta.urls()) == (1, {"https://ring.example/"})
    assert meta.client.get_privacy_group(names["Ring"]).name == "Ring"
    assert meta.client.get_threat_privacy_groups_owner() == []


def test_graph_takes_reactions_and_descriptors(hub: Served, token: IssuedFeedKey) -> None:
    """By the library's own calls, but for their order of arguments nothing is ours."""
    meta = Library(token)
    meta.fetch()
    (opinion,) = meta.copy["URI", "https://lure.example/8"].opinions
    assert meta.client.react_matched_threat_descriptor(opinion.descriptor_id)[2]["success"]
    said = {
        "indicator": "https://lure.example/descriptor",
        "type": "URI",
        "description": "Seen in a chat.",
        "share_level": "GREEN",
        "status": "MALICIOUS",
        "privacy_type": "VISIBLE",
        "tags": "phishing",
        "confidence": 75,
    }
    answer = meta.client.upload_threat_descriptor(said, showURLs=False, dryRun=False)[2]
    assert answer["success"], answer
    items = [{"kind": "url", "value": value} for value in ("https://lure.example/8", said["indicator"])]
    agreed, submitted = (
        one["signal"] for one in hub.ask("google", "POST", "/v1/signals/lookup", {"items": items})["results"]
    )
    assert agreed["opinions"]["agree"] == 1
    assert (submitted["category"], submitted["confidence"], submitted["tlp"]) == ("phishing", 75, "GREEN")
