"""Beginning a plugin."""

import re
from importlib.util import find_spec
from pathlib import Path

import click

from core.cli.house import Commands, Words
from core.plugin import discovery
from core.wire.scopes import PartnerKind

_TEMPLATE = Path(__file__).with_name("templates") / "example-bank"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.group(cls=Commands)
def plugin() -> None:
    """A package of your own: begin here."""


@plugin.command()
@click.argument("name")
@click.option("--kind", type=Words(PartnerKind), default=PartnerKind.PLATFORM, show_default=True)
def new(name: str, kind: PartnerKind) -> None:
    """Write a package for the partner NAME into the folder NAME: its words in and out, recorded payloads, tests.

    It works as it is: a partner whose reports are links, with two status words. Change them to what yours says.
    """
    if not _NAME.fullmatch(name):
        raise click.ClickException("Give a name such as example-bank: words in lower case, joined by hyphens.")
    if any(found.name == name for found in discovery.installed()):
        raise click.ClickException(f"A plugin of the name {name} is installed already; see `kmm plugins`.")
    folder = Path(name)
    if folder.exists():
        raise click.ClickException(f"{folder} is there already.")
    if find_spec(name.replace("-", "_")):
        raise click.ClickException(f"Python has a module of the name {name} already.")
    for file in sorted(path for path in _TEMPLATE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        written = folder / _named(str(file.relative_to(_TEMPLATE)), name)
        written.parent.mkdir(parents=True, exist_ok=True)
        text = _named(file.read_text("utf-8"), name).replace("PartnerKind.PLATFORM", f"PartnerKind.{kind.name}")
        written.write_text(text.replace("--kind platform", f"--kind {kind}"), "utf-8")
        click.echo(written)


def _named(text: str, name: str) -> str:
    """The template is a working package; its name, in each of its spellings, is the only thing to fill in."""
    words = [word.capitalize() for word in name.split("-")]
    spellings = {
        "example-bank": name,
        "example_bank": name.replace("-", "_"),
        "ExampleBank": "".join(words),
        "Example Bank": " ".join(words),
    }
    for before, after in spellings.items():
        text = text.replace(before, after)
    return text
