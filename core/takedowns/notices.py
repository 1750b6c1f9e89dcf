"""What a push says to people, in both languages: what happened and where to look, never to whom."""

from core.takedowns.models import Push
from core.wire.common import Title
from core.wire.notices import Detail, Notice

_TITLES = {
    "takedown.breached": Title("Đã quá hạn xử lý yêu cầu gỡ bỏ", "The deadline of a takedown request has passed"),
    "takedown.escalated": Title(
        "Yêu cầu gỡ bỏ quá hạn được chuyển lên cấp liên hệ tiếp theo",
        "An overdue takedown request was escalated to you",
    ),
    "emergency.declared": Title(
        "KHẨN CẤP: một người trẻ đang gặp nguy hiểm", "EMERGENCY: a young person is at risk now"
    ),
}
_OTHERWISE = Title("Có việc cần bạn xử lý ngay", "Something needs you now")
_PATHS = {"tkd": "/v1/takedowns", "emg": "/v1/emergencies"}


def of(push: Push, base_url: str) -> Notice:
    """The notice of a push, the same each time that it is sent."""
    path = _PATHS.get(push.subject.partition("_")[0], "/v1/pushes")
    name = push.subject if path != "/v1/pushes" else push.id
    confirm = f"{base_url}/v1/pushes/{push.id}/acknowledge"
    if path == "/v1/emergencies":
        # There the other parties are told, too.
        confirm = f"{base_url}{path}/{name}/acknowledgement"
    return Notice(
        id=push.id,
        type=push.about,
        subject=push.subject,
        title=_TITLES.get(push.about, _OTHERWISE),
        detail=Detail(
            vi=f"Mã: {push.subject}. Hãy đăng nhập để xem, rồi xác nhận đã nhận: POST {confirm}",
            en=f"Id: {push.subject}. Sign in to read it, then confirm that you have it: POST {confirm}",
        ),
        url=f"{base_url}{path}/{name}",
    )
