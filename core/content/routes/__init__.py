"""HTTP of materials, a module for each noun."""

from litestar.types import ControllerRouterHandler

from core.content.routes import approvals, assets, feeds, kits, links, materials, packs, recalls, uploads, usage

handlers: list[ControllerRouterHandler] = [
    *materials.handlers,
    *approvals.handlers,
    *recalls.handlers,
    *assets.handlers,
    *uploads.handlers,
    *packs.handlers,
    *links.handlers,
    *kits.handlers,
    *feeds.handlers,
    *usage.handlers,
]
public_handlers = [*links.public_handlers]
"""Outside /v1, for anyone."""
