"""With whom a posted object is shared, and its claim: there is one claim of a partner on a signal, however many
collections hold objects that mean it.

2026-11-22: the claim is shared with every group that it was posted to, marked as strictly as any of them asks; one in
the community's collection is for everybody, and is not narrowed by a group that gets it as well. We gave up a marking
for each collection. Held by tests/plugins/taxii/test_posting.py.
"""

from collections.abc import Mapping

from core.auth import audiences
from core.sdk import COMMUNITY, RE_EXPORTED, Tlp
from plugins.taxii.collections import Collection


def fault(collection: Collection, tlp: Tlp | None) -> str:
    """Why an object so marked is not for this collection; empty for one that is."""
    if tlp is None or collection.group is not None or tlp in COMMUNITY:
        return ""
    return f"tlp_not_for_collection: {tlp} is not for the whole community; post it to the collection of a group."


def audience(collection: Collection, partner: int, tlp: Tlp | None) -> audiences.Key:
    """Who may see the object itself. One that may not leave the hub is its poster's own."""
    mark = tlp or collection.strictest
    if mark not in RE_EXPORTED:
        return partner, audiences.NONE, ()
    return partner, mark, () if collection.group is None else (collection.group,)


def shared(
    collection: Collection, tlp: str, stood: audiences.Key | None, slugs: Mapping[int, str]
) -> tuple[str, tuple[str, ...]] | None:
    """TLP and groups of the claim; `stood` is its audience so far, `slugs` the groups of its partner by id.

    None where a group's object would take the claim from the community.
    """
    if collection.group is None:
        return tlp, ()
    if stood is None:
        return tlp, (collection.slug,)
    _, stood_tlp, groups = stood
    if not groups and stood_tlp in COMMUNITY:
        return None
    others = {slugs[group] for group in groups if group in slugs} - {collection.slug}
    return audiences.strictest([tlp, stood_tlp]) if others else tlp, tuple(sorted(others | {collection.slug}))
