# SPDX-License-Identifier: GPL-3.0-or-later
"""The telephone at the desk: the buttons of a call, and outgoing calls."""

from __future__ import annotations

from typing import Any, Literal

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from crm import attachments, callbacks, people
from crm.callbacks import CallBackView
from crm.caserows import held_case
from crm.errors import CrmError
from crm.views import PersonView
from desk.api import CallId
from desk.auth import HaveDeps, PhoneUser
from desk.deps import Deps
from desk.errors import NoExtensionError, NotFoundError
from desk.snapshots import require_own
from desk.softphones import live_call, request, send
from pipeline.events import GuestMode

router = APIRouter(prefix="/api")
log = structlog.get_logger("desk.telephone")
Json = dict[str, Any]

Command = Literal[
    "answer", "reject", "hangup", "hold", "resume", "mute", "unmute", "dtmf", "transfer", "transfer_attended", "guest",
    "guest_mode", "guest_drop",
]  # fmt: skip
BUTTONS = {  # command -> catalogue key of its button
    "answer": "answer_call", "reject": "reject", "hangup": "hang_up", "hold": "hold", "resume": "resume",
    "mute": "mute", "unmute": "unmute", "dtmf": "send_keys", "transfer": "transfer_call",
    "transfer_attended": "hand_over", "guest": "invite_guest", "guest_mode": "guest_part", "guest_drop": "drop_guest",
}  # fmt: skip


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommandBody(_Body):
    """A button of the call strip and what it needs (docs/telephony.md)."""

    command: Command
    digits: str = Field("", max_length=32)
    to: str = Field("", max_length=40)
    mode: GuestMode | None = None

    def arguments(self) -> Json:
        """Return what the softphone needs besides the call."""
        return self.model_dump(exclude={"command"}, exclude_defaults=True)


class DialBody(_Body):
    """An outgoing call; ``case_id``, ``callback_id``: what it is about."""

    number: str = Field(max_length=40)
    case_id: int | None = None
    callback_id: int | None = None


@router.post("/calls/{call_id}/command")
async def command(have: HaveDeps, session: PhoneUser, call_id: CallId, body: CommandBody) -> Json:
    """Hand a button to the softphone of the person's extension."""
    known = have.live.calls.get(call_id)
    if known is not None:
        require_own(known.extension, session.person)
    known = live_call(have, call_id)
    more = body.arguments()
    if body.command == "guest":
        more["person"] = await run_in_threadpool(_name_of, have, body.to)
    return {"ok": True, "result": await send(have, known, body.command, BUTTONS[body.command], **more)}


@router.post("/extension/dial")
async def dial(have: HaveDeps, session: PhoneUser, body: DialBody) -> Json:
    """Call a number from the person's own extension; a call about a case is linked to it, a call-back is one try."""
    person = session.person
    if not person.extension:
        raise NoExtensionError
    callback = await run_in_threadpool(_what_about, have, body, person)
    placed = await request(have, person.extension, "dial", "dial_number", **body.model_dump(exclude_none=True))
    call_id = str(placed["call_id"])
    await run_in_threadpool(_link, have, body, callback, call_id, person)
    return {"call_id": call_id}


def _name_of(have: Deps, extension: str) -> str:
    person = people.person_of_extension(have.database, extension)
    return person.name if person else ""


def _what_about(have: Deps, body: DialBody, person: PersonView) -> CallBackView | None:
    """Check that the case is the person's before anybody's telephone rings; return the call-back, if it is one."""
    if body.case_id is None:
        return None
    with have.database.read() as session:
        held_case(session, body.case_id, person)
    known = callbacks.callbacks_of_case(have.database, body.case_id)
    found = next((item for item in known if item.id == body.callback_id), None)
    if body.callback_id is not None and found is None:
        raise NotFoundError
    return found


def _link(have: Deps, body: DialBody, callback: CallBackView | None, call_id: str, person: PersonView) -> None:
    """Note what the call is about; that it cannot be noted ends no call (its journal has it)."""
    now = have.clock.now()
    try:
        if callback is not None:
            callbacks.attempt(have.database, callback.id, callback.version, call_id=call_id, person=person, now=now)
            have.floor.changed("callbacks")
        elif body.case_id is not None:
            attachments.link_call(have.database, body.case_id, call_id, part="repeat", person=person, now=now)
    except CrmError as error:
        log.error("outgoing call not linked", call_id=call_id, case_id=body.case_id, problem=str(error))
