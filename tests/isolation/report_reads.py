"""How reports are read, and held to what their readers may know."""

from typing import Any

from tests.isolation.reader import Reader


async def read_files(reader: Reader) -> None:
    """The document of those that it may read, and the figures of those that are through its own eyes."""
    for report in reader.world.reports:
        path = f"/v1/reports/{report}"
        said = await reader.get(path, 404)
        for method in ("HEAD", "GET"):
            answer = await reader.ask(method, f"{path}/files/report.json", 404)
            assert answer.is_success == said.is_success, (reader.slug, report)
        if answer.is_success:
            _hold_figures(reader, answer.json())


def _hold_figures(reader: Reader, document: dict[str, Any]) -> None:
    (section,) = document["sections"]
    tables = {table["name"]: table for table in section["tables"]}
    if document["readers"] == "public":
        assert all(one["name"] != "partner" for table in tables.values() for one in table["dimensions"])
    if document["readers"] == "partner":
        assert document["partner"] == reader.slug
        expected = reader.world.oracle.opened(reader.slug)
        table = tables["signals_by_partner_and_category"]
        shown = {tuple(row["key"]): row["cells"][0] for row in table["rows"] if None not in row["key"]}
        assert shown.keys() == expected.keys()
        for key, number in shown.items():
            # Of others a small number is hidden, and what would give it away; nothing of one's own.
            assert number == expected[key] or (number is None and key[0] == "others"), (reader.slug, key)
