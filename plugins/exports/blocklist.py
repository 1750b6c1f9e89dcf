"""Host names to block, in the forms that resolvers and browsers load."""

from collections.abc import AsyncIterator, Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Literal

from litestar import get
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import STRICT, Principal, Scope, Selection, State, Tlp, answers, scoped
from core.signals import feed
from core.signals.keys import Keys
from core.signals.kinds import Kinds

_FORMS: dict[str, tuple[str, Callable[[str], str]]] = {
    "plain": ("#", str),
    "hosts": ("#", "0.0.0.0 {}".format),
    "adblock": ("!", "||{}^".format),
}
_STRICTNESS = list(Tlp)
_IN_MEMORY = 1024 * 1024
_PIECE = 64 * 1024


@get(
    "/blocklist",
    operation_id="ReadBlocklist",
    **scoped(Scope.SIGNALS_READ),
    **answers({200: {"text/plain": str}}),
    # A misspelt `tlp` would give more than may be published.
    **STRICT,
)
async def read_blocklist(
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    form: Literal["plain", "hosts", "adblock"] = "plain",
    tlp: Literal["CLEAR", "GREEN", "AMBER"] = "GREEN",
) -> Stream:
    """Read the host names among the signals you may see, as a blocklist.

    `form`: one name a line, a hosts file, or filters for ad blockers. `tlp` is the strictest marking that the list may
    hold; only a list of `CLEAR` may be published. Addresses of single pages are left out, for a list of hosts would
    block their neighbours; so are disputed signals.
    """
    comment, line = _FORMS[form]
    widest = _STRICTNESS[: _STRICTNESS.index(Tlp(tlp)) + 1]
    # The snapshot closes before an answer begins to leave, so the list waits in between, on disk when it is long.
    spool: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (closed when the answer is sent)
    try:
        spool.write(f"{comment} Khong Mot Minh, up to TLP:{tlp}. Leads, not verdicts.\n".encode())
        async for signal in feed.live(snapshot, principal, kinds, keys, Selection(kinds=("domain",), leaving=True)):
            if signal.tlp in widest and signal.state is State.ACTIVE:
                spool.write(f"{line(str(signal.value))}\n".encode())
    except BaseException:
        spool.close()
        raise
    return Stream(_pieces(spool), media_type="text/plain", headers={"Cache-Control": "private, no-cache"})


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    with spool:
        spool.seek(0)
        while piece := spool.read(_PIECE):
            yield piece
