"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import referrals

handlers = [*referrals.handlers]
