"""Sections that plugins add to a report."""

from collections.abc import Iterable, Sequence

from core import times
from core.auth.access import Principal
from core.plugin import hooks
from core.plugin.host import PluginHost
from core.reports.cube import Cube, Draft
from core.reports.making import missing
from core.wire.documents import Name
from core.wire.sections import Asked


async def from_plugins(
    plugins: PluginHost, principal: Principal, asked: Asked, wanted: Sequence[Name], own: Sequence[Draft]
) -> dict[Name, Draft]:
    """The sections `wanted`, by name. One that no plugin gives, or not in order, says so."""
    found: dict[Name, Draft] = {}
    silent: list[str] = []
    cubes = {cube.name for draft in own for cube in draft.cubes}
    async for plugin, answer in plugins.ask(hooks.report_sections, principal=principal, asked=asked):
        if isinstance(answer, Exception) or not _sound(answer, cubes):
            silent.append(plugin)
            continue
        found = {draft.name: draft for draft in answer} | found
        cubes |= {cube.name for draft in answer for cube in draft.cubes}
    return {name: found.get(name) or _nobodys(plugins, name, silent) for name in wanted}


def _nobodys(plugins: PluginHost, name: Name, silent: Sequence[str]) -> Draft:
    # Not the error itself: a frozen document must not carry what a traceback may quote.
    if not silent:
        return missing(name, "Không có phần mở rộng nào cung cấp phần này.", "No plugin gives this section.")
    names = ", ".join(silent)
    since = min((plugins.quarantined[one].since for one in silent if one in plugins.quarantined), default=times.now())
    return missing(name, f"Không nhận được trả lời từ: {names}.", f"No answer came from: {names}.", since)


def _sound(drafts: Sequence[Draft], taken: Iterable[Name]) -> bool:
    """Whether the cubes are whole, and can be told from each other and from those `taken`."""
    cubes = [cube for draft in drafts for cube in draft.cubes]
    names = [cube.name for cube in cubes]
    return len({*names}) == len(names) and not {*names} & {*taken} and all(map(_whole, cubes))


def _whole(cube: Cube) -> bool:
    dimensions = {one.name: {member.code for member in one.members} for one in cube.dimensions}
    counts = {count.name for count in cube.counts}
    shares, quantiles = {one.name for one in cube.shares}, {one.name for one in cube.quantiles}
    named = [cube.time, cube.contributor]
    return (
        all(_fits(atom, [*dimensions.values()]) and len(row) == len(counts) for atom, row in cube.atoms.items())
        and all(number >= 0 for row in cube.atoms.values() for number in row)
        and all(_fits(atom, [*dimensions.values()]) for atom in cube.durations)
        and all(name is None or name in dimensions for name in named)
        and all({one.part, one.whole} <= counts for one in cube.shares)
        and all(one.of in counts for one in cube.quantiles)
        and all({*pair} <= counts for pair in cube.least)
        and all({*one.by} <= {*dimensions} for one in cube.tables)
        and all({*one.measures} <= counts | shares | quantiles for one in cube.tables)
    )


def _fits(atom: Sequence[str], dimensions: Sequence[set[str]]) -> bool:
    return len(atom) == len(dimensions) and all(code in codes for code, codes in zip(atom, dimensions, strict=True))
