"""Phone numbers: E.164 where there is one, and the short codes of Viet Nam.

A number without country code is read as one dialled in Viet Nam.
"""

import re
import tomllib
import unicodedata
from pathlib import Path

import phonenumbers

from core.signals.kinds.text import clean
from core.wire.kinds import Canonical, Fact

REGION = "VN"
COUNTRY_CODE = 84

_MOVED = tomllib.loads((Path(__file__).parent / "data" / "moved_prefixes.toml").read_text("utf-8"))
_NEW_PREFIXES: dict[str, str] = _MOVED["prefixes"]
_OLD_LENGTH: int = _MOVED["old_length"]

_NOT_A_PHONE = "Expected a phone number in digits, with + and country code when it is not Vietnamese."
# Separators, dashes of all kinds and the direction marks that address books put around a number.
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]+")
_DIALLED = re.compile(r"\+?[0-9]{3,20}")
_CONTEXT = f";phone-context=+{COUNTRY_CODE}"
_SHORT_CODE = re.compile(r"[1-9][0-9]{2,5}")
# Nine digits after the trunk 0 or the country code are the whole number: no need to ask the library, which takes
# twenty times as long.
_PLAIN = re.compile(r"(?:\+84|0)([35789][0-9]{8})")

_TYPES = {
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed_line",
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
    phonenumbers.PhoneNumberType.PREMIUM_RATE: "premium_rate",
    phonenumbers.PhoneNumberType.SHARED_COST: "shared_cost",
    phonenumbers.PhoneNumberType.VOIP: "voip",
}


def parse_phone(value: str) -> Canonical:
    """+84… and the like; a short code keeps its digits and is identified as RFC 3966 does, by its context.

    A tel: link of that RFC is read too.

    Numbers need not be assigned: a forged caller number is a lead as well.
    """
    text = clean(value)
    if text[:4].lower() == "tel:":
        text = text[4:].removesuffix(_CONTEXT)
    dialled = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if plain := _PLAIN.fullmatch(dialled):
        e164 = f"+{COUNTRY_CODE}{plain[1]}"
        return Canonical(e164, e164)
    if not _DIALLED.fullmatch(dialled):
        raise ValueError(_NOT_A_PHONE)
    if _SHORT_CODE.fullmatch(dialled):
        return Canonical(f"{dialled}{_CONTEXT}", dialled)
    try:
        number = phonenumbers.parse(dialled, REGION)
        e164 = _e164(number)
        # Trunk and carrier digits too many are read differently once the country code stands before them.
        certain = e164 == dialled or e164 == _e164(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        raise ValueError(_NOT_A_PHONE) from None
    if not certain or not phonenumbers.is_possible_number(number):
        raise ValueError("Expected a phone number of the length its country uses.")
    if number.country_code == COUNTRY_CODE:
        e164 = _vietnamese(number)
    return Canonical(e164, e164)


def facts_of_phone(display: str) -> dict[str, Fact]:
    """What the numbering plan says: `number_type`, `region`, and `in_plan`: whether such numbers are given out.

    A short code is `emergency` or not; the library does not know all that are in use (111), so nothing is said of that.
    """
    if not display.startswith("+"):
        emergency = phonenumbers.is_emergency_number(display, REGION)
        return {"number_type": "short_code", "region": REGION, "emergency": emergency}
    number = phonenumbers.parse(display)
    facts: dict[str, Fact] = {
        "number_type": _TYPES.get(phonenumbers.number_type(number), "other"),
        "in_plan": phonenumbers.is_valid_number(number),
    }
    if region := phonenumbers.region_code_for_number(number):
        facts["region"] = region
    return facts


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _vietnamese(number: phonenumbers.PhoneNumber) -> str:
    national = phonenumbers.national_significant_number(number)
    # Seven or eight digits may be a landline without its area code, which is many numbers, not one.
    if len(national) <= 8 and not phonenumbers.is_valid_number(number):
        raise ValueError("Expected a landline number with its area code.")
    if len(national) == _OLD_LENGTH and (new := _NEW_PREFIXES.get(national[:3])):
        national = new + national[3:]
    return f"+{COUNTRY_CODE}{national}"
