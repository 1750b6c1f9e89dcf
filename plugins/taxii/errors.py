"""Every fault as TAXII 2.1 §3.6.1 shapes it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response

from core.errors import HANDLERS as PROBLEMS
from core.sdk import Fault

MEDIA_TYPE = "application/taxii+json;version=2.1"
"""Of every body, exactly so: stock clients compare it."""


class TaxiiError(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong."""

    title: str
    http_status: str
    description: str = ""
    error_code: str = ""
    details: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By JSON pointer into what was sent."""


class NotAcceptable(Fault):
    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"


class Unprocessable(Fault):
    """The body is no envelope."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unprocessable"
