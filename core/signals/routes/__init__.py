"""HTTP of the signal exchange: a module for each thing that a partner comes to do."""

from core.signals.routes import feed, guard, lookup, opinions, policy, readers, reviews, submit

handlers = [
    *submit.handlers,
    *lookup.handlers,
    *feed.handlers,
    *readers.handlers,
    *opinions.handlers,
    *guard.handlers,
    *policy.handlers,
    *reviews.handlers,
]
