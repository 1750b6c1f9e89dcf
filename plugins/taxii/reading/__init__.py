"""Collections as they are read."""
