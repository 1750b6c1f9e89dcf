"""The Partner API and its rules. Nothing in here imports `plugins` or `partners`."""
