"""HTTP of the numbers that the exchange decides by."""

from typing import Any

from litestar import Request, Response, get, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.signals import policy
from core.wire.policy import Limits, SignalPolicies
from core.wire.scopes import Scope


@get("/signal-policy", operation_id="ReadSignalPolicy", **scoped(Scope.SIGNALS_READ))
async def read_signal_policy(snapshot: AsyncSession) -> Response[SignalPolicies]:
    """The numbers that decide what is suspended or held, each with its reason, and the ETag to change them by."""
    found = await policy.table(snapshot)
    return answers.versioned(found, policy.version(found))


@put("/signal-policy", operation_id="ReplaceSignalPolicy", **scoped(Scope.SIGNALS_REVIEW))
async def replace_signal_policy(
    request: Request[Any, Any, Any], data: JSONBody[SignalPolicies], principal: Principal, registry: AsyncSession
) -> Response[SignalPolicies]:
    """Set the numbers, all of them, for what is submitted and said from now on.

    Send the ETag in `If-Match` to learn (412) that someone else changed them meanwhile.
    """
    answers.require_match(request, policy.version(await policy.table(registry)))
    await policy.replace(registry, principal, data)
    return answers.versioned(data, policy.version(data))


@get("/me/limits", operation_id="ReadMyLimits", **scoped(Scope.SIGNALS_WRITE))
async def read_my_limits(principal: Principal, snapshot: AsyncSession) -> Limits:
    """How much your partner may submit this hour before more of it is quarantined, and how much waits already."""
    return await policy.limits(snapshot, principal)


handlers = [read_signal_policy, replace_signal_policy, read_my_limits]
