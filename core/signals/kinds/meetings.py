"""Meetings and group calls, as service:id. Passwords in links are dropped: an id is enough to act on.

A call on Zalo has no link of its own; it is made in a group, whose link stands for it, or by an account, which is
of kind social_account. Personal rooms (zoom.us/my/…) are sent as kind url.
"""

import re

from core.signals.kinds.links import Provider, Providers, matching

_MEET = re.compile("([a-z]{3})-?([a-z]{4})-?([a-z]{3})")
_ZOOM = r"(?:[a-z0-9-]+\.)*zoom\.us"


def _fold_meet(text: str) -> str | None:
    """abc-defg-hij, which people also type without hyphens or in upper case."""
    found = _MEET.fullmatch(text.lower())
    return "-".join(found.groups()) if found else None


_fold_teams_number = matching("[0-9]{9,16}", dropped=" -\u00a0")
# The middle is Base64, which tells case apart.
_fold_teams_thread = matching(r"19:meeting_[A-Za-z0-9_=-]{8,100}@thread\.(?:v2|tacv2|skype)")


def _fold_teams(text: str) -> str | None:
    return _fold_teams_number(text) or _fold_teams_thread(text)


_PROVIDERS = Providers(
    (
        Provider(
            name="zoom",
            fold=matching("[0-9]{9,11}", dropped=" -\u00a0"),
            links=(
                f"{_ZOOM}/(?:j|w|s|wc|wc/join)/([0-9]+)",
                rf"{_ZOOM}/join\?(?:.*&)?confno=([0-9]+)",
            ),
            schemes={"zoommtg://": "https://", "zoomus://": "https://"},
        ),
        Provider(
            name="google_meet",
            aliases=("meet", "googlemeet", "google meet"),
            fold=_fold_meet,
            links=("meet\\.google\\.com/([A-Za-z-]+)",),
        ),
        Provider(
            name="teams",
            aliases=("msteams", "microsoft teams"),
            fold=_fold_teams,
            links=(
                r"teams\.(?:microsoft|live)\.com/meet/([0-9]+)",
                r"teams\.microsoft\.com/l/meetup-join/([^/?]+)",
            ),
            schemes={"msteams://": "https://", "msteams:/l/": "https://teams.microsoft.com/l/"},
        ),
        Provider(
            name="zalo",
            aliases=("zalo call",),
            fold=matching("g/[a-z0-9]{6,20}"),
            links=(r"zalo\.me/(g/[^/?]+)",),
        ),
    ),
    "Expected service:id or the link to a meeting",
)

parse_meeting = _PROVIDERS.parse
