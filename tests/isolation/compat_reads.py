"""How compatible exchanges are read, and what each partner must find there."""

from typing import Any

from tests.isolation.reader import Read

READS: dict[str, Read] = {}

HIDDEN: dict[str, dict[str, Any]] = {}
"""As in test_ids."""

OPEN: dict[str, str] = {}
"""As in test_ids."""
