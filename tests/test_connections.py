"""A request holds one connection at a time: two would let a full pool wait for itself."""

import inspect

from core.app import create_app
from core.openapi.document import routes
from core.settings import Settings

CONNECTIONS = {"db", "snapshot", "session", "registry", "writer"}
"""Dependencies that hold a connection of the pool for as long as the handler runs, or take one."""

IN_TURN: dict[str, set[str]] = {
    name: {"db", "writer"}
    for name in (
        *("AnswerTakedowns", "DecideReviews", "LookAtAppeal", "MoveTakedown", "OpenAppeal", "RuleOnAppeal"),
        *("SubmitPayload", "WithdrawAppeal"),
    )
}
"""They hold one at a time, though they name two: what they read in is closed before they wait for the writer."""


def test_no_handler_names_two_doors_to_the_database() -> None:
    app = create_app(Settings(secret="s" * 32, database_url="sqlite:///none.db", blobs_url="memory:///"))
    doors = {
        handler.operation_id: CONNECTIONS & inspect.signature(handler.fn).parameters.keys()
        for _, _, handler in routes(app)
    }
    assert {name: both for name, both in doors.items() if len(both) > 1} == IN_TURN
    assert doors["GetAsset"] == {"db"}
