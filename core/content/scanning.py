"""Malware: plugins look through a file before it becomes an asset."""

import logging
from http import HTTPStatus
from pathlib import Path

from core.errors import Fault
from core.plugin import hooks
from core.plugin.host import PluginHost
from core.wire.assets import ScanState, Verdict

log = logging.getLogger("kmm")


class Infected(Fault):
    """A scanner found malware."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "malware"


async def scan(plugins: PluginHost, path: Path, sha256: str, media_type: str) -> ScanState:
    """What every scanner says. Raises `Infected` when one of them finds something.

    One that is late, wrong or shut away leaves the file `not_scanned`: silence is never `clean`.
    """
    answers = [
        answer async for answer in plugins.ask(hooks.scan_asset, path=path, sha256=sha256, media_type=media_type)
    ]
    for name, scan in answers:
        if not isinstance(scan, Exception) and scan.verdict is Verdict.INFECTED:
            log.warning("%s refuses a %s with the SHA-256 %s: %s", name, media_type, sha256, scan.detail)
            raise Infected(f"{name} found malware in it: {scan.detail or 'no more is known'}.")
    silent = not answers or any(isinstance(scan, Exception) for _, scan in answers)
    return ScanState.NOT_SCANNED if silent else ScanState.CLEAN
