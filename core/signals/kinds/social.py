"""Accounts on social platforms and in games, as platform:handle or the address of a profile.

The identity is what the platform itself compares: each row of the table says how it folds a handle and where its
profiles are. Groups, posts, invitations and short links are not accounts; they are sent as kind url.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from core.signals.kinds.phone import parse_phone
from core.signals.kinds.text import clean
from core.signals.kinds.web import parse_url
from core.wire.kinds import Canonical


def _fold(handle: str) -> str:
    return handle.removeprefix("@").lower()


def _fold_facebook(handle: str) -> str:
    # "Periods and capitalization don't count as part of a username" (Facebook help, usernames).
    return _fold(handle).replace(".", "")


def _fold_youtube(handle: str) -> str:
    """Channel ids as they are, since they tell case apart; a handle in any script, with its @."""
    if re.fullmatch(r"UC[A-Za-z0-9_-]{22}", handle):
        return handle
    visible = "".join(character for character in handle if character.isprintable())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return folded if folded.startswith(("@", "c/", "user/")) else f"@{folded}"


def _fold_zalo(handle: str) -> str:
    """A person's account is a phone number, in E.164; an official account is a long number or a word."""
    if sum(character.isdigit() for character in handle) > 13 or re.search(r"[^\W\d]", handle):
        return _fold(handle)
    return parse_phone(handle).display


class Platform(msgspec.Struct, frozen=True):
    """How one platform names its accounts."""

    name: str
    handle: str
    """Pattern of a folded handle."""
    aliases: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    """Patterns of path and query; the one group is the handle. A trailing slash and a query may follow."""
    fold: Callable[[str], str] = _fold
    reserved: tuple[str, ...] = ()
    """First words of a path that are the platform's own pages."""


PLATFORMS = (
    Platform(
        name="zalo",
        hosts=("zalo.me", "oa.zalo.me", "chat.zalo.me"),
        profiles=("/([^/?]+)", "/pc/([^/?]+)", r"/\?(?:[^&]*&)*?phone=([0-9]+)(?:&.*)?"),
        handle=r"\+[0-9]{7,15}|[0-9]{14,20}|(?=.*[a-z])[a-z0-9_.]{3,50}",
        fold=_fold_zalo,
    ),
    Platform(
        name="telegram",
        aliases=("tg",),
        hosts=("t.me", "telegram.me", "telegram.dog"),
        profiles=(r"/resolve\?(?:[^&]*&)*?domain=([^&]+)(?:&.*)?", "/(?:s/)?([^/?]+)"),
        handle=r"[a-z][a-z0-9_]{3,31}|[0-9]{5,15}",
        reserved=("joinchat", "addstickers", "share", "proxy", "login", "setlanguage"),
    ),
    Platform(
        name="facebook",
        aliases=("fb",),
        hosts=("facebook.com", "fb.com", "m.me", "mbasic.facebook.com", "vi-vn.facebook.com"),
        profiles=(
            r"/profile\.php\?(?:[^&]*&)*?id=([0-9]+)(?:&.*)?",
            "/(?:people|pages)/[^/?]+/([0-9]+)",
            "/(?:p/)?[^/?]*-([0-9]{8,20})",  # a page without user name: its title, then its id
            r"/((?![^/?]*\.php)[A-Za-z0-9.]+)",
        ),
        handle="[a-z0-9]{5,50}",
        fold=_fold_facebook,
        reserved=(
            *("groups", "events", "watch", "marketplace", "photo", "photos", "reels", "share", "sharer", "story"),
            *("stories", "hashtag", "login", "pages", "people", "gaming", "permalink"),
        ),
    ),
    Platform(
        name="tiktok",
        hosts=("tiktok.com",),
        profiles=("/@([^/?]+)(?:/live)?",),
        handle="[a-z0-9_.]{2,24}",
    ),
    Platform(
        name="youtube",
        aliases=("yt",),
        hosts=("youtube.com", "music.youtube.com"),
        profiles=(
            "/channel/(UC[^/?]+)(?:/[a-z]+)?",
            "/(@[^/?]+)(?:/[a-z]+)?",
            "/((?:c|user)/[^/?]+)(?:/[a-z]+)?",
        ),
        handle=r"UC[A-Za-z0-9_-]{22}|@(?:[a-z0-9._-]|[^\x00-\x7f]){3,30}|(?:c|user)/(?:[a-z0-9._-]|[^\x00-\x7f]){1,100}",
        fold=_fold_youtube,
    ),
    Platform(
        name="instagram",
        aliases=("ig",),
        hosts=("instagram.com", "instagr.am"),
        profiles=("/(?:_u/)?([^/?]+)",),
        handle="[a-z0-9_.]{1,30}",
        reserved=("p", "reel", "reels", "explore", "stories", "tv", "accounts", "direct"),
    ),
    Platform(
        name="x",
        aliases=("twitter",),
        hosts=("x.com", "twitter.com"),
        profiles=("/([^/?]+)",),
        handle="[a-z0-9_]{1,15}",
        reserved=("home", "search", "intent", "share", "i", "hashtag", "explore", "login", "settings", "messages"),
    ),
    Platform(
        name="discord",
        hosts=("discord.com", "discordapp.com"),
        profiles=("/users/([0-9]+)",),
        handle=r"[0-9]{17,20}|[a-z0-9_.]{2,32}",
    ),
    # Games: a number that the player is shown; where an id and a name could be the same digits, its path goes along.
    Platform(
        name="roblox",
        hosts=("roblox.com",),
        profiles=("/(?:[a-z]{2}/)?(users/[0-9]+)(?:/profile)?",),
        handle="users/[0-9]{1,12}|[a-z0-9_]{3,20}",
    ),
    Platform(
        name="steam",
        hosts=("steamcommunity.com",),
        profiles=("/(id/[^/?]+)", "/(profiles/[0-9]+)"),
        handle="id/[a-z0-9_-]{2,32}|profiles/7656119[0-9]{10}",
    ),
    Platform(name="free_fire", aliases=("free fire", "freefire", "ff"), handle="[1-9][0-9]{7,11}"),
    Platform(name="lien_quan", aliases=("liên quân", "lien quan", "lienquan", "aov"), handle="[1-9][0-9]{7,18}"),
    Platform(name="pubg_mobile", aliases=("pubg mobile", "pubg", "pubgm"), handle="[1-9][0-9]{7,11}"),
    Platform(
        name="mobile_legends",
        aliases=("mobile legends", "mlbb"),
        handle=r"[1-9][0-9]{5,11}\([0-9]{4,5}\)",  # the id means nothing without its server
        fold=lambda handle: handle.replace(" ", ""),
    ),
)
# What an app's own links begin with, and the same on the web.
_SCHEMES = {"tg://": "https://t.me/", "fb://profile/": "https://facebook.com/profile.php?id="}

_BY_WORD = {word: platform for platform in PLATFORMS for word in (platform.name, *platform.aliases)}
_BY_HOST = {
    prefix + host: platform
    for platform in PLATFORMS
    for host in platform.hosts
    for prefix in ("", "www.", "m.", "web.", "mobile.")
}


def parse_social_account(value: str) -> Canonical:
    """platform:handle, folded as the platform folds it; a numeric id and a handle stay two accounts."""
    text = clean(value)
    for begins, on_web in _SCHEMES.items():
        if text.startswith(begins):
            text = on_web + text.removeprefix(begins)
    word, colon, handle = text.partition(":")
    platform = _BY_WORD.get(word.strip().lower()) if colon else None
    if platform is None:
        platform, handle = _from_profile(text)
    return _account(platform, handle.strip())


def _account(platform: Platform, handle: str) -> Canonical:
    folded = platform.fold(handle)
    if not re.fullmatch(platform.handle, folded):
        raise ValueError(f"Expected a handle or id of an account on {platform.name}.")
    identity = f"{platform.name}:{folded}"
    return Canonical(identity, identity)


def _from_profile(text: str) -> tuple[Platform, str]:
    """Platform and handle of the address of a profile."""
    host, _, path = parse_url(text).identity.partition("/")
    platform = _BY_HOST.get(host)
    if platform is None:
        known = ", ".join(platform.name for platform in PLATFORMS)
        raise ValueError(f"Expected platform:handle or the address of a profile, on one of {known}.")
    for profile in platform.profiles:
        found = re.fullmatch(profile + r"/?(?:\?.*)?", f"/{path}")
        if found and found[1].lower() not in platform.reserved:
            return platform, unquote(found[1])
    raise ValueError(f"Expected the address of an account on {platform.name}; send other pages as kind url.")
