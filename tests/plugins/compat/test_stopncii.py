"""The exchange of StopNCII.org: each record as its client takes it, and what becomes of a copy when sight changes."""

import enum
from typing import Any

import dacite
import httpx
import msgspec
import pytest
from threatexchange.exchanges.clients.stopncii.api import StopNCIIHashRecord, StopNCIISignalType

from core.sdk import Category, Refused, SignalIn, SignalOut, State, Withdrawal
from core.signals.feed import Change
from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat
from core.wire.score import OpinionCounts
from plugins.compat.stopncii_records import KINDS, read, records
from tests.plugins.compat.keys import issue

BASE = "/compat/stopncii/v1"
FETCH, SUBMIT = f"{BASE}/FetchHashes", f"{BASE}/SubmitHashes"
ID = "sig_" + "a" * 26


def change(kind: str, opinions: OpinionCounts, *, gone: bool = False, former: tuple[str, ...] = ()) -> Change:
    if gone:
        return Change(40, SignalOut(ID, State.RETRACTED, 40), kind, "shown", True, former, ())
    doubted = opinions.disagree or opinions.false_positive
    state = State.DISPUTED if doubted else State.ACTIVE
    signal = SignalOut(ID, state, 40, kind, "shown", category=Category.PHISHING, opinions=opinions)
    return Change(40, signal, kind, "shown", False, former, ())


def taken(one: Change) -> list[StopNCIIHashRecord]:
    """As the client reads them from an answer, and as strictly."""
    told = msgspec.json.decode(msgspec.json.encode(list(records(one))))
    config = dacite.Config(cast=[enum.Enum, set], strict=True)
    return [dacite.from_dict(StopNCIIHashRecord, record, config) for record in told]


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_what_the_client_takes(kind: str) -> None:
    (record,) = taken(change(kind, OpinionCounts()))
    assert (record.signalType, record.hashStatus.value) == (StopNCIISignalType(KINDS[kind]), "Active")
    assert (record.lastModtimestamp, record.hashValue) == (40, "shown")
    assert {number: status.value for number, status in record.caseNumbers.items()} == {"KMM-AAAAAAAA": "Active"}


@pytest.mark.parametrize(
    ("opinions", "values"),
    [
        (OpinionCounts(), ["None"]),
        (OpinionCounts(agree=2), ["None", "Blocked"]),
        (OpinionCounts(agree=2, disagree=1), ["None", "NotBlocked"]),
        (OpinionCounts(false_positive=1), ["None", "NotBlocked"]),
    ],
)
def test_opinions_are_the_hubs(opinions: OpinionCounts, values: list[str]) -> None:
    (record,) = taken(change("url", opinions))
    assert [one.feedbackValue.value for one in record.CSPFeedbacks] == values
    assert [one.tags for one in record.CSPFeedbacks] == [{"phishing"}, *[set()] * (len(values) - 1)]
    assert {one.source for one in record.CSPFeedbacks} == {"hub"}


def test_every_spelling_that_a_copy_may_hold_is_withdrawn() -> None:
    gone = taken(change("url", OpinionCounts(), gone=True, former=("before",)))
    assert [(one.hashValue, one.hashStatus.value) for one in gone] == [("shown", "Withdrawn"), ("before", "Withdrawn")]
    moved = taken(change("url", OpinionCounts(), former=("before",)))
    assert [(one.hashValue, one.hashStatus.value) for one in moved] == [("before", "Withdrawn"), ("shown", "Active")]
    assert [one.feedbackValue.value for one in moved[0].CSPFeedbacks] == ["NotBlocked"]


def given(word: str, *values: str, **more: Any) -> dict[str, Any]:
    feedbacks = [{"feedbackValue": value, "tags": ["grooming"]} for value in values]
    return {"lastModtimestamp": 1, "signalType": word, "hashValue": "a" * 32, "CSPFeedbacks": feedbacks} | more


def test_both_spellings_of_its_words_are_read() -> None:
    words = (("VideoMD5", "None"), ("StopNCIISignalType.VideoMD5", "StopNCIICSPFeedbackValue.None_"))
    said = read(msgspec.json.encode({"count": 2, "hashRecords": [given(*pair) for pair in words]}))
    assert said[0] == said[1]
    assert isinstance(said[0], SignalIn)
    assert (said[0].kind, said[0].category) == ("md5", Category.GROOMING)
    (gone,) = read(msgspec.json.encode({"hashRecords": [given("VideoMD5", "Blocked", "Withdrawn")]}))
    assert gone == Withdrawal(str(said[0].external_id))


def test_words_of_others_cost_their_item() -> None:
    wrong = [given("VideoTMK"), given("VideoMD5", "Liked"), given("VideoMD5", quality=1), "VideoMD5"]
    said = read(msgspec.json.encode({"hashRecords": wrong}))
    assert all(isinstance(one, Refused) for one in said)
    pointers = [one.pointer for one in said if isinstance(one, Refused)]
    assert pointers == [
        f"/hashRecords/{at}{field}" for at, field in enumerate(("/signalType", "/feedbackValue", "/quality", ""))
    ]


def url(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "url", "value": f"https://{name}.example/", "tlp": "GREEN"} | more


async def said(hub: TestedHub, slug: str, *signals: dict[str, Any]) -> list[str]:
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": signals})
    assert answer.json()["rejected"] == 0, answer.text
    return [result["id"] for result in answer.json()["results"]]


async def taken_back(hub: TestedHub, slug: str, *ids: str) -> None:
    answer = await hub.client_as(slug).post("/v1/signals/retractions", json={"ids": ids})
    assert answer.json()["retracted"] == len(ids), answer.text


async def invited(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    assert (await tiktok.post("/v1/groups", json={"slug": "ring", "name": "Ring"})).is_success
    assert (await tiktok.post("/v1/groups/ring/invitations", json={"partner": "meta"})).is_success


class Copy:
    """Of a client that keeps what it fetches, and never forgets."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.start = 10
        self.statuses: dict[str, str] = {}

    async def fetch(self, size: int = 1) -> int:
        """How many pages it took."""
        token, pages = "", 0
        while True:
            query: dict[str, str | int] = {"startTimestamp": self.start, "pageSize": size, "nextPageToken": token}
            answer = await self._http.get(FETCH, params=query)
            assert answer.status_code == 200, answer.text
            page, pages = answer.json(), pages + 1
            assert page["nextSetTimestamp"] >= self.start, "the command gives up when it goes back"
            assert page["count"] == len(page["hashRecords"])
            self.statuses |= {one["hashValue"]: one["hashStatus"] for one in page["hashRecords"]}
            token = page["nextPageToken"]
            assert bool(token) == page["hasMoreRecords"]
            if not token:
                self.start = page["nextSetTimestamp"]
                return pages


async def test_a_group_that_is_joined_brings_all_and_loses_no_retraction(hub: TestedHub) -> None:
    copy = Copy(hub.client_as("meta"))
    await invited(hub)
    _, goes = await said(hub, "tiktok", url("stays"), url("goes"))
    await said(hub, "tiktok", url("older", tlp="AMBER", groups=["ring"]))
    await copy.fetch()
    assert set(copy.statuses.values()) == {"Active"}
    await taken_back(hub, "tiktok", goes)
    await hub.client_as("meta").put("/v1/groups/ring/membership")
    await copy.fetch()
    assert copy.statuses == {
        "https://stays.example/": "Active",
        "https://goes.example/": "Withdrawn",
        "https://older.example/": "Active",
    }
    assert await copy.fetch() == 1


async def test_values_of_red_never_leave(hub: TestedHub) -> None:
    """Nor does it tell anybody that a signal which did leave has become one."""
    copy = Copy(hub.client_as("meta"))
    await invited(hub)
    await hub.client_as("meta").put("/v1/groups/ring/membership")
    red = {"tlp": "RED", "groups": ["ring"]}
    hidden = await said(hub, "tiktok", url("red", **red), url("strict", tlp="AMBER+STRICT", groups=["ring"]))
    (joint,) = await said(hub, "chongluadao", url("joint"))
    await said(hub, "tiktok", url("joint", **red))
    await copy.fetch()
    assert copy.statuses == {"https://joint.example/": "Active"}
    await taken_back(hub, "tiktok", *hidden)
    await taken_back(hub, "chongluadao", joint)
    await copy.fetch()
    assert copy.statuses == {"https://joint.example/": "Withdrawn"}


async def test_a_key_reads_its_kinds_writes_for_its_groups_and_opens_nothing_else(hub: TestedHub) -> None:
    key = await issue(hub, "meta", FeedFormat.STOPNCII, kinds=["url"], writes=True, tlp="GREEN")
    http = hub.anonymous()
    http.headers.update({"x-functions-key": key.key, "Ocp-Apim-Subscription-Key": key.subscription_key})
    body = {"count": 1, "hashRecords": [given("VideoMD5"), given("URL", hashValue="https://seen.example/"), {}]}
    answer = (await http.post(SUBMIT, json=body)).json()
    assert (answer["count"], answer["accepted"]) == (3, 2)
    assert [error["pointer"] for error in answer["errors"]] == ["/hashRecords/2/signalType"]
    copy = Copy(http)
    await copy.fetch()
    assert copy.statuses == {"https://seen.example/": "Active"}
    everything = Copy(hub.client_as("google"))
    await everything.fetch()
    assert everything.statuses.keys() == {"https://seen.example/", "a" * 32}
    assert (await http.get(f"{BASE}//FetchHashes")).status_code == 200, "what an address with a slash at its end makes"
    assert (await http.get("/v1/signals")).status_code == 401
    del http.headers["Ocp-Apim-Subscription-Key"]
    assert (await http.get(FETCH)).status_code == 401


async def test_feedback_is_an_opinion_and_a_deed(hub: TestedHub) -> None:
    meta = hub.client_as("meta")
    (seen,) = await said(hub, "tiktok", url("seen"))
    await said(hub, "meta", url("own"))

    async def found(value: str, word: str) -> dict[str, Any]:
        given = [{"hashValue": value, "feedbackValue": word, "tags": ["x"]}]
        answer = await meta.post(f"{BASE}/SubmitFeedback", json={"count": 1, "hashFeedbacks": given})
        assert answer.status_code == 200, answer.text
        taken: dict[str, Any] = answer.json()
        return taken

    for word, opinions in (
        ("Blocked", [("agree", "removed")]),
        ("StopNCIICSPFeedbackValue.NotBlocked", [("disagree", "no_action")]),
        ("PendingReview", [("disagree", "no_action")]),
        ("Withdrawn", []),
    ):
        assert (await found("https://seen.example/", word))["accepted"] == 1
        told = (await hub.client_as("tiktok").get(f"/v1/signals/{seen}/opinions")).json()["opinions"]
        assert [(one["stance"], one["outcome"]) for one in told] == opinions, word
    for value, word, code in (
        ("https://unseen.example/", "Blocked", "not_found"),
        ("https://own.example/", "Blocked", "own_claim"),
        ("no hash at all", "Blocked", "not_found"),
        ("https://seen.example/", "Liked", "refused"),
    ):
        taken = await found(value, word)
        assert (taken["accepted"], [error["code"] for error in taken["errors"]]) == (0, [code]), value


async def test_a_key_for_nothing_that_is_carried_is_told_so(hub: TestedHub) -> None:
    key = await issue(hub, "meta", FeedFormat.STOPNCII, kinds=["phone"])
    headers = {"x-functions-key": key.key, "Ocp-Apim-Subscription-Key": key.subscription_key}
    answer = await hub.anonymous().get(FETCH, headers=headers)
    assert (answer.status_code, "pdq, url, md5" in answer.text) == (400, True)


async def test_a_key_cannot_feel_for_what_it_does_not_read(hub: TestedHub) -> None:
    await invited(hub)
    await hub.client_as("meta").put("/v1/groups/ring/membership")
    await said(hub, "tiktok", *(url(name, tlp=tlp, groups=["ring"]) for name, tlp in HIDDEN), url("weak", confidence=1))
    await said(hub, "meta", url("own", tlp="RED", groups=["ring"]))
    key = await issue(hub, "meta", FeedFormat.STOPNCII, kinds=["url"], min_score=30, writes=True)
    http = hub.anonymous()
    http.headers.update({"x-functions-key": key.key, "Ocp-Apim-Subscription-Key": key.subscription_key})
    values = [f"https://{name}.example/" for name in ("red", "strict", "weak", "own", "nothing")]
    given = [{"hashValue": value, "feedbackValue": "NotBlocked"} for value in values]
    taken = (await http.post(f"{BASE}/SubmitFeedback", json={"hashFeedbacks": given})).json()
    assert [error["code"] for error in taken["errors"]] == ["not_found"] * 5
    signals = (await hub.client_as("tiktok").get("/v1/signals")).json()["signals"]
    assert {one["state"] for one in signals} == {"active"}


HIDDEN = (("red", "RED"), ("strict", "AMBER+STRICT"))


async def test_who_had_a_claim_suspended_may_say_so_again(hub: TestedHub) -> None:
    (gone,) = await said(hub, "tiktok", url("gone", confidence=1))
    agency = hub.client_as("a05")
    given = [{"hashValue": "https://gone.example/", "feedbackValue": "NotBlocked"}]
    for _ in range(2):
        answer = await agency.post(f"{BASE}/SubmitFeedback", json={"hashFeedbacks": given})
        assert answer.json()["accepted"] == 1, answer.text
    assert (await hub.client_as("meta").get(f"/v1/signals/{gone}")).status_code == 404
