"""A hub where partners try things before they are admitted."""

from pathlib import Path

import click

from core.cli.demo import serve_folder
from core.cli.server import PORT


@click.command()
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default=Path("var/sandbox"), show_default=True
)
@click.option("--port", type=PORT, default=8090, show_default=True)
@click.option("--url", help="How others reach it, where that is not http://127.0.0.1 and the port.")
def sandbox(data: Path, port: int, url: str | None) -> None:
    """Serve a hub of synthetic data on which anyone may open an account and collect signed sheets.

    POST /v1/sandbox/accounts opens one, POST /v1/sandbox/sheets says what is left to manage. `kmm partner add --sheet`
    holds an applicant to them. Nobody's data belongs there; it begins anew when the folder is gone.
    """
    serve_folder(data, url or f"http://127.0.0.1:{port}", port, sandbox=True)
