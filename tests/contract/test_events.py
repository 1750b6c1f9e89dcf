"""The catalogue of events: each says when it fires and for whom, and both its documents hold what is sent."""

import inspect
import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from core.openapi import asyncapi
from core.testing import TestedHub
from core.wire.events import catalogue

PLAIN = (msgspec.inspect.IntType, msgspec.inspect.StrType, msgspec.inspect.EnumType, msgspec.inspect.DateTimeType)
CHANNELS = ("events", "webhook")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return msgspec.json.decode(asyncapi.render(), type=dict[str, Any])


def _resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [one for inner in value.values() for one in _references(inner)]
    return [one for inner in value for one in _references(inner)] if isinstance(value, list) else []


def test_every_event_is_thin_and_says_for_whom_it_is() -> None:
    for name, kind in catalogue().items():
        text = inspect.getdoc(kind) or ""
        assert re.search("For |alone", text), name
        for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
            assert all(isinstance(one, (*PLAIN, msgspec.inspect.NoneType)) for one in kinds), (name, field.name)


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = _references(document)
    assert len(references) > 2 * len(catalogue())
    for reference in references:
        _resolve(document, reference)


def test_the_document_has_every_event_on_both_ways(document: dict[str, Any]) -> None:
    """Held to the rules of AsyncAPI 3.0.0 that it rests on; its schema comes as a package of JavaScript only."""
    assert document["asyncapi"] == "3.0.0"
    for channel in CHANNELS:
        assert document["channels"][channel]["messages"].keys() == catalogue().keys()
    assert [one["action"] for one in document["operations"].values()] == ["receive", "receive"]


def validator(document: dict[str, Any], channel: str, name: str) -> Any:
    payload = document["channels"][channel]["messages"][name]["payload"]
    return jsonschema_rs.validator_for(payload | {"components": document["components"]})


def test_every_payload_is_a_schema_that_tells_events_apart(document: dict[str, Any]) -> None:
    envelope = {"id": "evt_1", "timestamp": "2026-11-22T08:00:00Z", "position": 1}
    sent = envelope | {"type": "material.published", "data": {"material": "mat_x", "version": 1}}
    for channel in CHANNELS:
        for name in catalogue():
            assert validator(document, channel, name).is_valid(sent) == (name == "material.published"), name
        for wrong in ({"data": {"material": "mat_x"}}, {"id": None}, {"extra": 1}):
            assert not validator(document, channel, "material.published").is_valid(sent | wrong), wrong


async def test_what_the_hub_sends_is_what_the_document_says(hub: TestedHub, document: dict[str, Any]) -> None:
    await hub.client_as("tiktok").post(
        "/v1/signals", json={"signals": [{"kind": "domain", "value": "a.example", "tlp": "GREEN"}]}
    )
    await hub.client_as("secretariat").post("/v1/campaigns", json={"slug": "new", "title": {"vi": "Mới"}})
    events = (await hub.client_as("secretariat").get("/v1/events")).json()["events"]
    assert {event["type"] for event in events} >= {"partner.admitted", "campaign.changed", "signals.changed"}
    for event in events:
        assert validator(document, "events", event["type"]).is_valid(event), event
