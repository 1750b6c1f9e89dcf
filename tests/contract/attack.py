"""Schemathesis against a listening hub: every phase, every check."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.live import LiveHub

FOLDER = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

CAST = {
    "operator": "secretariat",
    "alliance": "digital-trust-alliance",
    "platform": "tiktok",
    "protection": "chongluadao",
    "creator": "creator-mai",
    "agency": "a05",
}
"""Who stands for each kind of partner."""


def attack(hub: LiveHub, slug: str, *, examples: int, seed: int | None = None) -> None:
    """As one partner, with all that its client may do. Fails with the report of schemathesis."""
    account = hub.accounts[slug]
    answer = httpx.post(
        f"{hub.base_url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(account.client_id, account.client_secret),
    )
    command = [
        *(SCHEMATHESIS, "--config-file", FOLDER / "schemathesis.toml", "run", f"{hub.base_url}/openapi.json"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {answer.raise_for_status().json()['access_token']}"),
        *("--max-examples", str(examples), *(("--seed", str(seed)) if seed is not None else ())),
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.hooks"}
    done = subprocess.run(command, cwd=FOLDER.parents[1], env=environment, capture_output=True, text=True, check=False)
    report, _, _ = done.stdout.partition("= WARNINGS =")
    assert done.returncode == 0, report + done.stderr + hub.log.read_text()[-5_000:]
