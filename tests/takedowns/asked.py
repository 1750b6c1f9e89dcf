"""What the tests of cases ask, and answer."""

from typing import Any

import httpx

from core.testing import TestedHub

ORDER = {"kind": "authority_order", "order_number": "77/QĐ-MẬT", "issuer": "Phòng An ninh", "date": "2026-10-20"}
NOTICE = {"kind": "protection_notice"}
REMOVED = {
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "automated_detection": "No",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    "territorial_scope": ["VN"],
}
NO_ACTION = {"non_action": "KMM_NON_ACTION_NOT_VIOLATING"}
OUTCOMES = {"removed": REMOVED, "restricted": REMOVED, "no_action": NO_ACTION}


def item(url: str = "https://gift.example/claim", *platforms: str, **more: Any) -> dict[str, Any]:
    asked = {"target": {"url": url}, "platforms": platforms or ("tiktok",), "basis": NOTICE, "category": "phishing"}
    return asked | more


async def ask(hub: TestedHub, slug: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The results."""
    answer = await hub.client_as(slug).post("/v1/takedowns", json={"items": items})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def opened(hub: TestedHub, slug: str = "chongluadao", *items: dict[str, Any]) -> str:
    """The id of the only case that this opens."""
    (result,) = await ask(hub, slug, *(items or (item(),)))
    assert result["status"] == "opened", result
    return str(result["id"])


async def say(hub: TestedHub, case: str, state: str, slug: str = "tiktok", **more: Any) -> dict[str, Any]:
    """The result of one answer."""
    said = {"takedown": case, "state": state} | ({"outcome": OUTCOMES[state]} if state in OUTCOMES else {}) | more
    answer = await hub.client_as(slug).post("/v1/takedowns/answers", json={"items": [said]})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    return dict(result)


async def shown(hub: TestedHub, case: str, slug: str = "tiktok") -> Any:
    answer = await hub.client_as(slug).get(f"/v1/takedowns/{case}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def move(http: httpx.AsyncClient, case: str, state: str, **more: Any) -> httpx.Response:
    return await http.post(f"/v1/takedowns/{case}/moves", json={"state": state, **more})


def codes(result: dict[str, Any]) -> list[str]:
    return [error["code"] for error in result["errors"]]
