"""What partners send and read about their endpoints."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.sdk import Count, EventName, Line, Time

Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
"""`https`, a host by its public name, port 443 unless the operator allows others; no user, no fragment."""
Types = Annotated[tuple[EventName, ...], Meta(max_length=100)]
"""Names of events; empty for all."""
EventId = Annotated[str, Meta(pattern="^evt_[0-9]{1,15}$")]
"""The id of an event that the hub keeps."""


class EndpointState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class DisabledFor(StrEnum):
    """Why an endpoint is disabled."""

    PARTNER = "partner"
    """Its partner wished so."""
    GONE = "gone"
    """It answered 410."""
    EXHAUSTED = "exhausted"
    """It did not accept an event by the last attempt."""


class ResumeFrom(StrEnum):
    CURSOR = "cursor"
    """Where it stood: what happened meanwhile is delivered."""
    NOW = "now"
    """What happens from now on."""


class EndpointIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to have events delivered to, from now on."""

    url: Url
    types: Types = ()
    description: Line | None = None


class EndpointPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change."""

    url: Url | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    description: Line | None | UnsetType = UNSET
    state: EndpointState | UnsetType = UNSET
    """Enabling it tries again at once."""
    resume: ResumeFrom = ResumeFrom.CURSOR
    """With `state: enabled`: where to begin."""


class EndpointOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An endpoint, and how far it has come."""

    id: str
    url: str
    types: tuple[str, ...]
    """Empty: all events that the partner may see."""
    description: str | None
    state: EndpointState
    reason: DisabledFor | None
    """Why it is disabled."""
    position: int
    """Of the last event that it accepted, or that was not for it."""
    failures: int
    """Attempts in a row that did not deliver the next one."""
    next_attempt: Time | None
    """When the next one is tried again; null when nothing failed."""
    secrets: int
    """How many sign at the moment: two while one is being replaced."""
    created: Time
    version: int


class EndpointMade(EndpointOut, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new endpoint, with its secret: shown now and never again."""

    secret: str
    """`whsec_` and base64, for the libraries of Standard Webhooks."""


class EndpointList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every endpoint of the partner, the oldest first."""

    endpoints: tuple[EndpointOut, ...]


class RotationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a new secret takes over."""

    overlap: Annotated[int, Meta(ge=0, le=7 * 86_400)] = 86_400
    """Seconds for which the old secret signs as well; 0 when it has leaked."""


class SecretOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new secret: shown now and never again."""

    secret: str
    old_until: Time
    """Until then deliveries carry a second signature, by the secret before."""


class DeliveryOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One attempt, as the hub saw it."""

    id: int
    cause: str
    """`live`, `replay`, `ping` or `push`."""
    webhook_id: str
    type: str
    attempt: int
    """1 for the first."""
    at: Time
    duration: int
    """Milliseconds."""
    status: int | None
    """Of the answer; null when there was none."""
    error: str | None
    """Why it does not count as accepted."""
    request_headers: dict[str, str]
    """Without the signature. The body is the event itself."""
    response_headers: dict[str, str]
    response_body: str
    """Its first 2,000 bytes."""


class DeliveryPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Attempts, the newest first."""

    deliveries: tuple[DeliveryOut, ...]
    next: str | None


class ReplayIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to send again: single events, or those of the endpoint's types after a position."""

    events: Annotated[tuple[EventId, ...], Meta(max_length=100)] = ()
    after: Count | None = None
    until: Count | None = None
    """The last position; absent: all until now."""


class ReplayOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is sent beside the live order. Its attempts are among the endpoint's deliveries."""

    id: str
    """Of a ping also the `webhook-id`."""
    kind: str
    """`range`, `event` or `ping`."""
    state: str
    """`waiting`, `done` or `failed`."""
    position: int
    """Up to which it was sent; of a ping 0."""
    created: Time


class ReplayList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Replays and pings."""

    replays: tuple[ReplayOut, ...]
