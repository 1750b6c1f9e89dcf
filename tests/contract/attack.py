"""Schemathesis against a listening hub: every phase, every check."""

import os
import subprocess
import sys
from collections.abc import Iterable
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


def attack(
    hub: LiveHub, slug: str, *, examples: int, boundaries: Iterable[str] | None = None, seed: int | None = None
) -> None:
    """As one partner, with all that its client may do. Fails with the report of schemathesis.

    The coverage phase tries every boundary of the schema, thousands of requests at any number of examples; of the
    operations `boundaries` alone, if they are given.
    """
    extent = ("--max-examples", str(examples), *(("--seed", str(seed)) if seed is not None else ()))
    _run(hub, slug, "--phases", "examples,fuzzing,stateful", *extent)
    chosen = [f"--include-operation-id={operation}" for operation in boundaries or ()]
    if chosen or boundaries is None:
        _run(hub, slug, "--phases", "coverage", *extent, *chosen)


def first_open_to(kind: str, hub: LiveHub) -> Iterable[str]:
    """Operations that this kind may call and none before it in the cast: so each has its boundaries tried once."""
    held = {one: set(hub.accounts[slug].scopes) for one, slug in CAST.items()}
    for methods in httpx.get(f"{hub.base_url}/openapi.json").json()["paths"].values():
        for operation in methods.values():
            needed = {scope for one in operation["security"] for scope in one.get("oauth2", ())}
            if next((one for one in CAST if needed <= held[one]), None) == kind:
                yield operation["operationId"]


def _run(hub: LiveHub, slug: str, *options: str) -> None:
    account = hub.accounts[slug]
    answer = httpx.post(
        f"{hub.base_url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(account.client_id, account.client_secret),
    )
    command = [
        *(str(SCHEMATHESIS), "--config-file", str(FOLDER / "schemathesis.toml"), "run", f"{hub.base_url}/openapi.json"),
        *("--header", f"Authorization: Bearer {answer.raise_for_status().json()['access_token']}"),
        *("--checks", "all", "--continue-on-failure", *options),
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.hooks"}
    done = subprocess.run(command, cwd=FOLDER.parents[1], env=environment, capture_output=True, text=True, check=False)
    report, _, _ = done.stdout.partition("= WARNINGS =")
    assert done.returncode == 0, report + done.stderr + hub.log.read_text()[-5_000:]
