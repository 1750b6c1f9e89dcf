"""A partner's receiver as a program of its own: verifies, applies each event once by its id, and can be killed.

    python receiver.py PORT FILE SECRET

FILE is a SQLite database. What a kill leaves of it is what a partner would have: an event counts as applied with the
commit that notes its id, and is answered after it.
"""

import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

TABLES = """
CREATE TABLE IF NOT EXISTS arrived (n INTEGER PRIMARY KEY, id TEXT);
CREATE TABLE IF NOT EXISTS applied (id TEXT PRIMARY KEY, body TEXT);
"""


def main(port: int, file: Path, secret: str) -> None:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript(TABLES)
    webhook = Webhook(secret)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                webhook.verify(body, dict(self.headers))
            except WebhookVerificationError:
                self._answer(400)
                return
            name = self.headers["webhook-id"]
            database.execute("BEGIN")
            database.execute("INSERT INTO arrived (id) VALUES (?)", (name,))
            database.execute("INSERT OR IGNORE INTO applied (id, body) VALUES (?, ?)", (name, body.decode()))
            database.execute("COMMIT")
            self._answer(204)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
