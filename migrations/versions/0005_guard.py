"""The negative list that a hub starts with: public numbers and addresses of Viet Nam, and the homes of big brands.

Kept through `kmm guard` and /v1/guard from then on. Identities are spelled out, since a migration outlives the kinds
that make them; tests/signals/test_guard_seed.py compares.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COMPILED = 1_795_305_600_000_000
"""2026-11-22, when these were looked up."""

EMERGENCY = {
    "111": ("Tổng đài quốc gia bảo vệ trẻ em", "https://docluat.net/so-dien-thoai-111-tong-dai-quoc-gia-bao-ve-tre-em"),
    "112": ("Tìm kiếm, cứu nạn", "Thông tư 22/2014/TT-BTTTT, quy hoạch kho số viễn thông"),
    "113": ("Công an", "Thông tư 22/2014/TT-BTTTT, quy hoạch kho số viễn thông"),
    "114": ("Cứu hỏa", "Thông tư 22/2014/TT-BTTTT, quy hoạch kho số viễn thông"),
    "115": ("Cấp cứu y tế", "Thông tư 22/2014/TT-BTTTT, quy hoạch kho số viễn thông"),
    "156": (
        "Phản ánh cuộc gọi rác, cuộc gọi lừa đảo",
        "https://vietnamplus.vn/dau-so-156-tiep-nhan-phan-anh-ve-cuoc-goi-rac-co-dau-hieu-lua-dao/827335.vnp",
    ),
    "5656": (
        "Phản ánh tin nhắn rác, cuộc gọi rác",
        "https://plo.vn/kinh-te/phan-anh-ve-cuoc-goi-rac-tang-trung-binh-tu-1315-thang-1002855.html",
    ),
    "+8418001567": (
        "Tổng đài bảo vệ trẻ em, số trước năm 2017",
        "https://docluat.net/so-dien-thoai-111-tong-dai-quoc-gia-bao-ve-tre-em",
    ),
    "+84692348560": (
        "Trực ban hình sự, Cục Cảnh sát hình sự (C02)",
        "https://plo.vn/kinh-te/phan-anh-ve-cuoc-goi-rac-tang-trung-binh-tu-1315-thang-1002855.html",
    ),
}

# Only numbers that a page of the day was seen to give: a wrong one here would shield whoever answers it.
BANK_HOTLINES = {
    "+841900545413": (
        "Vietcombank",
        "https://soha.vn/vietcombank-thong-bao-toi-tat-ca-nhung-ai-nhan-duoc-tin-nhan-co-noi-dung-sau-198251104095009963.htm",
    ),
    "+8419009247": (
        "BIDV",
        "https://cafef.vn/chu-tai-khoan-bidv-dac-biet-luu-y-thong-bao-nhat-tu-ngan-hang-nay-ve-nguy-co-mat-sach-tien-trong-tai-khoan-188251027110421045.chn",
    ),
    "+841800588822": (
        "Techcombank",
        "https://techcombank.com/en/information/updates/fraud-warning-avoid-credit-card-scams",
    ),
    "+842439446699": (
        "Techcombank, from abroad",
        "https://techcombank.com/en/information/updates/fraud-warning-avoid-credit-card-scams",
    ),
}

NCSC = (
    "https://cafef.vn/"
    "canh-bao-gia-mao-website-trung-tam-giam-sat-an-toan-khong-gian-mang-quoc-gia-de-lua-dao-188240402133657551.chn"
)
SITES = {
    "gov.vn": ("Cơ quan nhà nước", "Thông tư 24/2015/TT-BTTTT: gov.vn is for agencies of the state alone"),
    "chinhphu.vn": ("Cổng Thông tin điện tử Chính phủ", "https://chinhphu.vn"),
    "sbv.gov.vn": ("Ngân hàng Nhà nước Việt Nam", "https://www.sbv.gov.vn"),
    "bocongan.gov.vn": ("Bộ Công an, A05", "https://bocongan.gov.vn"),
    "khonggianmang.vn": ("Trung tâm Giám sát an toàn không gian mạng quốc gia (NCSC)", NCSC),
    "tinnhiemmang.vn": (
        "NCSC, Tín nhiệm mạng",
        "https://www.sggp.org.vn/co-the-tra-cuu-cac-website-lua-dao-tren-vneid-post779336.html",
    ),
    "tongdai111.vn": ("Tổng đài quốc gia bảo vệ trẻ em", "https://tongdai111.vn"),
    "chongluadao.vn": ("Chống Lừa Đảo", "https://chongluadao.vn"),
    "unicef.org": ("UNICEF", "https://www.unicef.org"),
    "unodc.org": ("UNODC", "https://www.unodc.org"),
}
"""Host, subdomains and everything on them."""

BANKS = {
    "vietcombank.com.vn": "Vietcombank",
    "bidv.com.vn": "BIDV",
    "vietinbank.vn": "VietinBank",
    "agribank.com.vn": "Agribank",
    "techcombank.com": "Techcombank",
    "techcombank.com.vn": "Techcombank",
    "mbbank.com.vn": "MB",
    "acb.com.vn": "ACB",
    "vpbank.com.vn": "VPBank",
    "tpb.vn": "TPBank",
    "tpb.com.vn": "TPBank",
    "sacombank.com.vn": "Sacombank",
    "sacombank.com": "Sacombank",
    "hdbank.com.vn": "HDBank",
    "vib.com.vn": "VIB",
    "shb.com.vn": "SHB",
    "msb.com.vn": "MSB",
    "ocb.com.vn": "OCB",
    "seabank.com.vn": "SeABank",
    "eximbank.com.vn": "Eximbank",
    "lpbank.com.vn": "LPBank",
    "namabank.com.vn": "Nam A Bank",
    "baca-bank.vn": "Bac A Bank",
    "abbank.vn": "ABBANK",
    "pvcombank.com.vn": "PVcomBank",
    "vietbank.com.vn": "VietBank",
    "kienlongbank.com": "KienlongBank",
    "bvbank.net.vn": "BVBank",
    "vietabank.com.vn": "VietABank",
    "ncb-bank.vn": "NCB",
    "saigonbank.com.vn": "Saigonbank",
    "pgbank.com.vn": "PGBank",
    "baovietbank.vn": "BAOVIET Bank",
    "co-opbank.vn": "Co-opBank",
    "vbsp.org.vn": "Ngân hàng Chính sách xã hội",
    "napas.com.vn": "NAPAS",
    "momo.vn": "MoMo",
    "zalopay.vn": "ZaloPay",
    "vnpay.vn": "VNPAY",
}
"""Their own sites, with everything on them."""

BRANDS = {
    "Meta": ("facebook.com", "messenger.com", "instagram.com", "whatsapp.com", "threads.net", "fb.com", "m.me"),
    "Zalo": ("zalo.me", "zaloapp.com", "chat.zalo.me"),
    "TikTok": ("tiktok.com",),
    "Google": ("google.com", "google.com.vn", "gmail.com", "goo.gl", "blogspot.com"),
    "Google, services": ("accounts.google.com", "docs.google.com", "drive.google.com", "forms.gle", "play.google.com"),
    "Google, sites and meetings": ("sites.google.com", "meet.google.com"),
    "YouTube": ("youtube.com", "youtu.be"),
    "Telegram": ("telegram.org", "t.me", "telegram.me", "web.telegram.org"),
    "Microsoft": ("microsoft.com", "office.com", "live.com", "outlook.com", "bing.com"),
    "Apple": ("apple.com", "icloud.com", "apps.apple.com"),
    "X": ("x.com", "twitter.com", "t.co"),
    "Discord": ("discord.com", "discord.gg"),
    "Zoom": ("zoom.us",),
    "Shopee": ("shopee.vn",),
    "Lazada": ("lazada.vn",),
    "Tiki": ("tiki.vn",),
    "Bitly": ("bit.ly",),
    "WordPress": ("wordpress.com",),
    "Wix": ("wix.com",),
    "GitHub": ("github.com", "github.io"),
    "Cloudflare": ("cloudflare.com", "pages.dev", "workers.dev"),
    "Wikipedia": ("wikipedia.org",),
    "Roblox": ("roblox.com",),
    "Garena": ("garena.vn",),
}
"""The host and its root page alone: abuse lives below them, and the whole of one must never be blocked for it."""


def upgrade() -> None:
    names = ("kind", "value", "identity", "reach", "label", "source", "valid_from", "added", "added_by", "reached")
    table = sa.table("guard_entry", *(sa.column(name) for name in names))
    # What stands already is held against the list by the hub; a new one has nothing that it would have to look at.
    claims = op.get_bind().execute(sa.text("SELECT 1 FROM claim LIMIT 1")).first()
    common = {
        "valid_from": COMPILED,
        "added": time.time_ns() // 1_000,
        "added_by": "hub",
        "reached": 0 if claims else None,
    }
    op.bulk_insert(table, [row | common for row in rows()])


def rows() -> list[dict[str, str]]:
    """Every entry, but for what they have in common."""
    phones = EMERGENCY | {number: (f"Tổng đài {bank}", source) for number, (bank, source) in BANK_HOTLINES.items()}
    sites = SITES | {host: (bank, f"https://{host}") for host, bank in BANKS.items()}
    # `www.` and bare hosts are two.
    homes = {
        prefix + host: (brand, f"https://{host}")
        for brand, hosts in BRANDS.items()
        for host in hosts
        for prefix in (("", "www.") if host.count(".") == 1 else ("",))
    }
    return [
        *(_row("phone", number, "exact", *said) for number, said in phones.items()),
        *(_row("domain", host, "site", *said) for host, said in sites.items()),
        *(_row("domain", host, "exact", *said) for host, said in homes.items()),
    ]


def _row(kind: str, value: str, reach: str, label: str, source: str) -> dict[str, str]:
    # RFC 3966: a short code is one number only within its country.
    identity = f"{value};phone-context=+84" if kind == "phone" and not value.startswith("+") else value
    return {"kind": kind, "value": value, "identity": identity, "reach": reach, "label": label, "source": source}


def downgrade() -> None:
    op.execute("DELETE FROM guard_entry WHERE added_by = 'hub'")
