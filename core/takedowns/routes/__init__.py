"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import quality, referrals

handlers = [*quality.handlers, *referrals.handlers]
