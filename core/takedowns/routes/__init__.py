"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import cases, contacts, pauses, policies, preservations, quality, referrals

handlers = [
    *cases.handlers,
    *contacts.handlers,
    *pauses.handlers,
    *policies.handlers,
    *preservations.handlers,
    *quality.handlers,
    *referrals.handlers,
]
