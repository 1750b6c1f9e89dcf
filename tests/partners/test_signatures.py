"""Signatures, as the partners' pages describe them. The expected values were made with openssl, not with our code."""

import time

import pytest

from core.sdk import BadSignature
from partners.platform.meta import MetaPlatforms
from partners.platform.meta import Settings as MetaSettings
from partners.platform.tiktok import Settings as TikTokSettings
from partners.platform.tiktok import TikTok

BODY = b'{"data":[]}'
# printf '{"data":[]}' | openssl dgst -sha256 -hmac secret
META = "1d4e840702bf2c47e586d78cc52efdf26aa53fb52949666e772a32ff38070197"
# printf '1762308000.{"data":[]}' | openssl dgst -sha256 -hmac secret
TIKTOK = "e5409d89237a45d0c88ccec5985af834cdcb901c3ab8e70e1ec9a1d823a4dbed"
SIGNED_AT = 1_762_308_000

meta = MetaPlatforms(MetaSettings(app_secret="secret"))
tiktok = TikTok(TikTokSettings(client_secret="secret"))


def test_meta_signs_the_body() -> None:
    meta.verify({"x-hub-signature-256": f"sha256={META}"}, BODY)


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("", BODY),
        (META, BODY),
        (f"sha256={META[:-1]}", BODY),
        (f"sha256={META.upper()}", BODY),
        (f"sha1={META}", BODY),
        (f"sha256={META}", BODY + b" "),
        ("sha256=\u00e9", BODY),
    ],
)
def test_meta_refuses_others(signature: str, body: bytes) -> None:
    with pytest.raises(BadSignature):
        meta.verify({"x-hub-signature-256": signature}, body)


@pytest.mark.parametrize("late", [-299, 0, 299])
def test_tiktok_signs_the_time_and_the_body(monkeypatch: pytest.MonkeyPatch, late: int) -> None:
    monkeypatch.setattr(time, "time", lambda: SIGNED_AT + late)
    tiktok.verify({"tiktok-signature": f"t={SIGNED_AT},s={TIKTOK}"}, BODY)


@pytest.mark.parametrize(
    ("signature", "late"),
    [
        (f"t={SIGNED_AT},s={TIKTOK}", 301),
        (f"t={SIGNED_AT},s={TIKTOK}", -301),
        (f"t={SIGNED_AT + 1},s={TIKTOK}", 0),
        (f"t={SIGNED_AT}", 0),
        (f"s={TIKTOK}", 0),
        (f"t=x,s={TIKTOK}", 0),
        ("", 0),
        (",,=,", 0),
    ],
)
def test_tiktok_refuses_others(monkeypatch: pytest.MonkeyPatch, signature: str, late: int) -> None:
    monkeypatch.setattr(time, "time", lambda: SIGNED_AT + late)
    with pytest.raises(BadSignature):
        tiktok.verify({"tiktok-signature": signature}, BODY)


@pytest.mark.parametrize(
    ("at", "signature"),
    [
        # printf 'x.{"data":[]}' | openssl dgst -sha256 -hmac secret, and the same with a number that is no time.
        ("x", "95fb949d0a96f312b6692b1713c30af2b1e52cd2eeffb1c3658e8276ab6e39e5"),
        ("999999999999999999", "7072de6b4a3efabb6e908f0bd3ec0c989651fbd1dade7171561265e806d7ce0e"),
    ],
)
def test_tiktok_refuses_what_it_signed_for_no_time(at: str, signature: str) -> None:
    with pytest.raises(BadSignature, match="no time"):
        tiktok.verify({"tiktok-signature": f"t={at},s={signature}"}, BODY)


def test_without_a_secret_the_access_token_is_the_proof() -> None:
    MetaPlatforms(MetaSettings()).verify({}, BODY)
    TikTok(TikTokSettings()).verify({}, BODY)
