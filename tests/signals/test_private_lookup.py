"""Asked without showing what: a partner's program does it from the contract alone, and learns nothing else."""

import base64
import hmac
import random
import string
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import delete, func, select, update

from core.auth.models import KindScope
from core.log.models import Audit
from core.signals import blind, blinding
from core.signals.models import Blind, BlindEpoch, BlindUse, SignalPolicy
from core.testing import TestedHub
from core.wire.scopes import PartnerKind, Scope
from tests.people import principal_of

Json = dict[str, Any]

ALPHABET = set(string.ascii_letters + string.digits + "-_")
PER_DAY = 10_000


def green(value: str, **more: Any) -> Json:
    return {"kind": "domain", "value": value, "tlp": "GREEN", "category": "phishing", "confidence": 87} | more


async def submit(hub: TestedHub, slug: str, *items: Json) -> list[str]:
    done = (await hub.client_as(slug).post("/v1/signals", json={"signals": items})).json()
    assert done["rejected"] == 0, done
    await catch_up(hub)
    return [result["id"] for result in done["results"]]


async def catch_up(hub: TestedHub) -> None:
    while await blinding.follow(hub.parts.db, hub.parts.keys, hub.parts.kinds):
        pass


class Partner:
    """What a partner can write from the contract, without a line of the hub's code."""

    def __init__(self, http: httpx.AsyncClient, told: Json) -> None:
        self.http = http
        self.told = told
        self.key = base64.urlsafe_b64decode(told["key"] + "=")

    @classmethod
    async def signed_in(cls, hub: TestedHub, slug: str) -> "Partner":
        http = hub.client_as(slug, "signals:lookup")
        answer = await http.get("/v1/lookup/key")
        assert answer.status_code == 200, answer.text
        return cls(http, answer.json())

    def digest(self, value: str, kind: str = "domain") -> bytes:
        return hmac.new(self.key, f"{kind}\0{value}".encode(), sha256).digest()

    def prefix(self, value: str, kind: str = "domain") -> str:
        bits = self.told["prefix_bits"]
        number = int.from_bytes(self.digest(value, kind), "big") >> (256 - bits)
        return format(number, f"0{-(-bits // 4)}x")

    async def ask(self, *prefixes: str) -> httpx.Response:
        known = {name: self.told[name] for name in ("epoch", "prefix_bits")}
        return await self.http.post("/v1/lookup/private", json=known | {"prefixes": prefixes})

    async def bucket(self, value: str) -> list[str]:
        answer = await self.ask(self.prefix(value))
        assert answer.status_code == 200, answer.text
        entries: list[str] = answer.json()["buckets"][0]["entries"]
        return entries

    async def known(self, value: str) -> Json | None:
        return self.open(self.digest(value), await self.bucket(value))

    def open(self, digest: bytes, entries: list[str]) -> Json | None:
        cipher = AESSIV(sha256(digest).digest())
        for entry in map(base64.urlsafe_b64decode, entries):
            if entry[:16] == digest[:16]:
                return msgspec.json.decode(cipher.decrypt(entry[16:], None))  # type: ignore[no-any-return]
        return None


async def test_a_partner_finds_what_it_may_see_from_the_contract_alone(hub: TestedHub) -> None:
    (signal,) = await submit(hub, "tiktok", green("bait.example"))
    meta = await Partner.signed_in(hub, "meta")
    found = {"id": signal, "state": "active", "category": "phishing", "confidence": 80}
    assert await meta.known("bait.example") == found
    assert await meta.known("other.example") is None
    answer = (await meta.ask(meta.prefix("other.example"))).json()
    assert "not mean safe" in answer["note"]["en"]


async def test_the_functions_for_clients_do_the_same(hub: TestedHub) -> None:
    await submit(hub, "tiktok", green("bait.example"))
    meta = await Partner.signed_in(hub, "meta")
    digest = blind.digest(meta.key, "domain", "bait.example")
    assert digest == meta.digest("bait.example")
    assert blind.prefix(digest, meta.told["prefix_bits"]) == meta.prefix("bait.example")
    known = blind.open_bucket(digest, await meta.bucket("bait.example"))
    assert known is not None
    assert known.category == "phishing"
    other = blind.digest(meta.key, "domain", "other.example")
    assert blind.open_bucket(other, await meta.bucket("other.example")) is None


async def test_every_bucket_is_as_long_as_any_other(hub: TestedHub) -> None:
    """Hit and miss, empty and full, one claim and two, the longest words and the shortest."""
    alone = await Partner.signed_in(hub, "meta")
    lengths = {len((await alone.ask(format(number, "x"))).content) for number in range(16)}
    items = [
        *(green(f"bait-{number}.example") for number in range(100)),
        green("long.example", category="trafficking_recruitment", confidence=100),
        {"kind": "domain", "value": "short.example", "tlp": "GREEN"},
    ]
    await submit(hub, "tiktok", *items)
    await submit(hub, "google", items[0], green("another.example"))
    meta = await Partner.signed_in(hub, "meta")
    assert meta.told["prefix_bits"] == 4
    for value in ("bait-0.example", "long.example", "short.example", "missing.example"):
        answer = await meta.ask(meta.prefix(value))
        assert len(answer.json()["buckets"][0]["entries"]) == 64
        lengths.add(len(answer.content))
    lengths |= {len((await meta.ask(format(number, "x"))).content) for number in range(16)}
    assert len(lengths) == 1
    assert len({len((await meta.ask(*["0"] * 99, last)).content) for last in "0af"}) == 1


async def test_asking_again_tells_nothing(hub: TestedHub) -> None:
    await submit(hub, "tiktok", green("bait.example"))
    meta = await Partner.signed_in(hub, "meta")
    first = await meta.bucket("bait.example")
    assert await meta.bucket("bait.example") == first
    assert (await Partner.signed_in(hub, "meta")).told["key"] == meta.told["key"]
    assert (await (await Partner.signed_in(hub, "meta")).bucket("bait.example")) == first
    google = await Partner.signed_in(hub, "google")
    theirs = await google.bucket("bait.example")
    assert google.key == meta.key
    assert len(set(first) & set(theirs)) == 1, "two partners cannot sort dummies out by comparing"


async def test_a_dummy_looks_like_a_real_one(hub: TestedHub) -> None:
    """The same alphabet and length, bits as even, places in the bucket as mixed; only the value opens an entry."""
    values = [f"bait-{number}.example" for number in range(200)]
    await submit(hub, "tiktok", *map(green, values))
    meta = await Partner.signed_in(hub, "meta")
    digests = {meta.digest(value)[:16]: meta.digest(value) for value in values}
    real: list[bytes] = []
    dummies: list[bytes] = []
    places: list[int] = []
    for number in range(16):
        for place, entry in enumerate((await meta.ask(format(number, "x"))).json()["buckets"][0]["entries"]):
            assert len(entry) == 200
            assert set(entry) <= ALPHABET
            raw = base64.urlsafe_b64decode(entry)
            assert raw[0] >> 4 == number
            (real if raw[:16] in digests else dummies).append(raw)
            places += [place] if raw[:16] in digests else []
    assert (len(real), len(dummies)) == (200, 16 * 64 - 200)
    for entries in (real, dummies):
        ones = sum(int.from_bytes(entry[1:], "big").bit_count() for entry in entries)
        share = ones / (8 * 149 * len(entries))
        assert abs(share - 0.5) < 6 * 0.5 / (8 * 149 * len(entries)) ** 0.5
    assert 25 < sum(places) / len(places) < 38
    for entry in random.Random(1).sample(dummies, 50):
        for digest in digests.values():
            with pytest.raises(InvalidTag):
                AESSIV(sha256(digest).digest()).decrypt(entry[16:], None)


async def test_what_a_partner_may_not_see_is_in_none_of_its_buckets(hub: TestedHub) -> None:
    hidden = green("hidden.example", tlp="RED")
    google = await Partner.signed_in(hub, "google")
    before = await google.bucket("hidden.example")
    await submit(hub, "tiktok", hidden)
    assert await google.bucket("hidden.example") == before, "not a byte tells of it"
    assert await (await Partner.signed_in(hub, "tiktok")).known("hidden.example")
    await submit(hub, "google", green("hidden.example", tlp="RED", category="grooming"))
    found = await google.known("hidden.example")
    assert found is not None
    assert found["category"] == "grooming"


async def test_who_has_not_the_key_recovers_nothing(hub: TestedHub) -> None:
    """Every number of a block is tried against what went over the wire, with every digest that needs no key."""
    numbers = [f"+8490000{number:04}" for number in range(10_000)]
    await submit(hub, "tiktok", *({"kind": "phone", "value": one, "tlp": "GREEN"} for one in numbers[100:110]))
    meta = await Partner.signed_in(hub, "meta")
    entries = [
        base64.urlsafe_b64decode(entry)
        for bucket in (await meta.ask(*(format(number, "x") for number in range(16)))).json()["buckets"]
        for entry in bucket["entries"]
    ]
    starts = {entry[:16] for entry in entries}
    assert sum(meta.digest(one, "phone")[:16] in starts for one in numbers) == 10, "the holder of the key can"
    for guess in (b"", bytes(32), b"phone", b"1"):
        tried = {hmac.digest(guess, f"phone\0{one}".encode(), "sha256")[:16] for one in numbers}
        assert not tried & starts
    plain = {sha256(text.encode()).digest()[:16] for one in numbers for text in (one, f"phone\0{one}", one[1:])}
    assert not plain & starts


async def test_a_day_has_so_many_prefixes_and_no_more(hub: TestedHub) -> None:
    async with hub.parts.db.writer() as session:
        few = update(SignalPolicy).where(SignalPolicy.name == "private_lookups_per_day").values(value=10)
        await session.execute(few)
    meta = await Partner.signed_in(hub, "meta")
    assert (meta.told["prefixes_per_day"], meta.told["prefixes_left"]) == (10, 10)
    assert (await meta.ask(*"01234567")).status_code == 200
    refused = await meta.ask(*"012")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert refused.headers["RateLimit"].startswith('"private-lookups";r=2;t=')
    assert "2 of 10" in refused.json()["detail"]
    assert (await meta.ask(*"01")).status_code == 200, "what was refused cost nothing"
    assert (await meta.ask("0")).status_code == 429
    assert (await Partner.signed_in(hub, "meta")).told["prefixes_left"] == 0
    assert (await (await Partner.signed_in(hub, "google")).ask("0")).status_code == 200
    await _pass_a_day(hub)
    assert (await meta.ask("0")).status_code == 200


async def _pass_a_day(hub: TestedHub) -> None:
    async with hub.parts.db.writer() as session:
        await session.execute(update(BlindUse).values(day="2020-01-01"))


async def test_each_call_is_written_down_by_number_and_never_by_value(hub: TestedHub) -> None:
    meta = await Partner.signed_in(hub, "meta")
    await meta.ask("0", "1", "2")
    await meta.ask("zz")
    async with hub.parts.db.survey() as session:
        mine = select(Audit).where(Audit.partner == (await principal_of(hub, "meta")).partner).order_by(Audit.id)
        rows = list(await session.scalars(mine))
    assert [(row.what, msgspec.json.decode(row.detail)) for row in rows] == [
        ("ReadLookupKey", {"epoch": 1}),
        ("LookUpPrivately", {"epoch": 1, "prefixes": 3}),
    ]


FAULTS = [
    ({"epoch": 1, "prefix_bits": 4, "prefixes": []}, 400),
    ({"epoch": 1, "prefix_bits": 4, "prefixes": ["0"] * 101}, 400),
    ({"epoch": 1, "prefix_bits": 4, "prefixes": ["00"]}, 400),
    ({"epoch": 1, "prefix_bits": 4, "prefixes": ["A"]}, 400),
    ({"epoch": 1, "prefix_bits": 4, "prefixes": ["bait.example"]}, 400),
    ({"epoch": 1, "prefixes": ["0"]}, 400),
    ({"epoch": 2, "prefix_bits": 4, "prefixes": ["0"]}, 409),
    ({"epoch": 1, "prefix_bits": 5, "prefixes": ["00"]}, 409),
]


@pytest.mark.parametrize(("body", "status"), FAULTS, ids=str)
async def test_what_does_not_fit_is_refused_and_costs_nothing(hub: TestedHub, body: Json, status: int) -> None:
    meta = await Partner.signed_in(hub, "meta")
    answer = await meta.http.post("/v1/lookup/private", json=body)
    assert answer.status_code == status
    if status == 409:
        assert {one["pointer"]: one["detail"] for one in answer.json()["errors"]} == {
            "/epoch": "1",
            "/prefix_bits": "4",
        }
    assert (await Partner.signed_in(hub, "meta")).told["prefixes_left"] == PER_DAY


async def test_only_a_kind_that_may_pull_the_feed_gets_the_key(hub: TestedHub) -> None:
    """Whatever its scopes are."""
    await hub.admit(("curious", PartnerKind.PLATFORM))
    client = hub.client_as("curious", "signals:lookup")
    assert (await client.get("/v1/lookup/key")).status_code == 200
    await _forbid_the_feed_to(hub, "platform")
    for answer in (
        await client.get("/v1/lookup/key"),
        await client.post("/v1/lookup/private", json={"epoch": 1, "prefix_bits": 4, "prefixes": ["0"]}),
    ):
        assert answer.status_code == 403


async def _forbid_the_feed_to(hub: TestedHub, kind: str) -> None:
    reading = (KindScope.kind == kind, KindScope.scope == Scope.SIGNALS_READ)
    async with hub.parts.db.writer() as session:
        await session.execute(delete(KindScope).where(*reading))


async def test_lookups_need_their_own_scope_and_not_the_feeds(hub: TestedHub) -> None:
    await submit(hub, "tiktok", green("bait.example"))
    asked = {"items": [{"kind": "domain", "value": "bait.example"}]}
    lookup = hub.client_as("meta", "signals:lookup")
    assert (await lookup.post("/v1/signals/lookup", json=asked)).json()["results"][0]["known"]
    assert (await lookup.get("/v1/signals")).status_code == 403
    feed = hub.client_as("meta", "signals:read")
    assert (await feed.post("/v1/signals/lookup", json=asked)).status_code == 403
    assert (await feed.get("/v1/lookup/key")).status_code == 403


async def test_an_overfull_bucket_asks_for_a_finer_prefix_and_loses_nothing(hub: TestedHub) -> None:
    """Values ground to fall into one bucket, as a partner with the key could."""
    meta = await Partner.signed_in(hub, "meta")
    number = 0
    values: list[str] = []
    while len(values) < 70:
        value = f"ground-{number}.example"
        values += [value] if meta.prefix(value) == "a" else []
        number += 1
    await submit(hub, "tiktok", *map(green, values))
    refused = await meta.ask("a")
    assert refused.status_code == 409
    again = await Partner.signed_in(hub, "meta")
    assert again.told["prefix_bits"] == 5
    assert all([await again.known(value) for value in values[:5] + values[-5:]])
    assert await again.known("missing.example") is None


async def test_buckets_stay_small_as_signals_grow(hub: TestedHub) -> None:
    await submit(hub, "tiktok", *(green(f"bait-{number}.example") for number in range(1_000)))
    meta = await Partner.signed_in(hub, "meta")
    assert meta.told["prefix_bits"] == 6
    assert await meta.known("bait-999.example")
    async with hub.parts.db.survey() as session:
        rows = (await session.execute(select(func.count()).select_from(Blind))).scalar_one()
        epoch = (await session.scalars(select(BlindEpoch))).one()
    assert (rows, epoch.entries) == (1_000, 1_000)


def test_bits_follow_the_number_of_signals() -> None:
    assert [blind.bits_for(entries) for entries in (0, 1, 24 * 16, 24 * 16 + 1, 24 * 32, 5_000_000)] == [
        4,
        4,
        4,
        5,
        5,
        18,
    ]
    for entries in range(1, 3_000):
        assert entries / (1 << blind.bits_for(entries)) <= 24
