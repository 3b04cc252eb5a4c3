# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to softphones, and what a page is told when one is away or refuses."""

from __future__ import annotations

from typing import Any

import structlog

from desk.deps import Deps
from desk.errors import CallOverError, CommandFailedError, NotFoundError, NotReachableError, SoftphoneAwayError
from desk.live_call import LiveCall
from pipeline.errors import BusUnavailableError, CommandRefusedError

log = structlog.get_logger("desk.softphones")
Json = dict[str, Any]
COMMAND_TIMEOUT_S = 8.0
AWAY_CODES = frozenset({"no_such_process", "bus_unavailable"})


def live_call(have: Deps, call_id: str) -> LiveCall:
    """Return a call that is up; raises NotFoundError or CallOverError."""
    known = have.live.calls.get(call_id)
    if known is None:
        raise NotFoundError
    if not known.is_live:
        raise CallOverError
    return known


async def send(have: Deps, call: LiveCall, command: str, button: str, **args: Any) -> Json:
    """Send a command for a call to its softphone; raises as :func:`request`."""
    state = f"call_{call.state}"
    return await request(have, call.extension, command, button, state=state, call_id=call.call_id, **args)


async def request(
    have: Deps, extension: str, command: str, button: str, *, state: str = "call_none", **args: Any
) -> Json:
    """Send a command to an extension's softphone.

    Parameters:
        button, state: catalogue keys (in ``desk``) of what was pressed and of the call's state, for the refusal.

    Raises:
        SoftphoneAwayError: it is not there.
        NotReachableError: the number or extension asked for can be called from nowhere.
        CommandFailedError: not now; the remedy is the softphone's own words.
    """
    try:
        return await have.bus.request(f"softphone.{extension}", command, timeout_s=COMMAND_TIMEOUT_S, **args)
    except BusUnavailableError as error:
        raise SoftphoneAwayError(extension=extension) from error
    except CommandRefusedError as error:
        if error.code in AWAY_CODES:
            raise SoftphoneAwayError(extension=extension) from error
        log.info("command refused", command=command, extension=extension, reason=error.message)
        if error.code == "unreachable":
            raise NotReachableError(words=error.message) from error
        t = have.render.t
        raise CommandFailedError(button=t(f"desk.{button}"), state=t(f"desk.{state}"), words=error.message) from error
