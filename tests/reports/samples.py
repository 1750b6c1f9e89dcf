"""A frozen report of all six sections as renderers are handed it: made up by arithmetic, with hidden cells."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product

import msgspec

from core.campaigns import provinces
from core.reports.cube import Count, Cube, Hidden, Quantile, Share, Wanted, margins, tabulate
from core.wire.documents import (
    Chart,
    ChartKind,
    Dimension,
    Document,
    Frozen,
    Member,
    Period,
    Positions,
    ReaderClass,
    Section,
    SectionStatus,
    Unit,
    Words,
)
from core.wire.signals import Category

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def document() -> Document:
    """National, of a whole month; one section is partial."""
    return Document(
        format="khongmotminh-report-1",
        title=Words("Báo cáo quốc gia tháng 10 năm 2026", "National report, October 2026"),
        template="national-monthly",
        definition_sha256=hashlib.sha256(b"definition").hexdigest(),
        readers=ReaderClass.NATIONAL,
        partner=None,
        period=OCTOBER,
        zone="Asia/Ho_Chi_Minh",
        positions=Positions(after=1_204_377, to=1_391_052),
        as_of=datetime(2026, 10, 31, 17, tzinfo=UTC),
        provisional=False,
        pattern_sha256=hashlib.sha256(b"pattern").hexdigest(),
        sections=(signals(), takedowns(), reach(), content(), partner_quality(), data_quality()),
    )


def frozen(of: Document | None = None) -> Frozen:
    of = of or document()
    canonical = msgspec.json.encode(of, order="sorted")
    sha256 = hashlib.sha256(canonical).hexdigest()
    return Frozen("rep_aaaaaaaaaaaaaaaaaaaaaaaaaa", of, sha256, 1_391_060, "https://hub.example")


def signals() -> Section:
    time, category, partner = days(), categories(), partners()
    cube = Cube(
        name="signals",
        dimensions=(time, category, partner),
        counts=(
            Count("first", Words("Tín hiệu mới", "New signals"), Unit.SIGNALS),
            Count("retracted", Words("Đã rút lại", "Retracted"), Unit.SIGNALS),
            Count("expired", Words("Hết hạn", "Expired"), Unit.SIGNALS),
        ),
        atoms={at: (n, n // 9, n // 4) for at, n in spread(90, time, category, partner).items()},
        tables=(
            wanted("signals_by_day", "Tín hiệu theo ngày", "Signals by day", "time", ALL_OF_SIGNALS, "time_series"),
            wanted("signals_by_category", "Theo thủ đoạn", "By category", "category", ALL_OF_SIGNALS, "bars"),
            wanted(
                "signals_by_partner_and_category",
                "Theo đối tác và thủ đoạn",
                "By partner and category",
                "partner category",
                "first",
            ),
            wanted(
                "signals_by_day_and_partner",
                "Theo ngày và đối tác",
                "By day and partner",
                "time partner",
                "first",
                "time_series",
            ),
        ),
        time="time",
        contributor="partner",
    )
    note = Words(
        "Tín hiệu mới: lần đầu tiên bất kỳ đối tác nào báo. Số nhỏ được ẩn bằng dấu “…” để không ai bị nhận ra.",
        "New: told by any partner for the first time. Small numbers are hidden as “…” so that nobody is recognised.",
    )
    return section("signals", "Tín hiệu", "Signals", cube, note)


ALL_OF_SIGNALS = "first retracted expired"


def takedowns() -> Section:
    platform, category = platforms(), categories(5)
    steps = [
        ("requested", "Yêu cầu", "Requested", 100),
        ("acknowledged", "Đã tiếp nhận", "Acknowledged", 94),
        ("acted_on", "Đã xử lý", "Acted on", 81),
        ("in_time", "Đúng hạn", "In time", 68),
        ("breached", "Quá hạn", "Breached", 19),
    ]
    atoms = {at: tuple(n * part // 100 for *_, part in steps) for at, n in spread(150, platform, category).items()}
    cube = Cube(
        name="takedowns",
        dimensions=(platform, category),
        counts=tuple(Count(name, Words(vi, en), Unit.REQUESTS) for name, vi, en, _ in steps),
        atoms=atoms,
        tables=(
            wanted("takedowns_funnel", "Từ yêu cầu đến xử lý", "From request to action", "", FUNNEL, "funnel"),
            wanted(
                "takedowns_by_platform",
                "Theo nền tảng",
                "By platform",
                "platform",
                "requested acted_on in_time in_time_share median_seconds p90_seconds",
                "bars",
            ),
            wanted(
                "takedowns_by_platform_and_category",
                "Theo nền tảng và thủ đoạn",
                "By platform and category",
                "platform category",
                "requested acted_on",
            ),
        ),
        shares=(Share("in_time_share", Words("Tỷ lệ đúng hạn", "Share in time"), "in_time", "acted_on"),),
        quantiles=(
            Quantile("median_seconds", Words("Thời gian trung vị", "Median time"), "acted_on", 50),
            Quantile("p90_seconds", Words("Bách phân vị 90", "90th percentile"), "acted_on", 90),
        ),
        durations={at: {3_600 * (1 + n % 30): 1 for n in range(atoms[at][2])} for at in atoms},
        contributor="platform",
    )
    note = Words("Theo giờ làm việc của từng hạn xử lý.", "By the hours of each deadline's own calendar.")
    return section("takedowns", "Gỡ bỏ", "Takedowns", cube, note)


FUNNEL = "requested acknowledged acted_on in_time"


def reach() -> Section:
    province, strand = all_provinces(), strands()
    cube = Cube(
        name="reach",
        dimensions=(province, strand),
        counts=(
            Count("participants", Words("Người tham gia", "Participants"), Unit.PARTICIPANTS, protected=False),
            Count("views", Words("Lượt xem", "Views"), Unit.VIEWS, protected=False),
            Count("classes", Words("Lớp học", "Classes"), Unit.CLASSES, protected=False),
            Count("persons", Words("Người được hỗ trợ", "Persons supported"), Unit.CASES),
        ),
        atoms={at: (n * 417, n * 12_345, n * 3, n) for at, n in spread(25, province, strand).items()},
        tables=(
            wanted(
                "reach_by_province",
                "Lan tỏa theo tỉnh, thành",
                "Reach by province",
                "province",
                "participants views classes",
                "tile_grid",
            ),
            wanted("supported_by_province", "Người được hỗ trợ", "Supported", "province", "persons", "tile_grid"),
            wanted("reach_by_strand", "Theo hoạt động", "By strand", "strand", "participants views classes", "bars"),
        ),
    )
    return section("reach", "Lan tỏa", "Reach", cube)


def content() -> Section:
    material = Dimension(
        "material",
        Words("Học liệu", "Material"),
        (
            member("bai-giang-lop-6", "Bài giảng lớp 6: Không một mình trên mạng", "Lesson for grade 6"),
            member("poster-bat-coc", "Áp phích: Bắt cóc online", "Poster: online kidnapping"),
            member("video-30s", "Phim ngắn 30 giây", "Film of 30 seconds"),
        ),
    )
    cube = Cube(
        name="content",
        dimensions=(material,),
        counts=(
            Count("downloads", Words("Lượt tải", "Downloads"), Unit.DOWNLOADS, protected=False),
            Count("creators", Words("Nhà sáng tạo", "Creators"), Unit.CREATORS, protected=False),
            Count("posts", Words("Bài đăng", "Posts"), Unit.POSTS, protected=False),
        ),
        atoms={at: (n * 1_031, n * 2, n * 7) for at, n in spread(60, material).items()},
        tables=(
            wanted(
                "content_by_material",
                "Theo học liệu",
                "By material",
                "material",
                "downloads creators posts",
                "bars",
            ),
        ),
    )
    return section("content", "Học liệu", "Content", cube)


def partner_quality() -> Section:
    partner = partners()
    cube = Cube(
        name="partner_quality",
        dimensions=(partner,),
        counts=(
            Count("claims", Words("Báo cáo gửi", "Claims"), Unit.CLAIMS),
            Count("refused", Words("Bị từ chối", "Refused"), Unit.CLAIMS),
            Count("corroborated", Words("Được xác nhận", "Corroborated"), Unit.CLAIMS),
        ),
        atoms={at: (n * 40, n, n * 22) for at, n in spread(150, partner).items()},
        tables=(
            wanted(
                "claims_by_partner",
                "Báo cáo theo đối tác",
                "Claims by partner",
                "partner",
                "claims refused corroborated corroborated_share",
                "bars",
            ),
        ),
        shares=(Share("corroborated_share", Words("Tỷ lệ xác nhận", "Corroborated"), "corroborated", "claims"),),
        contributor="partner",
    )
    return section("partner_quality", "Chất lượng theo đối tác", "Quality by partner", cube)


def data_quality() -> Section:
    partner = partners()
    cube = Cube(
        name="data_quality",
        dimensions=(partner,),
        counts=(Count("days_silent", Words("Ngày im lặng", "Days of silence"), Unit.DAYS, protected=False),),
        atoms={("lotus",): (6,), ("pine",): (1,)},
        tables=(wanted("silence_by_partner", "Im lặng theo đối tác", "Silence by partner", "partner", "days_silent"),),
    )
    note = Words(
        "Đối tác “lotus” không gửi gì từ ngày 25/10/2026; số liệu của đối tác này còn thiếu.",
        "The partner “lotus” has been silent since 25 October 2026; its figures are not complete.",
    )
    made = section("data_quality", "Chất lượng dữ liệu", "Data quality", cube, note)
    since = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    return msgspec.structs.replace(made, status=SectionStatus.PARTIAL, since=since)


def section(name: str, vi: str, en: str, cube: Cube, note: Words | None = None) -> Section:
    return Section(name, Words(vi, en), note=note, tables=tabulate(cube, small(cube)))


def wanted(name: str, vi: str, en: str, by: str, measures: str, chart: str | None = None) -> Wanted:
    names = tuple(measures.split())
    drawn = (
        None if chart is None else Chart(ChartKind(chart), names if chart in {"time_series", "funnel"} else names[:1])
    )
    return Wanted(name, Words(vi, en), tuple(by.split()), names, drawn)


def small(cube: Cube) -> Hidden:
    """Cells of 1 to 4. What the disclosure room hides besides is of no interest to who draws what is left."""
    cells = margins(cube, [one.name for one in cube.dimensions])
    return frozenset(
        (key, count.name)
        for key, numbers in cells.items()
        for count, number in zip(cube.counts, numbers, strict=True)
        if count.protected and 1 <= number <= 4
    )


def spread(most: int, *dimensions: Dimension) -> dict[tuple[str, ...], int]:
    """A number for every combination of members that has one: large members and small ones, always the same."""
    found = {}
    for at in product(*[[one.code for one in dimension.members] for dimension in dimensions]):
        number = most * drawn("/".join(at)) * math.prod(map(drawn, at)) // 1_000 ** (len(at) + 1)
        if number:
            found[at] = number
    return found


def drawn(text: str) -> int:
    """From 50 to 999."""
    return 50 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 950


def member(code: str, vi: str, en: str) -> Member:
    return Member(code, Words(vi, en))


def named(name: str, vi: str, en: str, members: Mapping[str, tuple[str, str]]) -> Dimension:
    return Dimension(name, Words(vi, en), tuple(member(code, *label) for code, label in members.items()))


def days() -> Dimension:
    every = [OCTOBER.since + timedelta(n) for n in range((OCTOBER.until - OCTOBER.since).days)]
    labels = {day.isoformat(): (f"{day:%d/%m/%Y}", f"{day.day} October {day.year}") for day in every}
    return named("time", "Ngày", "Day", labels)


def categories(most: int = 11) -> Dimension:
    vi = {
        "online_kidnapping": "Bắt cóc trực tuyến",
        "grooming": "Dụ dỗ trẻ em",
        "sextortion": "Tống tiền bằng hình ảnh nhạy cảm",
        "impersonation": "Mạo danh",
        "trafficking_recruitment": "Tuyển mộ để mua bán người",
        "phishing": "Lừa lấy thông tin",
        "investment_scam": "Lừa đảo đầu tư",
        "gambling": "Cờ bạc",
        "csam_hash": "Tài liệu xâm hại tình dục trẻ em (mã băm)",
        "self_harm": "Tự gây hại",
        "other": "Khác",
    }
    labels = {one.value: (vi[one.value], one.value.replace("_", " ").capitalize()) for one in list(Category)[:most]}
    return named("category", "Thủ đoạn", "Category", labels)


def partners() -> Dimension:
    labels = {
        "lotus": ("Hoa Sen", "Lotus"),
        "pine": ("Cây Thông", "Pine"),
        "ministry": ("Bộ Ví dụ", "Ministry of Examples"),
    }
    return named("partner", "Đối tác", "Partner", labels)


def platforms() -> Dimension:
    labels = {"river": ("Dòng Sông", "River"), "harbour": ("Bến Cảng", "Harbour"), "ridge": ("Đỉnh Núi", "Ridge")}
    return named("platform", "Nền tảng", "Platform", labels)


def strands() -> Dimension:
    labels = {
        "media": ("Truyền thông", "Media"),
        "school-training": ("Tập huấn trường học", "School training"),
        "festival": ("Ngày hội", "Festival"),
    }
    return named("strand", "Hoạt động", "Strand", labels)


def all_provinces() -> Dimension:
    now = [unit for unit in provinces.ALL if provinces.holds(unit, OCTOBER.since)]
    labels = {unit.code: (unit.name.vi, unit.name.en or unit.name.vi) for unit in now}
    return named("province", "Tỉnh, thành phố", "Province", labels)
