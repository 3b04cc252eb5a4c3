# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's commands for a call that is up: their arguments checked, then handed to the state machine.

The table of commands, who may send them and what they do is in docs/telephony.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.catalog import text
from pipeline.errors import CommandRefusedError
from pipeline.events import GuestMode
from telephony.actions import Action
from telephony.machine import CallMachine
from telephony.session import CallSession
from telephony.targets import Targets


class Arguments(BaseModel):
    """What every command may carry: the call that is meant."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    call_id: str | None = None


class DialArguments(Arguments):
    """An outgoing call; the numbers of case and call-back go into its journal."""

    number: str
    case_id: int | None = None
    callback_id: int | None = None


class AvailableArguments(Arguments):
    """Whether the agent takes calls. That not is believed for ``for_s``: a desk that is down costs no call for long."""

    on: bool
    for_s: Annotated[float, Field(ge=0, le=3600)] = 60.0


class KeyArguments(Arguments):
    """Keys to send: as many as PJSIP's queue takes."""

    digits: Annotated[str, Field(pattern=r"^[0-9*#A-Da-d]{1,32}$")]


class TransferArguments(Arguments):
    """Where the caller is sent."""

    to: str


class GuestArguments(Arguments):
    """A third party; ``person``: its name, ``auto_answer``: who asks sits at that device, so it picks up at once."""

    to: str
    mode: GuestMode
    person: str = ""
    auto_answer: bool = False


class ModeArguments(Arguments):
    """Another part for the third party."""

    mode: GuestMode


A_ = TypeVar("A_", bound=Arguments)


def read(form: type[A_], command: str, args: Mapping[str, Any]) -> A_:
    """Return checked arguments; raises CommandRefusedError, which repeats no value (keys may be a PIN)."""
    try:
        return form.model_validate(args)
    except ValidationError as error:
        names = sorted({str(detail["loc"][0]) for detail in error.errors()})
        remedy = text("telephony.refused_digits") if names == ["digits"] else ""
        raise CommandRefusedError(
            text("telephony.refused_arguments", command=command, names=", ".join(names)), remedy=remedy
        ) from error


def obey(session: CallSession, targets: Targets, command: str, args: Mapping[str, Any]) -> bool:
    """Carry a command out on a call; returns False when there is no such command.

    Raises:
        CommandRefusedError: not possible now, or wrong arguments.
    """
    if command == "dtmf":
        session.send_keys(read(KeyArguments, command, args).digits.upper())
        return True
    todo = _PLAIN.get(command)
    if todo is not None:
        session.feed(todo(session.machine))
        return True
    asked = _ASKED.get(command)
    if asked is None:
        return False
    session.feed(asked(session.machine, targets, args))
    return True


_PLAIN: dict[str, Callable[[CallMachine], list[Action]]] = {
    "answer": CallMachine.answer,
    "reject": CallMachine.reject,
    "hangup": CallMachine.hang_up,
    "hold": CallMachine.hold,
    "resume": CallMachine.resume,
    "mute": lambda machine: machine.mute(on=True),
    "unmute": lambda machine: machine.mute(on=False),
    "guest_drop": CallMachine.guest_drop,
    "transfer_attended": CallMachine.transfer_attended,
}


def _guest(machine: CallMachine, targets: Targets, args: Mapping[str, Any]) -> list[Action]:
    asked = read(GuestArguments, "guest", args)
    target = targets.guest(asked.to)
    return machine.invite(target, asked.mode, person=asked.person[:200], auto_answer=asked.auto_answer)


_ASKED: dict[str, Callable[[CallMachine, Targets, Mapping[str, Any]], list[Action]]] = {
    "guest": _guest,
    "guest_mode": lambda machine, _, args: machine.guest_mode(read(ModeArguments, "guest_mode", args).mode),
    "transfer": lambda machine, targets, args: machine.transfer(
        targets.transfer(read(TransferArguments, "transfer", args).to)
    ),
}
