"""Reports that a hub makes in the background."""

import asyncio
from typing import Any

import httpx

_PATIENCE = 1_200


async def until_made(client: httpx.AsyncClient, report: str) -> dict[str, Any]:
    """How the report `report` is described once it is made."""
    for _ in range(_PATIENCE):
        answer = await client.get(f"/v1/reports/{report}")
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        assert found["state"] not in ("failed", "refused"), found
        if found["state"] == "made":
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(f"the report is still {found['state']}")
