"""Letters are our own: the machine's change no byte."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typst

from plugins.documents.figures import TEMPLATES

ROOT = Path(__file__).parents[3]
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_PROGRAM = """
import hashlib
import typst
from core.wire.documents import Language
from plugins.documents import page, typeset
from tests.reports.samples import frozen
for render in (typeset.render_pdf, typeset.render_pictures, page.render):
    print(hashlib.sha256(render(frozen(), Language.VI)).hexdigest())
print(len(typst.Fonts(include_embedded_fonts=False).families()))
"""


def test_the_fonts_that_are_shipped_are_those_that_are_set() -> None:
    fonts = typst.Fonts(False, False, [TEMPLATES / "fonts"]).fonts()
    assert {(font.family, font.weight) for font in fonts} == {("IBM Plex Sans", 400), ("IBM Plex Sans", 600)}
    licence = (TEMPLATES / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_a_machine_without_fonts_draws_the_same_bytes() -> None:
    hide = " && ".join(("true", *(f"mount -t tmpfs none {folder}" for folder in FOLDERS if Path(folder).is_dir())))
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    # Only the kernel can take fonts away from one process, and in some containers it may not.
    if not shutil.which("unshare") or subprocess.run([*alone, hide], check=False).returncode:
        pytest.skip("mount namespaces are denied here")
    command = [sys.executable, "-c", _PROGRAM]
    *with_them, number = told(command)
    *without, none = told([*alone, f'{hide} && exec "$@"', "sh", *command])
    has_fonts = any(any(Path(folder).rglob("*.[ot]tf")) for folder in FOLDERS)
    assert (int(number) > 0, int(none)) == (has_fonts, 0)
    assert with_them == without


def told(command: list[str]) -> list[str]:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
