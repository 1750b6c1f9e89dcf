"""What tests of webhooks share."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from core.settings import Settings
from core.testing import TestedHub
from tests.plugins.webhooks.hubs import reaching

Start = Callable[..., AbstractAsyncContextManager[TestedHub]]


@pytest.fixture
def start(hub_settings: Settings) -> Start:
    """`async with start(receiver, …) as hub`: a hub that may reach them."""
    return partial(reaching, hub_settings)
