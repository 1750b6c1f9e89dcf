"""What stands beside signals, one of each with marked words in it, and who may read it."""

from typing import Any

from core.safeguards import quality
from tests.isolation.world import OPERATOR, Rule, World


async def make_cases(world: World) -> None:
    """Between an agency, a child-protection group and a platform that are active now."""
    agency, protection, platform = (_active(world, kind) for kind in ("agency", "protection", "platform"))
    await _takedown(world, agency, protection, platform)
    await _preservation(world, agency, platform)
    await _referral(world, agency, protection)
    await _emergency(world, agency, protection)
    await _contact(world, platform)
    await _endpoint(world, platform)
    await quality.refresh(world.hub.parts.db)


def _active(world: World, kind: str) -> str:
    kinds, suspended = world.oracle.kinds, world.oracle.suspended
    return next(slug for slug in world.partners if kinds[slug] == kind and slug not in suspended)


def _among(world: World, *parties: str, operator: bool = True) -> Rule:
    return lambda viewer, _: viewer in parties or (operator and world.oracle.kinds[viewer] == "operator")


async def _made(world: World, slug: str, path: str, body: Any, *parties: str, operator: bool = True) -> str:
    """The path of what was made, which is read by those parties."""
    name = (await world.act(slug, "POST", path, body)).json()["id"]
    world.cases[f"{path}/{name}"] = _among(world, *parties, operator=operator)
    return str(name)


async def _takedown(world: World, agency: str, protection: str, platform: str) -> None:
    """Both ask for the same; neither reads what the other wrote."""
    order = {"order_number": "77/QD", "issuer": "Department", "date": "2026-10-20"}
    for slug, basis in ((agency, order | {"kind": "authority_order"}), (protection, {"kind": "protection_notice"})):
        word = world.mark(_among(world, slug, platform))
        item = {"target": {"url": "https://case.example/"}, "platforms": [platform], "category": "phishing"}
        body = {"items": [item | {"basis": basis, "reason": word}]}
        (result,) = (await world.act(slug, "POST", "/v1/takedowns", body)).json()["results"]
    world.cases[f"/v1/takedowns/{result['id']}"] = _among(world, agency, protection, platform)


async def _preservation(world: World, agency: str, platform: str) -> None:
    parties = (agency, platform)
    body = {"platform": platform, "target": {"url": "https://kept.example/"}, "scope": ["traffic"], "days": 90}
    body["legal_basis"] = world.mark(_among(world, *parties))
    await _made(world, agency, "/v1/preservations", body, *parties)


async def _referral(world: World, sender: str, receiver: str) -> None:
    """The operator sees that it is there, not what it says."""
    word = world.mark(_among(world, sender, receiver, operator=False))
    body: dict[str, Any] = {
        "receiver": receiver,
        "service": "shelter",
        "age_band": "7_15",
        "urgency": "now",
        "note": word,
    }
    body["ground"] = {"ground": "vital_interest", "reason": word}
    await _made(world, sender, "/v1/referrals", body, sender, receiver)


async def _emergency(world: World, agency: str, protection: str) -> None:
    """Told to those who answer; what it is about is no business of the operator's."""
    row = {"agency": agency, "protection": protection, "source": "Protocol", "valid_from": "2025-10-06"}
    await world.act(OPERATOR, "POST", "/v1/responsibilities", row)
    body = {"category": "grooming", "summary": world.mark(_among(world, agency, protection, operator=False))}
    await _made(world, agency, "/v1/emergencies", body, agency, protection)
    for push in (await world.act(OPERATOR, "GET", "/v1/pushes")).json()["pushes"]:
        world.cases[f"/v1/pushes/{push['id']}"] = _among(world, push["partner"])


async def _contact(world: World, owner: str) -> None:
    word = world.mark(lambda viewer, scopes: viewer == owner or "takedowns:manage" in scopes)
    contact = {"channel": "webhook", "address": f"https://{word}.example/", "label": word}
    await world.act(owner, "PUT", "/v1/me/contacts", {"contacts": [contact]})


async def _endpoint(world: World, owner: str) -> None:
    word = world.mark(_among(world, owner, operator=False))
    body = {"url": f"https://{word}.example/", "types": ["webhook.lapsed"], "description": word}
    await _made(world, owner, "/webhooks/endpoints", body, owner, operator=False)
