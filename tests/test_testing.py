"""The harness that plugin authors get gives them a hub in which every kind of partner is at home."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from core.demo import PARTNERS
from core.wire.scopes import PartnerKind

if TYPE_CHECKING:
    from core.testing import TestedHub


async def test_every_partner_of_the_cast_is_signed_in(client_as: Callable[..., httpx.AsyncClient]) -> None:
    for slug, (kind, _) in PARTNERS.items():
        me = (await client_as(slug).get("/v1/me")).json()
        assert (me["partner"], me["kind"]) == (slug, kind)
    assert {kind for kind, _ in PARTNERS.values()} == set(PartnerKind)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_newcomer_sees_what_the_community_shares(hub: "TestedHub") -> None:
    signal = {"kind": "domain", "value": "bait.example", "tlp": "GREEN"}
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": [signal]})
    await hub.admit(("newcomer", PartnerKind.PLATFORM))
    feed = (await hub.client_as("newcomer", "signals:read").get("/v1/signals")).json()
    assert [one["value"] for one in feed["signals"]] == ["bait.example"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_scopes_narrow_the_token(client_as: Callable[..., httpx.AsyncClient]) -> None:
    answer = await client_as("tiktok", "signals:read").post("/v1/signals", json={"signals": []})
    assert answer.status_code == httpx.codes.FORBIDDEN


BARE = """
import sys

sys.modules["pytest_asyncio"] = None
import pytest

sys.exit(pytest.main(["-q", "-c", "bare.ini", "-p", "core.testing", "test_bare.py"]))
"""


def test_pytest_runs_beside_the_hub_without_pytest_asyncio(tmp_path: Path) -> None:
    (tmp_path / "bare.ini").write_text("[pytest]\n")
    (tmp_path / "test_bare.py").write_text("def test_something_else():\n    pass\n")
    bare = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", BARE]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=bare, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
