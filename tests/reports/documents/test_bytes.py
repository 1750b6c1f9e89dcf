"""The same document is the same bytes, in every process, zone and language of the machine."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_PROGRAM = """
import hashlib
from plugins.documents import report_formats
from tests.reports.samples import frozen
for form in report_formats():
    for language in form.languages or (None,):
        print(form.extension, language, hashlib.sha256(form.render(frozen(), language)).hexdigest())
"""
_PLACES = [
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "HOME": "/nowhere"},
]


def test_two_processes_write_the_same_bytes() -> None:
    first, second = (drawn(place) for place in _PLACES)
    assert first == second
    assert {line.split()[0] for line in first} >= {"csv.zip", "xlsx", "parquet.zip"}


def drawn(place: dict[str, str]) -> list[str]:
    command = [sys.executable, "-c", _PROGRAM]
    made = subprocess.run(command, cwd=ROOT, env=os.environ | place, check=True, capture_output=True, text=True)
    return made.stdout.splitlines()
