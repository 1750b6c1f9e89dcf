"""HTTP of safeguards, one module for each noun."""

from core.safeguards.routes import appeals, emergencies, preservations, quality, referrals

handlers = [
    *appeals.handlers,
    *emergencies.handlers,
    *preservations.handlers,
    *quality.handlers,
    *referrals.handlers,
]
