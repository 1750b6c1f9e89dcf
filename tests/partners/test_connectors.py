"""Every connector, held to its contract; and every recorded payload, sent as its partner would send it."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import pytest

from core.plugin.connector import Connector
from core.sdk import (
    AnswerIn,
    Example,
    PartnerKind,
    Sharing,
    SignalIn,
    Withdrawal,
    run_connector_contract,
)
from core.testing import TestedHub
from partners.agency.chongluadao import Blocklist, BlocklistFile
from partners.agency.plugin import Agency
from partners.agency.spreadsheet import Spreadsheet
from partners.alliance.plugin import Alliance
from partners.platform import google, meta, tiktok
from partners.platform.plugin import Platform
from partners.protection.hotline import HotlineForm, HotlineTable
from partners.protection.ncmec import Ncmec
from partners.protection.plugin import Protection
from partners.protection.stopncii import StopNcii

CONNECTORS: Mapping[str, Connector] = {
    "platform": Platform(),
    "google": google.Google(Sharing()),
    "meta": meta.MetaPlatforms(meta.Settings(app_secret="s")),
    "tiktok": tiktok.TikTok(tiktok.Settings(client_secret="s")),
    "alliance": Alliance(),
    "protection": Protection(),
    "stopncii": StopNcii(Sharing()),
    "ncmec": Ncmec(Sharing()),
    "hotline table": HotlineTable(Sharing()),
    "hotline form": HotlineForm(Sharing()),
    "agency": Agency(),
    "spreadsheet": Spreadsheet(),
    "chongluadao": Blocklist(Sharing()),
    "chongluadao file": BlocklistFile(Sharing()),
}
SENDERS = {
    "platform": "example-bank",
    "alliance": "digital-trust-alliance",
    "protection": "child-protection-network",
    "hotline table": "hotline-111",
    "hotline form": "hotline-111",
    "agency": "a05",
    "spreadsheet": "a05",
    "chongluadao file": "chongluadao",
}


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_connector_holds_its_contract(name: str) -> None:
    run_connector_contract(CONNECTORS[name])


def test_every_installed_connector_is_among_them(hub: TestedHub) -> None:
    slugs = {"any-other", *CONNECTORS, *SENDERS.values()}
    speaking = {
        type(connector)
        for slug in slugs
        for kind in PartnerKind
        for connector in hub.parts.plugins.connectors(kind, slug).values()
    }
    assert speaking == {type(connector) for connector in CONNECTORS.values()}


async def test_every_recorded_payload_is_taken_as_a_whole(hub: TestedHub) -> None:
    protecting = ((slug, PartnerKind.PROTECTION) for slug in ("stopncii", "ncmec", "hotline-111"))
    await hub.admit(("example-bank", PartnerKind.PLATFORM), *protecting)
    founder = hub.client_as("child-protection-network")
    founded = await founder.post("/v1/groups", json={"slug": "hash-exchange", "name": "Hashes"})
    assert founded.status_code == 201, founded.text
    said: dict[str, set[str | None]] = defaultdict(set)
    for name, connector in CONNECTORS.items():
        sender = SENDERS.get(name, name)
        http = hub.client_as(sender)
        for example in _reports_first(connector):
            headers = {"Content-Type": connector.media_types[0]}
            answer = await http.post("/v1/connect", content=example.payload, headers=headers)
            assert answer.status_code == 200, f"{name} {example.status}: {answer.text}"
            statuses = [result["status"] for result in answer.json()["results"]]
            expected = [_taken(one, said[sender]) for one in example.becomes]
            assert statuses == expected, f"{name} {example.status}: {answer.text}"
            said[sender] |= {one.external_id for one in example.becomes if isinstance(one, SignalIn)}


def _taken(one: SignalIn | Withdrawal | AnswerIn, said: Collection[str | None]) -> str:
    if isinstance(one, AnswerIn):
        # The case of the recording is of another hub.
        return "not_found"
    if isinstance(one, Withdrawal):
        return "retracted"
    return "unchanged" if one.external_id in said else "created"


def _reports_first(connector: Connector) -> list[Example]:
    return sorted(connector.examples(), key=lambda example: isinstance(example.becomes[0], Withdrawal))
