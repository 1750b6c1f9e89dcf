"""What a token may do, and the kinds of partner that may be given it."""

from enum import StrEnum


class Scope(StrEnum):
    """OAuth scopes (RFC 6749 §3.3), each `noun:verb`. The generated list is openapi/scopes.md."""

    SIGNALS_READ = "signals:read"
    SIGNALS_WRITE = "signals:write"
    SIGNALS_LOOKUP = "signals:lookup"
    SIGNALS_REVIEW = "signals:review"
    OPINIONS_WRITE = "opinions:write"
    TAKEDOWNS_READ = "takedowns:read"
    TAKEDOWNS_REQUEST = "takedowns:request"
    TAKEDOWNS_ANSWER = "takedowns:answer"
    TAKEDOWNS_MANAGE = "takedowns:manage"
    EMERGENCIES_WRITE = "emergencies:write"
    APPEALS_WRITE = "appeals:write"
    APPEALS_REVIEW = "appeals:review"
    REFERRALS_WRITE = "referrals:write"
    EVENTS_READ = "events:read"
    WEBHOOKS_WRITE = "webhooks:write"
    GROUPS_WRITE = "groups:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CONTENT_READ = "content:read"
    CONTENT_WRITE = "content:write"
    CONTENT_APPROVE = "content:approve"
    REPORTS_READ = "reports:read"
    REPORTS_NATIONAL = "reports:national"
    PARTNERS_READ = "partners:read"
    PARTNERS_ADMIT = "partners:admit"

    @property
    def meaning(self) -> str:
        """One line for the OpenAPI document and scopes.md."""
        return _MEANINGS[self]


_MEANINGS = {
    Scope.SIGNALS_READ: "Read the signal feed, single signals and sharing groups; keep feed keys, which read the feed.",
    Scope.SIGNALS_WRITE: "Submit and retract signals, and see who still holds one's own.",
    Scope.SIGNALS_LOOKUP: "Ask whether values are known, in the open or privately.",
    Scope.SIGNALS_REVIEW: "Decide about disputed and quarantined signals, and keep the negative list.",
    Scope.OPINIONS_WRITE: "Agree or disagree with other partners' signals.",
    Scope.TAKEDOWNS_READ: "Follow takedown cases and preservation requests that one is a party of.",
    Scope.TAKEDOWNS_REQUEST: "Ask platforms to take something down or to preserve data.",
    Scope.TAKEDOWNS_ANSWER: "Acknowledge and answer what one's platform is asked.",
    Scope.TAKEDOWNS_MANAGE: "Keep deadlines, calendars, contacts and responsibilities.",
    Scope.EMERGENCIES_WRITE: "Declare that a young person is at risk now, and lower it together with another.",
    Scope.APPEALS_WRITE: "Appeal against a signal on behalf of whoever it harms.",
    Scope.APPEALS_REVIEW: "Look at appeals and decide them.",
    Scope.REFERRALS_WRITE: "Hand a person over to those who help, and take such a hand-over on.",
    Scope.EVENTS_READ: "Read what happened to one's own things, as a list or a stream.",
    Scope.WEBHOOKS_WRITE: "Have events delivered to one's own endpoints.",
    Scope.GROUPS_WRITE: "Found sharing groups, invite to them, accept and leave.",
    Scope.CAMPAIGNS_READ: "Read campaigns and their activities.",
    Scope.CAMPAIGNS_WRITE: "Create campaigns, change them and submit activities.",
    Scope.CONTENT_READ: "List approved material and download it.",
    Scope.CONTENT_WRITE: "Draft material, upload assets, submit for approval, publish and withdraw one's own.",
    Scope.CONTENT_APPROVE: "Approve or withdraw another partner's material.",
    Scope.REPORTS_READ: "Make and read reports over what the partner may see.",
    Scope.REPORTS_NATIONAL: "Make and read reports over every partner's counts.",
    Scope.PARTNERS_READ: "Read the list of partners.",
    Scope.PARTNERS_ADMIT: "Admit, change and suspend partners and issue their clients.",
}


class PartnerKind(StrEnum):
    """What an organisation is to the hub. A kind decides the most that its clients may be given."""

    PLATFORM = "platform"
    ALLIANCE = "alliance"
    CREATOR = "creator"
    PROTECTION = "protection"
    AGENCY = "agency"
    OPERATOR = "operator"
