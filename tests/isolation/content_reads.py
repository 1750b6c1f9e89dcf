"""The ways to read materials and what hangs on them."""

from urllib.parse import quote

from tests.isolation.reader import Read, Reader, simple


async def list_materials(reader: Reader) -> None:
    found = {material["id"] for material in await reader.pages("/v1/materials", "materials", limit=2)}
    marks = reader.world.allowed(reader.slug, reader.world.reading(reader.slug))
    assert found == {material for material, name in reader.world.assets.items() if name.removesuffix(".png") in marks}


async def get_material(reader: Reader) -> None:
    for material in reader.world.materials:
        await reader.get(f"/v1/materials/{material}", 404, 410)


async def get_recall(reader: Reader) -> None:
    for material in reader.world.materials:
        await reader.get(f"/v1/materials/{material}/recall", 404)


async def get_asset(reader: Reader) -> None:
    for material, name in reader.world.assets.items():
        path = f"/v1/materials/{material}/versions/1/assets/{quote(name)}"
        for method in ("GET", "HEAD"):
            await reader.ask(method, path, 404, 410)


async def get_rendition(reader: Reader) -> None:
    for material, name in reader.world.assets.items():
        path = f"/v1/materials/{material}/versions/1/assets/{quote(name)}/renditions/thumbnail"
        for method in ("GET", "HEAD"):
            await reader.ask(method, path, 404, 410)


async def get_pack(reader: Reader) -> None:
    """The world has none; those of others are tried in test_ids."""
    for material in reader.world.materials:
        for method in ("GET", "HEAD"):
            await reader.ask(method, f"/v1/materials/{material}/versions/1/pack", 403, 404, 410)


async def get_upload(reader: Reader) -> None:
    """One that nobody has; those of others are tried by their ids in test_ids."""
    await reader.ask("HEAD", f"/v1/uploads/upl_{'a' * 26}", 404, headers={"Tus-Resumable": "1.0.0"})


async def get_kit(reader: Reader) -> None:
    for material in reader.world.materials:
        for method in ("GET", "HEAD"):
            await reader.ask(method, f"/v1/materials/{material}/versions/1/kit", 403, 404, 410)


async def get_kits(reader: Reader) -> None:
    for material in reader.world.materials:
        await reader.get("/v1/kits", 403, 404, 410, ids=material)


async def get_link(reader: Reader) -> None:
    for material in reader.world.materials:
        await reader.get(f"/v1/materials/{material}/qr", 404, 410)
        await reader.get(f"/v1/materials/{material}/link", 404, 410)


async def follow_link(reader: Reader) -> None:
    """Codes are printed: anyone may have come by those that their author knows."""
    for material, author in reader.world.materials.items():
        link = await reader.world.hub.client_as(author).get(f"/v1/materials/{material}/link")
        if link.is_success:
            await reader.get(link.json()["url"], 404, 410)


async def read_material_feed(reader: Reader) -> None:
    for accept in ("application/feed+json", "application/atom+xml"):
        await reader.get("/v1/materials/feed", accept=accept)


async def read_points(reader: Reader) -> None:
    for one in await reader.pages("/v1/campaigns/open/activities", "activities", limit=100):
        await reader.get(f"/v1/activities/{one['id']}/points")


CONTENT: dict[str, Read] = {
    "ListCampaigns": simple("/v1/campaigns", "campaigns"),
    "GetCampaign": simple("/v1/campaigns/open"),
    "GetGoalsProgress": simple("/v1/campaigns/open/goals"),
    "ListGaps": simple("/v1/campaigns/open/gaps?province=01"),
    "ListStrands": simple("/v1/strands"),
    "ListCommunes": simple("/v1/communes?province=01"),
    "MatchCommune": simple("/v1/communes/match?name=Ba%20Dinh"),
    "ListConnectionPoints": read_points,
    "ListActivities": simple("/v1/campaigns/open/activities", "activities"),
    "ListProvinces": simple("/v1/provinces"),
    "ListMaterials": list_materials,
    "GetMaterial": get_material,
    "GetRecall": get_recall,
    "ListApprovalPolicies": simple("/v1/approval-policies"),
    "ListLicences": simple("/v1/licences"),
    "GetLicence": simple("/v1/licences/LicenseRef-KMM-1.0"),
    "GetAsset": get_asset,
    "GetRendition": get_rendition,
    "GetUpload": get_upload,
    "GetPack": get_pack,
    "GetKit": get_kit,
    "GetKits": get_kits,
    "GetLink": get_link,
    "GetQr": get_link,
    "FollowLink": follow_link,
    "ReadMaterialFeed": read_material_feed,
    "ListUsage": simple("/v1/usage", "usage"),
    "SumUsage": simple("/v1/usage/totals"),
}
"""By operation, those of campaigns and content."""
