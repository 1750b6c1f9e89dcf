"""Collections as they are written: what becomes of objects that partners post or delete."""
