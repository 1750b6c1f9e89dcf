"""What a platform decided, in the words of the EU's statements of reasons (Digital Services Act, article 17).

Words and field names are those of the DSA Transparency Database, verbatim, so that what a platform files there of its
decision is sent here as it is: https://transparency.dsa.ec.europa.eu/page/api-documentation. Left out is what names the
statement there (`puid`, dates, language, who notified it): the case has it. What it has no word for begins with `KMM_`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Line, Prose


class DecisionVisibility(StrEnum):
    CONTENT_REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
    CONTENT_DISABLED = "DECISION_VISIBILITY_CONTENT_DISABLED"
    CONTENT_DEMOTED = "DECISION_VISIBILITY_CONTENT_DEMOTED"
    CONTENT_AGE_RESTRICTED = "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"
    CONTENT_INTERACTION_RESTRICTED = "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"
    CONTENT_LABELLED = "DECISION_VISIBILITY_CONTENT_LABELLED"
    OTHER = "DECISION_VISIBILITY_OTHER"


class DecisionMonetary(StrEnum):
    SUSPENSION = "DECISION_MONETARY_SUSPENSION"
    TERMINATION = "DECISION_MONETARY_TERMINATION"
    OTHER = "DECISION_MONETARY_OTHER"


class DecisionProvision(StrEnum):
    PARTIAL_SUSPENSION = "DECISION_PROVISION_PARTIAL_SUSPENSION"
    TOTAL_SUSPENSION = "DECISION_PROVISION_TOTAL_SUSPENSION"
    PARTIAL_TERMINATION = "DECISION_PROVISION_PARTIAL_TERMINATION"
    TOTAL_TERMINATION = "DECISION_PROVISION_TOTAL_TERMINATION"


class DecisionAccount(StrEnum):
    SUSPENDED = "DECISION_ACCOUNT_SUSPENDED"
    TERMINATED = "DECISION_ACCOUNT_TERMINATED"


class DecisionIdentifier(StrEnum):
    """What banks, telecoms and registrars do; the EU has no words for it."""

    ACCOUNT_FROZEN = "KMM_DECISION_ACCOUNT_FROZEN"
    SIM_BLOCKED = "KMM_DECISION_SIM_BLOCKED"
    DOMAIN_BLOCKED = "KMM_DECISION_DOMAIN_BLOCKED"


class NonAction(StrEnum):
    """Why nothing was done; statements of reasons speak of actions only."""

    NOT_VIOLATING = "KMM_NON_ACTION_NOT_VIOLATING"
    NEEDS_INFORMATION = "KMM_NON_ACTION_NEEDS_INFORMATION"
    OUT_OF_SCOPE = "KMM_NON_ACTION_OUT_OF_SCOPE"
    """Not this platform's to act on."""


class AccountType(StrEnum):
    BUSINESS = "ACCOUNT_TYPE_BUSINESS"
    PRIVATE = "ACCOUNT_TYPE_PRIVATE"


class DecisionGround(StrEnum):
    ILLEGAL_CONTENT = "DECISION_GROUND_ILLEGAL_CONTENT"
    INCOMPATIBLE_CONTENT = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    """With the platform's own terms."""


class StatementCategory(StrEnum):
    ANIMAL_WELFARE = "STATEMENT_CATEGORY_ANIMAL_WELFARE"
    CONSUMER_INFORMATION = "STATEMENT_CATEGORY_CONSUMER_INFORMATION"
    CYBER_VIOLENCE = "STATEMENT_CATEGORY_CYBER_VIOLENCE"
    CYBER_VIOLENCE_AGAINST_WOMEN = "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN"
    DATA_PROTECTION = "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS"
    ILLEGAL_OR_HARMFUL_SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    INTELLECTUAL_PROPERTY = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
    CIVIC_DISCOURSE = "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS"
    NOT_SPECIFIED_NOTICE = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
    OTHER_VIOLATION_TC = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    PROTECTION_OF_MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
    RISK_FOR_PUBLIC_SECURITY = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY"
    SCAMS_AND_FRAUD = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    SELF_HARM = "STATEMENT_CATEGORY_SELF_HARM"
    UNSAFE_PRODUCTS = "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"
    VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE"


class ContentType(StrEnum):
    APP = "CONTENT_TYPE_APP"
    AUDIO = "CONTENT_TYPE_AUDIO"
    IMAGE = "CONTENT_TYPE_IMAGE"
    PRODUCT = "CONTENT_TYPE_PRODUCT"
    SYNTHETIC_MEDIA = "CONTENT_TYPE_SYNTHETIC_MEDIA"
    TEXT = "CONTENT_TYPE_TEXT"
    VIDEO = "CONTENT_TYPE_VIDEO"
    OTHER = "CONTENT_TYPE_OTHER"


class SourceType(StrEnum):
    """On whose word the platform decided."""

    ARTICLE_16 = "SOURCE_ARTICLE_16"
    """A user's notice."""
    TRUSTED_FLAGGER = "SOURCE_TRUSTED_FLAGGER"
    OTHER_NOTIFICATION = "SOURCE_TYPE_OTHER_NOTIFICATION"
    VOLUNTARY = "SOURCE_VOLUNTARY"
    AUTHORITY_ORDER = "KMM_SOURCE_AUTHORITY_ORDER"


class AutomatedDetection(StrEnum):
    YES = "Yes"
    NO = "No"


class AutomatedDecision(StrEnum):
    FULLY = "AUTOMATED_DECISION_FULLY"
    PARTIALLY = "AUTOMATED_DECISION_PARTIALLY"
    NOT_AUTOMATED = "AUTOMATED_DECISION_NOT_AUTOMATED"


Keyword = Annotated[str, Meta(max_length=100, pattern="^(KMM_)?KEYWORD_[A-Z0-9_]+$")]
"""One of the database's, or a word of our own such as `KMM_KEYWORD_ONLINE_KIDNAPPING`."""
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""


class OutcomeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A statement of reasons. `removed` and `restricted` need a decision, its ground, its category and how far it was
    automated; `no_action` needs `non_action`."""

    decision_visibility: Annotated[tuple[DecisionVisibility, ...], Meta(max_length=7)] = ()
    decision_visibility_other: Line | None = None
    decision_monetary: DecisionMonetary | None = None
    decision_monetary_other: Line | None = None
    decision_provision: DecisionProvision | None = None
    decision_account: DecisionAccount | None = None
    decision_identifier: DecisionIdentifier | None = None
    """Not of the database."""
    non_action: NonAction | None = None
    """Not of the database."""
    account_type: AccountType | None = None
    decision_ground: DecisionGround | None = None
    decision_ground_reference_url: Annotated[str, Meta(max_length=2_000, pattern="^https?://[!-~]+$")] | None = None
    illegal_content_legal_ground: Line | None = None
    illegal_content_explanation: Prose | None = None
    incompatible_content_ground: Line | None = None
    incompatible_content_explanation: Prose | None = None
    decision_facts: Prose = ""
    """Never about a person: what looks like a phone number, an email address or an identity card is refused."""
    category: StatementCategory | None = None
    category_addition: Annotated[tuple[StatementCategory, ...], Meta(max_length=16)] = ()
    category_specification: Annotated[tuple[Keyword, ...], Meta(max_length=20)] = ()
    content_type: Annotated[tuple[ContentType, ...], Meta(max_length=8)] = ()
    source_type: SourceType | None = None
    automated_detection: AutomatedDetection | None = None
    automated_decision: AutomatedDecision | None = None
    territorial_scope: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    """Empty: everywhere."""
    end_date_visibility_restriction: date | None = None
    """The last day of a restriction for a time, as of the three that follow; absent: until further notice."""
    end_date_monetary_restriction: date | None = None
    end_date_service_restriction: date | None = None
    end_date_account_restriction: date | None = None
