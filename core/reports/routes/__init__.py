"""HTTP of reports, a module for each noun."""

from litestar.types import ControllerRouterHandler

from core.reports.routes import reports

handlers: list[ControllerRouterHandler] = [*reports.handlers]
