"""Alembic migrations of core. Run by `kmm migrate`."""
