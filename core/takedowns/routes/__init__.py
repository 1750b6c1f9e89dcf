"""HTTP of takedowns, one module for each noun."""

from core.takedowns.routes import cases, contacts, pauses, policies

handlers = [
    *cases.handlers,
    *contacts.handlers,
    *pauses.handlers,
    *policies.handlers,
]
