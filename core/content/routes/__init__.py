"""HTTP of materials, a module for each noun."""

from core.content.routes import assets, materials

handlers = [*materials.handlers, *assets.handlers]
