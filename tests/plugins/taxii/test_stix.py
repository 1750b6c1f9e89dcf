"""Signals as STIX, out and in: what we write is strict STIX, and what it says is what was meant."""

from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest
import stix2
from stix2patterns.validator import run_validator

from core.sdk import Category, Feed, Refused, Severity, SignalIn, SignalOut, State, Tlp, Withdrawal
from core.signals.kinds import BUILTIN, Kinds
from core.wire.opinions import Outcome, Stance
from core.wire.score import OpinionCounts, Term, TermKind
from plugins.taxii.stix import indicators
from plugins.taxii.stix.markings import EXTENSION, MARKINGS, PREFACE
from plugins.taxii.stix.meaning import Meant, meaning
from tests.signals.kinds.test_vectors import rows

COLLECTION = uuid4()
NAME = indicators.indicator_id(f"sig_{'a' * 26}", COLLECTION)
ADDED = 1_780_000_000_123_456
SEEN = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = Kinds()
ONE_OF_EACH = {kind: KINDS.parse(kind, sent).display for kind, sent, *_ in rows("accepted")}


def item(kind: str = "domain", value: str = "gift.example", **more: Any) -> SignalOut:
    fields: dict[str, Any] = {
        "tlp": Tlp.GREEN,
        "category": Category.PHISHING,
        "severity": Severity.HIGH,
        "confidence": 70,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "valid_until": datetime(2026, 9, 1, tzinfo=UTC),
        "campaign": "khong-mot-minh",
        "claims": 1,
        "terms": (Term(TermKind.CLAIM, 1.0, SEEN, None),),
        "opinions": OpinionCounts(),
    }
    return SignalOut(f"sig_{'a' * 26}", State.ACTIVE, 12, kind, value, **fields | more)


def indicator(signal: SignalOut, kind: str = "domain", value: str = "gift.example") -> Any:
    written = indicators.indicator(signal, kind, value, NAME, ADDED - 1, ADDED, Tlp.GREEN)
    return stix2.parse(written.decode(), allow_custom=False)


def test_every_rendered_object_is_strict_stix() -> None:
    for (kind, value), tlp in product(ONE_OF_EACH.items(), (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER)):
        parsed = indicator(item(kind, value, tlp=tlp), kind, value)
        assert run_validator(parsed.pattern, stix_version="2.1") == [], kind
        assert parsed.object_marking_refs == [MARKINGS[tlp]]
    for one in PREFACE:
        stix2.parse(one.decode(), allow_custom=False)


@pytest.mark.parametrize("state", [State.RETRACTED, State.EXPIRED, State.GONE])
def test_a_tombstone_is_a_version_that_is_revoked(state: State) -> None:
    parsed = indicator(SignalOut(f"sig_{'a' * 26}", state, 13))
    assert parsed.revoked
    assert parsed.id == indicator(item()).id == NAME
    assert parsed.object_marking_refs == [MARKINGS[Tlp.GREEN]]
    assert "labels" not in parsed


@pytest.mark.parametrize(
    "times",
    [
        {"first_seen": None, "valid_until": SEEN},
        {"first_seen": SEEN, "valid_until": SEEN},
        {"first_seen": None, "last_seen": None, "valid_until": None, "severity": None, "campaign": None},
        {"confidence": None, "state": State.DISPUTED},
    ],
)
def test_times_that_stix_would_not_take_are_mended(times: dict[str, Any]) -> None:
    parsed = indicator(msgspec.structs.replace(item(), **times))
    assert parsed.get("valid_until") is None or parsed.valid_from < parsed.valid_until


def test_ids_are_uuid5() -> None:
    for _ in range(20):
        space = uuid4()
        assert indicators.indicator_id("sig_x", space) == f"indicator--{uuid5(space, 'sig_x')}"


def test_timestamps_have_six_digits() -> None:
    assert indicators.timestamp(1_000_000) == "1970-01-01T00:00:01.000000Z"
    assert indicators.timestamp(-62_135_596_800_000_000) == "0001-01-01T00:00:00.000000Z"
    assert indicators.timestamp(ADDED).endswith(".123456Z")


def posted(**more: Any) -> bytes:
    """An indicator as a partner's own software writes it."""
    said = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11",
        "created": "2026-03-01T00:00:00.5Z",
        "modified": "2026-03-02T07:00:00.5+07:00",
        "pattern": "[domain-name:value = 'gift.example']",
        "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z",
        "labels": ["anonymous", "phishing"],
        "confidence": 40,
        "object_marking_refs": ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"],
    }
    return msgspec.json.encode({name: one for name, one in (said | more).items() if one is not None})


def read(raw: bytes) -> Meant:
    meant = meaning(msgspec.Raw(raw))
    assert isinstance(meant, Meant), meant
    return meant


def test_an_indicator_of_others_becomes_a_signal() -> None:
    meant = read(posted())
    assert meant.signal == SignalIn(
        kind="domain",
        value="gift.example",
        category=Category.PHISHING,
        confidence=40,
        tlp=Tlp.AMBER,
        external_id=meant.id,
        first_seen=SEEN,
    )
    assert meant.version == "2026-03-02T00:00:00.500000Z"


def test_our_extension_counts_where_the_pattern_says_less() -> None:
    own = {"extension_type": "property-extension", "kind": "bank_account", "value": "970436:0001", "origin": "hotline"}
    signal = read(posted(extensions={EXTENSION: own})).signal
    assert signal is not None
    assert (signal.kind, signal.value, signal.origin, signal.first_seen) == (
        "bank_account",
        "970436:0001",
        "hotline",
        None,
    )


def test_what_is_rendered_reads_back() -> None:
    for kind, value in ONE_OF_EACH.items():
        one = item(kind, value)
        signal = read(indicators.indicator(one, kind, value, NAME, ADDED, ADDED, Tlp.GREEN)).signal
        assert signal is not None
        for field in ("kind", "value", "category", "severity", "confidence", "tlp", "campaign", "valid_until"):
            assert getattr(signal, field) == getattr(one, field), (kind, field)
        assert (signal.first_seen, signal.last_seen) == (SEEN, SEEN)


def test_what_is_revoked_withdraws() -> None:
    assert read(posted(revoked=True)).withdraws
    written = indicators.renewed(posted(), ADDED, revoked=True)
    assert read(written).withdraws
    assert stix2.parse(written.decode(), allow_custom=False).pattern == "[domain-name:value = 'gift.example']"


def test_a_pattern_that_is_no_signal_is_kept() -> None:
    meant = read(posted(pattern="[process:name = 'x']"))
    assert meant.signal is None
    assert "not a signal" in meant.note


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"id": "indicator--7"}, "/id"),
        ({"id": "malware--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11"}, "/id"),
        ({"modified": "not a time"}, "/modified"),
        ({"modified": "2026-02-01T00:00:00Z"}, "/modified"),
        ({"modified": "2026-03-02T00:00:00"}, "/modified"),
        ({"spec_version": "3.0"}, "/spec_version"),
        ({"confidence": 101}, "/confidence"),
        ({"labels": "phishing"}, "/labels"),
        ({"pattern": 7}, "/pattern"),
        ({"extensions": {EXTENSION: 7}}, f"/extensions/{EXTENSION}"),
        ({"extensions": {EXTENSION: {"severity": "dire"}}}, "/severity"),
        ({"type": None}, "/type"),
    ],
)
def test_what_nobody_could_read_again_is_refused(more: dict[str, Any], pointer: str) -> None:
    refused = meaning(posted(**more))
    assert isinstance(refused, Refused)
    assert refused.pointer == pointer


@pytest.mark.parametrize("raw", [b"", b"[]", b'"x"', b'{"type":', b"\xff", b"[" * 100_000, b'{"type":"\xff"}'])
def test_garbage_is_refused(raw: bytes) -> None:
    assert isinstance(meaning(raw), Refused)


REF = "indicator--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11"


@pytest.mark.parametrize(
    ("word", "stance"),
    [
        ("strongly-agree", Stance.AGREE),
        ("agree", Stance.AGREE),
        ("disagree", Stance.DISAGREE),
        ("strongly-disagree", Stance.FALSE_POSITIVE),
    ],
)
def test_opinions(word: str, stance: Stance) -> None:
    of = {"type": "opinion", "id": f"opinion--{uuid4()}", "opinion": word, "object_refs": [REF], "explanation": "So."}
    opinion = read(posted(**of)).opinion
    assert opinion is not None
    assert (opinion.refs, opinion.stance, opinion.reason) == ((REF,), stance, "So.")
    assert read(posted(**of | {"opinion": "neutral"})).opinion is None


def test_a_doubt_needs_its_reason() -> None:
    of = {"type": "opinion", "id": f"opinion--{uuid4()}", "opinion": "disagree", "object_refs": [REF]}
    refused = meaning(posted(**of))
    assert isinstance(refused, Refused)
    assert refused.pointer == "/explanation"


def test_a_sighting_agrees_and_may_say_what_was_done() -> None:
    of = {"type": "sighting", "id": f"sighting--{uuid4()}", "sighting_of_ref": REF}
    opinion = read(posted(**of, extensions={EXTENSION: {"outcome": "removed"}})).opinion
    assert opinion is not None
    assert (opinion.refs, opinion.stance, opinion.outcome) == ((REF,), Stance.AGREE, Outcome.REMOVED)


def test_a_bundle_of_the_feed_reads_back() -> None:
    tombstone = SignalOut(f"sig_{'b' * 26}", State.GONE, 14)
    bundle = indicators.render(Feed((item(), tombstone), "next", False))
    assert stix2.parse(bundle.decode(), allow_custom=False).id == stix2.parse(bundle.decode()).id
    (signal,) = indicators.read(bundle)
    assert isinstance(signal, SignalIn)
    assert (signal.kind, signal.value, signal.tlp) == ("domain", "gift.example", Tlp.GREEN)


def test_a_bundle_of_others_answers_for_each_item() -> None:
    identity = b'{"type":"identity","id":"identity--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11"}'
    malware = b'{"type":"malware","id":"malware--2f0bd9e8-5a1f-4c0c-9b33-0c8c0b3f6f11"}'
    objects = [identity, posted(), posted(revoked=True), malware, b"7"]
    signal, withdrawal, *refused = indicators.read(b'{"objects":[' + b",".join(objects) + b"]}")
    assert isinstance(signal, SignalIn)
    assert withdrawal == Withdrawal(REF)
    assert all(isinstance(one, Refused) for one in refused)
    assert len(refused) == 2


def test_every_kind_has_a_vector() -> None:
    assert ONE_OF_EACH.keys() == {kind.name for kind in BUILTIN}


def test_the_namespace_is_the_collection() -> None:
    other = UUID(int=7)
    assert indicators.indicator_id("sig_x", other) != indicators.indicator_id("sig_x", COLLECTION)
