"""HTTP of reports, a module for each noun."""

from litestar.types import ControllerRouterHandler

from core.reports.routes import cuts, reports, templates

handlers: list[ControllerRouterHandler] = [*reports.handlers, *templates.handlers, *cuts.handlers]
