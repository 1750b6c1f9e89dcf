"""What the API can do, for any partner. Found through the entry points of pyproject.toml, like a stranger's."""
