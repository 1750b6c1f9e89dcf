"""A bare Litestar application under the hub's own server: one GET without a token, a check or a dependency.

`python -m tests.bench.baseline_get PORT BODY` serves the BODY, a JSON text, at /.
"""

import sys
from typing import Any

import msgspec
from litestar import Litestar, get

from core.cli.server import serve_app, take_port


def main(port: str, body: str) -> None:
    answer = msgspec.json.decode(body)

    @get("/", sync_to_thread=False)
    def read() -> Any:
        return answer

    serve_app(Litestar([read], openapi_config=None, logging_config=None), take_port("127.0.0.1", int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
