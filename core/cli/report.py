"""Reports over the API, for any partner's own machine; and whether a file is one, without a network."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console

from core import times
from core.cli.house import Commands, Words, key_set, show, show_table
from core.cli.policy import Day
from core.cli.remote import Remote, ask, remote_options, told
from core.reports import verify as proof
from core.wire.cuts import CutOut, CutSource, CutState
from core.wire.documents import ReaderClass
from core.wire.reports import Remade, ReportOut, Reports, ReportState
from core.wire.schedules import Covers, ScheduleOut, Schedules
from core.wire.templates import Templates

MANIFEST = "manifest.jws"
KEYS = "keys.json"
_DONE = (ReportState.MADE, ReportState.REFUSED, ReportState.FAILED)


@click.group(cls=Commands)
@remote_options
@click.pass_context
def report(context: click.Context, /, **signing: Any) -> None:
    """Consolidated reports: order, fetch, verify, order once for all.

    As the partner whose client signs in: --credentials, or KMM_CLIENT_ID and KMM_CLIENT_SECRET. `verify` needs none.
    """
    context.obj = Remote(**signing)


pass_remote = click.make_pass_decorator(Remote)


@report.command()
@click.argument("template")
@click.option("--from", "since", type=Day(), required=True, metavar="DAY", help="First day in Viet Nam.")
@click.option("--to", "until", type=Day(), required=True, metavar="DAY", help="First day that counts no longer.")
@click.option("--readers", type=Words(ReaderClass), help="Default: the template's.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is made.")
@pass_remote
def freeze(remote: Remote, template: str, since: date, until: date, readers: ReaderClass | None, no_wait: bool) -> None:
    """Order a report by TEMPLATE and wait for it; `kmm report get` fetches its files."""
    asked = {"template": template, "period": {"from": since.isoformat(), "to": until.isoformat()}, "readers": readers}
    with remote.client() as client:
        made = told(client, "POST", "/v1/reports", ReportOut, asked)
        if not no_wait:
            made = _until(lambda: told(client, "GET", f"/v1/reports/{made.id}", ReportOut), made)
    show(made)
    if made.state in (ReportState.REFUSED, ReportState.FAILED):
        raise click.ClickException(f"The report is {made.state}.")


def _until(look: Callable[[], ReportOut], made: ReportOut) -> ReportOut:
    with Console(stderr=True).status("") as said:
        while made.state not in _DONE:
            said.update(f"{made.state}, step {made.progress.done} of {made.progress.of}")
            time.sleep(0.5)
            made = look()
    return made


@report.command("list")
@pass_remote
def list_(remote: Remote) -> None:
    """List reports that you may read, the oldest first."""
    with remote.client() as client:
        rows = [one for page in _pages(client) for one in page.reports]
    lines = ((one.id, one.state, one.readers, *_days(one), one.template or "-", one.title.vi) for one in rows)
    show_table(("id", "state", "readers", "from", "to", "template", "title"), lines)


def _pages(client: httpx.Client) -> Iterator[Reports]:
    after: str | None = "0"
    while after is not None:
        page = told(client, "GET", f"/v1/reports?after={after}", Reports)
        yield page
        after = page.next


def _days(one: ReportOut) -> tuple[str, str]:
    return one.period.since.isoformat(), one.period.until.isoformat()


@report.command()
@click.argument("id")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@pass_remote
def get(remote: Remote, id: str, folder: Path) -> None:
    """Fetch every file of report ID into DIR, with its manifest and the hub's keys, and verify them."""
    with remote.client() as client:
        made = told(client, "GET", f"/v1/reports/{id}", ReportOut)
        if made.state is not ReportState.MADE:
            raise click.ClickException(f"The report is {made.state}.")
        signed = ask(client, "GET", f"/v1/reports/{id}/manifest")
        keys = ask(client, "GET", "/.well-known/document-keys.json")
        files = {one.name: ask(client, "GET", f"/v1/reports/{id}/files/{one.name}") for one in made.files}
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {MANIFEST: signed, KEYS: keys, **files}.items():
        folder.joinpath(Path(name).name).write_bytes(data)
    for name, data in files.items():
        _verified(name, data, signed, keys)
        click.echo(f"{name}: genuine, {len(data):,} bytes")


@report.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"As the hub gave it. Default: {MANIFEST} beside FILE.",
)
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"The hub's /.well-known/document-keys.json. Default: {KEYS} beside FILE.",
)
def verify(file: Path, manifest: Path | None, keys: Path | None) -> None:
    """Tell whether FILE is what the hub signed, whatever its format, without a network; exit with 1 when it is not."""
    signed = _beside(file, manifest, MANIFEST, "--manifest")
    found = _verified(file.name, file.read_bytes(), signed, _beside(file, keys, KEYS, "--keys"))
    said = found.manifest
    click.echo(f"Genuine: {found.file.name} of report {said.report}")
    whose = f", as {said.partner} may see it" if said.partner else ""
    facts = {
        "readers": f"{said.readers}{whose}",
        "period": f"{said.period.since} to {said.period.until} (not included), days in Viet Nam",
        "log": f"{said.positions.after} to {said.positions.to}; frozen at {said.position}",
        "frozen": said.frozen.isoformat(),
        "document": said.document_sha256,
        "drawn by": found.file.renderer,
        "key": found.kid,
    }
    for name, text in facts.items():
        click.echo(f"  {name:<9} {text}")


def _beside(file: Path, given: Path | None, name: str, option: str) -> bytes:
    path = given or file.with_name(name)
    if not path.exists():
        raise click.UsageError(f"There is no {path}; name one with {option}.")
    return path.read_bytes()


def _verified(name: str, data: bytes, signed: bytes, keys: bytes) -> proof.Verified:
    try:
        return proof.verify(data, signed, key_set(keys))
    except proof.NotGenuine as exc:
        raise click.ClickException(f"{name} is not genuine. {exc}") from None


@report.command()
@click.argument("id")
@pass_remote
def remake(remote: Remote, id: str) -> None:
    """Have the hub count and draw report ID again, and say what differs; exit with 1 when something does."""
    with remote.client() as client:
        made = told(client, "POST", f"/v1/reports/{id}/remake", Remade)
    show(made)
    if not made.same:
        raise click.ClickException("It came out differently.")


@report.command()
@pass_remote
def templates(remote: Remote) -> None:
    """List templates: those that everybody has, then your own."""
    with remote.client() as client:
        found = told(client, "GET", "/v1/report-templates", Templates).templates
    lines = ((one.slug, one.readers, " ".join(one.definition.sections), one.title.vi, one.title.en) for one in found)
    show_table(("template", "readers", "sections", "tên", "title"), lines)


@report.command()
@pass_remote
def schedules(remote: Remote) -> None:
    """List your schedules; times are Viet Nam's."""
    with remote.client() as client:
        found = told(client, "GET", "/v1/report-schedules", Schedules).schedules
    columns = ("schedule", "cron", "covers", "template", "due", "last report", "trouble")
    show_table(columns, (_line(one) for one in found))


def _line(one: ScheduleOut) -> Sequence[str]:
    due = "paused" if one.due is None else one.due.astimezone(times.HUB_ZONE).isoformat(" ", "minutes")
    return (one.slug, one.cron, one.covers, one.template, due, one.report or "-", one.trouble or "")


@report.command()
@click.argument("slug")
@click.argument("template")
@click.argument("cron")
@click.option("--covers", type=Words(Covers), required=True, help="Which period that is over.")
@click.option("--readers", type=Words(ReaderClass), help="Default: the template's.")
@click.option("--pause", is_flag=True, help="Order nothing until it is called without.")
@pass_remote
def schedule(
    remote: Remote, slug: str, template: str, cron: str, covers: Covers, readers: ReaderClass | None, pause: bool
) -> None:
    """Order by TEMPLATE whenever CRON ("30 6 1 * *", Viet Nam's time) says so, as schedule SLUG."""
    asked = {"template": template, "cron": cron, "covers": covers, "readers": readers, "paused": pause}
    with remote.client() as client:
        show(told(client, "PUT", f"/v1/report-schedules/{slug}", ScheduleOut, asked))


@report.command()
@click.argument("slug")
@pass_remote
def unschedule(remote: Remote, slug: str) -> None:
    """Order no more by schedule SLUG. Reports that it ordered stay."""
    with remote.client() as client:
        ask(client, "DELETE", f"/v1/report-schedules/{slug}")


class Member(click.ParamType[tuple[str, str]]):
    """`category=phishing`."""

    name = "member"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        dimension, sign, code = str(value).partition("=")
        if not sign:
            self.fail(f"{value!r} is not like category=phishing.", param, ctx)
        return dimension, code


@report.command()
@click.argument("source", type=Words(CutSource))
@click.option("--from", "since", required=True, metavar="MONTH", help="First month, such as 2026-10.")
@click.option("--to", "until", required=True, metavar="MONTH", help="First month that counts no longer.")
@click.option("--by", multiple=True, metavar="DIMENSION", help="At most three.")
@click.option("--where", type=Member(), multiple=True, metavar="DIMENSION=MEMBER", help="Only this member.")
@click.option("--national", is_flag=True, help="Over every partner's counts.")
@pass_remote
def cut(
    remote: Remote,
    source: CutSource,
    since: str,
    until: str,
    by: tuple[str, ...],
    where: tuple[tuple[str, str], ...],
    national: bool,
) -> None:
    """Ask SOURCE what no report answers. Figures are moved at random and rounded, and do not add up."""
    readers = "national" if national else "partner"
    months = {"from": since, "to": until}
    asked = {"source": source, "months": months, "by": by, "where": dict(where), "readers": readers}
    with remote.client() as client:
        made = told(client, "POST", "/v1/report-cuts", CutOut, asked)
        while made.state not in (CutState.MADE, CutState.FAILED):
            time.sleep(0.3)
            made = told(client, "GET", f"/v1/report-cuts/{made.id}", CutOut)
    if made.problem is not None:
        raise click.ClickException(made.problem)
    lines = ([*("*" if one is None else one for one in row.key), *map(_figure, row.cells)] for row in made.rows)
    show_table((*made.asked.by, *made.measures), lines)


def _figure(cell: int | None) -> str:
    return "…" if cell is None else f"{cell:,}"
