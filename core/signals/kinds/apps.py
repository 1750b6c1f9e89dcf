"""Apps, as platform:id: the package name on Android, the bundle id or the store's number on iOS.

An iOS app keeps both its bundle id and its number; which belong together only the store knows, so they stay two.
"""

from core.signals.kinds.links import Provider, Providers, matching

_APPLE = r"(?:apps|itunes)\.apple\.com/(?:[a-z]{2}/)?app/(?:[^/?]+/)?(id[0-9]+)"
_bundle = matching(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", lower=True)  # "Bundle IDs are case-insensitive": CFBundleIdentifier


def _fold_ios(text: str) -> str | None:
    number = text.removeprefix("id")
    if number.isascii() and number.isdecimal():
        return number if 6 <= len(number) <= 12 and number[0] != "0" else None
    return _bundle(text) if len(text) <= 155 else None


_PROVIDERS = Providers(
    (
        Provider(
            name="android",
            aliases=("package", "apk", "play", "google play"),
            # Android compares package names by case.
            fold=matching(r"(?=.{3,223}\Z)[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+"),
            links=(
                r"play\.google\.com/store/apps/details\?(?:.*&)?id=([^&]+)",
                r"play\.google\.com/apps/testing/([^/?]+)",
            ),
            schemes={"market://details": "https://play.google.com/store/apps/details"},
        ),
        Provider(
            name="ios",
            aliases=("iphone", "ipad", "bundle", "app store", "appstore"),
            fold=_fold_ios,
            links=(_APPLE,),
            schemes={"itms-apps://": "https://", "itms-appss://": "https://", "itms://": "https://"},
        ),
        Provider(
            name="testflight",
            fold=matching("[A-Za-z0-9]{6,12}"),
            links=(r"testflight\.apple\.com/join/([^/?]+)",),
        ),
        Provider(
            name="huawei",
            aliases=("appgallery",),
            fold=matching("C[0-9]{5,12}"),
            links=(r"appgallery\.huawei\.com/app/([^/?]+)",),
        ),
    ),
    "Expected platform:id or the address of an app in its store",
)

parse_app = _PROVIDERS.parse
