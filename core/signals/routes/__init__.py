"""HTTP of the signal exchange: a module for each thing that a partner comes to do."""

from core.signals.routes import feed, feed_keys, guard, lookup, opinions, policy, readers, reviews, submit

handlers = [
    *submit.handlers,
    *lookup.handlers,
    *feed.handlers,
    *readers.handlers,
    *feed_keys.handlers,
    *opinions.handlers,
    *guard.handlers,
    *policy.handlers,
    *reviews.handlers,
]
