"""What the test runs in the clean environment: one call for each thing that the sample plugin adds.

Prints one JSON object of what was found.
"""

import asyncio
import importlib
import json
import sys
from pathlib import Path

import core
from core.migrate import migrate
from core.plugin.host import PluginHost
from core.sdk import run_connector_contract
from core.settings import Settings
from core.testing import run_hub
from core.wire.scopes import PartnerKind

REPORT = {"ticket": "T-9", "state": "locked", "game": "Example-Quest", "player": 4321}


def hold_contract() -> None:
    # By name: where types are checked, the sample is not installed.
    sample = importlib.import_module("example_games")
    run_connector_contract(sample.ExampleGames(sample.Settings()))


async def journey(folder: Path) -> dict[str, object]:
    url = f"sqlite:///{folder / 'hub.db'}"
    plugins = {"example-games": {"tlp": "GREEN"}}
    settings = Settings(secret="s" * 32, database_url=url, blobs_url="memory:///", plugins=plugins)
    await asyncio.to_thread(migrate, url, PluginHost(settings).migrations())
    async with run_hub(settings) as hub:
        await hub.admit(("example-games", PartnerKind.PLATFORM))
        publisher, reader = hub.client_as("example-games"), hub.client_as("tiktok")
        sent = await publisher.post("/v1/connect", json={"reports": [REPORT]})
        accounts = await reader.get("/example-games/accounts")
        tsv = await reader.get("/v1/signals", headers={"Accept": "text/tab-separated-values"})
        period = {"from": "2025-10-01", "to": "2025-12-01"}
        wanted = {"period": period, "definition": {"sections": ["games"]}}
        ordered = await reader.post("/v1/reports", json=wanted)
        await hub.parts.reporter.work()
        report = await reader.get(f"{ordered.headers['location']}/files/report.json")
    return {
        "core": str(Path(core.__file__).parent),
        "sent": [result["status"] for result in sent.json()["results"]],
        "accounts": accounts.json(),
        "tsv": tsv.text.split("\t")[1:],
        "sections": {section["name"]: section["status"] for section in report.json()["sections"]},
    }


if __name__ == "__main__":
    hold_contract()
    print(json.dumps(asyncio.run(journey(Path(sys.argv[1])))))  # noqa: T201 - its output is what the test reads
