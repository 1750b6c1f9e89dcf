"""What a caller may do (`scoped`) and what it may see (`visible`): each asked in one place."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.handlers import BaseRouteHandler
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import DeclarativeBase

from core.auth.logins import LoginReader, alternatives, challenge, invitation
from core.auth.models import Sight
from core.errors import Forbidden, Unauthorized
from core.wire.scopes import PartnerKind, Scope


class Principal(msgspec.Struct, frozen=True):
    """The caller, as its token names it."""

    client: str
    partner: int
    slug: str
    kind: PartnerKind
    scopes: frozenset[Scope]

    @property
    def is_operator(self) -> bool:
        return self.kind is PartnerKind.OPERATOR


HUB = Principal(client="hub", partner=0, slug="hub", kind=PartnerKind.OPERATOR, scopes=frozenset(Scope))
"""The hub itself, for what its operator does by command."""


def visible(table: type[DeclarativeBase], principal: Principal) -> ColumnElement[bool]:
    """The rows of `table`, which has a column `audience`, that `principal` may see.

    Every query of shared data goes through here.
    """
    return table.__table__.c.audience.in_(select(Sight.audience).where(Sight.partner == principal.partner))


def scoped(scope: Scope, *more: Scope, logins: Sequence[LoginReader] = (), feed_format: str = "") -> dict[str, Any]:
    """Keyword arguments of a route handler: its scopes (all are needed), for the guard and for the document.

    `logins` read what else than a bearer token lets a program in; `feed_format` names the format whose feed keys do.
    """
    scopes = (scope, *more)
    opt: dict[str, Any] = {"scopes": frozenset(scopes)}
    if logins:
        opt |= {"logins": tuple(logins), "feed_format": feed_format}
    others = alternatives(logins, feed_format)
    return {"opt": opt, "security": [{"oauth2": [one.value for one in scopes]}, *others]}


def identified() -> dict[str, Any]:
    """Keyword arguments of a handler that every valid token may call."""
    return {"opt": {"scopes": frozenset()}, "security": [{"oauth2": []}]}


def public() -> dict[str, Any]:
    """Keyword arguments of a handler that anyone may call."""
    return {"opt": {"public": True}, "security": [{}]}


def guard(principal: Principal | None, handler: BaseRouteHandler) -> None:
    """Deny by default. A handler without scopes that is not public was refused at start-up.

    Raises `Unauthorized` or `Forbidden`.
    """
    if handler.opt.get("public"):
        return
    if not isinstance(principal, Principal):
        readers = handler.opt.get("logins", ())
        said = invitation(readers, handler.opt.get("feed_format", ""))
        raise Unauthorized(said, headers=challenge(readers))
    scopes = handler.opt.get("scopes", _EVERY)
    if not scopes <= principal.scopes:
        needed = " ".join(sorted(scopes - principal.scopes))
        raise Forbidden(
            f"Your token or key lacks: {needed}. Ask for it at /oauth/token, or ask the operator to grant it.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
        )


_EVERY = frozenset(Scope)


def require_scopes(handlers: Sequence[BaseRouteHandler]) -> None:
    """Start-up check: every route says who may call it. Raises `RuntimeError` naming the one that does not."""
    for handler in handlers:
        if not handler.opt.get("public") and "scopes" not in handler.opt:
            raise RuntimeError(f"{handler.handler_name} at {sorted(handler.paths)} has no scope and is not public")
