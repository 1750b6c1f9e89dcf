"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import contacts, pauses, policies, quality, referrals

handlers = [*contacts.handlers, *pauses.handlers, *policies.handlers, *quality.handlers, *referrals.handlers]
