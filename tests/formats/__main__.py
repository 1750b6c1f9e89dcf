"""`python -m tests.formats` writes openapi/formats.md."""

import asyncio
from tempfile import TemporaryDirectory

from core.settings import Settings
from core.testing import BASE_URL, run_hub
from tests.conftest import migrate_all
from tests.formats.table import PAGE, measure, written


async def made(url: str) -> str:
    settings = Settings(secret="s" * 32, database_url=url, blobs_url="memory:///", base_url=BASE_URL)
    async with run_hub(settings) as hub:
        return written(await measure(hub))


with TemporaryDirectory() as folder:
    database = f"sqlite+aiosqlite:///{folder}/hub.db"
    migrate_all(database)
    PAGE.write_text(asyncio.run(made(database)), "utf-8")
