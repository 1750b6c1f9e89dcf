"""The published contract is what the code says, and says enough."""

from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from core import openapi
from core.app import create_app
from core.cli.server import other_pages
from core.settings import Settings
from core.wire.scopes import Scope

FOLDER = Path(__file__).parents[2] / "openapi"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    unused = tmp_path_factory.mktemp("document") / "unused.db"
    return create_app(
        Settings(secret="x" * 32, database_url=f"sqlite:///{unused}", blobs_url="memory:///"), strict=True
    )


@pytest.fixture(scope="module")
def operations(app: Litestar) -> dict[str, dict[str, Any]]:
    paths = openapi.document(app)["paths"]
    return {operation["operationId"]: operation for path in paths.values() for operation in path.values()}


def test_generated_files_are_what_the_code_says(app: Litestar) -> None:
    assert openapi.check(app, FOLDER, other_pages()) == [], "run `make openapi`"


def test_every_operation_says_who_may_call_it_and_what_for(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        assert operation["summary"].strip("."), name
        assert operation["security"], name


def test_every_scope_opens_something(app: Litestar) -> None:
    needed = {scope for handler in openapi.own_handlers(app) for scope in handler.opt.get("scopes", ())}
    # Freezing a report asks for it only when the report is to be national.
    assert needed | {Scope.REPORTS_NATIONAL} == set(Scope)


def test_every_error_is_a_problem(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        assert {"4XX", "5XX"} <= operation["responses"].keys(), name


def test_every_object_that_comes_in_is_closed(app: Litestar) -> None:
    """A field that the hub would ignore is a field that a partner believes was heard."""
    schemas = openapi.document(app)["components"]["schemas"]
    open_ones = {name for name, schema in schemas.items() if "properties" in schema and is_open(schema)}
    # OAuth and JOSE say that unknown members are ignored; what goes out may be open. What programs of STIX post as an
    # envelope is a bundle, with members of its own.
    assert open_ones == {
        "KeySet",
        "KeySetIn",
        "PublicKey",
        "RevocationRequest",
        "ServerMetadata",
        "TaxiiEnvelope",
        "TokenOut",
        "TokenRequest",
    }


def is_open(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties", True) is not False


def test_fields_say_what_their_docstrings_say(app: Litestar) -> None:
    schemas = openapi.document(app)["components"]["schemas"]
    assert schemas["SignalIn"]["properties"]["confidence"]["description"] == "0 to 100."
    assert "- `gone`: No longer shared with you; never why." in schemas["State"]["description"]


def test_the_document_is_the_same_bytes_each_time(app: Litestar) -> None:
    assert openapi.render(app) == openapi.render(app)
