"""Where tests keep their files: in memory, for a hub waits for the disk at every commit; drills on the disk."""

import shutil
import tempfile
from pathlib import Path

DISK = tempfile.gettempdir()
"""What is killed here, or measured, is given the pace of a disk."""

_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""Bytes. Four workers have 0.2 GB in use at a time: a cluster and templates each, and the files of one test."""


def prefer_memory() -> None:
    """From here on `tempfile` and pytest's `tmp_path` are in memory, if this machine has the room."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        tempfile.tempdir = str(_MEMORY)
