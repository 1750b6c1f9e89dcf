"""What tests of webhooks share."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from core.settings import Settings
from core.testing import TestedHub
from tests.conftest import CAST, Cast
from tests.plugins.webhooks.hubs import reaching

Start = Callable[..., AbstractAsyncContextManager[TestedHub]]


@pytest.fixture
def database_url(new_database: Callable[..., str], hub_cast: Cast) -> str:
    """With the cast in it, as for the fixture `hub`."""
    assert hub_cast
    return new_database(CAST)


@pytest.fixture
def start(hub_settings: Settings, hub_cast: Cast) -> Start:
    """`async with start(receiver, …) as hub`: a hub that may reach them."""
    return partial(reaching, hub_settings, cast=hub_cast)
