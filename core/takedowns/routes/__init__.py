"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import (
    appeals,
    cases,
    contacts,
    emergencies,
    pauses,
    policies,
    preservations,
    quality,
    referrals,
)

handlers = [
    *appeals.handlers,
    *cases.handlers,
    *contacts.handlers,
    *emergencies.handlers,
    *pauses.handlers,
    *policies.handlers,
    *preservations.handlers,
    *quality.handlers,
    *referrals.handlers,
]
