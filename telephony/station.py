# SPDX-License-Identifier: GPL-3.0-or-later
"""One agent's extension: takes one customer call at a time, calls the agent's device, obeys the desk's commands.

Engine thread only. Unknown extensions end at the black hole, a second caller hears busy, and the state that lamps
and wallboard show is published at each change and again every few seconds, so that whoever starts late learns it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

import structlog

from pipeline.callfolder import Spool
from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.errors import CommandRefusedError
from pipeline.events import Direction, ExtensionStateChanged
from pipeline.ids import IdFactory
from pipeline.settings import ExtensionSettings, Settings
from telephony.accounts import open_account, open_black_hole, refuse
from telephony.callstate import State
from telephony.chronicle import Publish
from telephony.commands import AvailableArguments, DialArguments, obey, read
from telephony.dialler import Dialler
from telephony.engine import Engine
from telephony.legs import SipLeg
from telephony.policy import caller_identity, incoming_code, uri_user
from telephony.session import CallSession
from telephony.strangers import answer_strangers
from telephony.targets import Targets

log = structlog.get_logger("telephony.station")

ExtensionState = Literal["starting", "ready", "ringing", "talking", "held", "stopped", "failed"]
_SHOWN: dict[State, ExtensionState] = {
    State.RINGING: "ringing",
    State.CALLING: "ringing",
    State.CONNECTING: "ringing",
    State.ANNOUNCING: "talking",
    State.TALKING: "talking",
    State.HELD: "held",
    State.ENDED: "ready",
}
_TICK_S = 1.0
_REPEAT_TICKS = 5
_FROM = re.compile(r"^(?:From|f)\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


class Station:
    """The extension. Make it and call :meth:`open` in the engine thread."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        extension: ExtensionSettings,
        *,
        clock: Clock,
        publish: Publish,
        ids: IdFactory | None = None,
    ) -> None:
        self._engine, self._settings, self._extension = engine, settings, extension
        self._clock, self._publish = clock, publish
        self._ids = ids or IdFactory(clock)
        self._spool = Spool(settings.spool_dir)
        self._targets = Targets(settings, extension)
        self._dialler: Dialler | None = None
        self._session: CallSession | None = None
        self._state: ExtensionState = "starting"
        self._away_until_s: float | None = None  # on the monotonic clock
        self._ticks = 0
        self._stopping: Callable[[], None] | None = None

    def open(self) -> None:
        """Open both accounts and begin to take calls."""
        answer_strangers()
        open_black_hole(self._engine)
        account = open_account(self._engine, self._extension.number, self._extension.rtp_port, self._incoming)
        self._dialler = Dialler(self._engine, account, self._extension)
        self._show("ready")
        self._engine.later(_TICK_S, self._tick)

    def close(self, done: Callable[[], None]) -> None:
        """End a live call with reason ``shutdown``; ``done`` is called when its recordings are closed."""
        self._stopping = done
        if self._session is None:
            self._stopped()
        elif self._session.machine.state is not State.ENDED:
            self._session.feed(self._session.machine.shut_down())

    def announce(self) -> None:
        """Publish the present state once more."""
        call_id = self._session.call_id if self._session and self._state != "ready" else ""
        bind = self._engine.config.bind
        self._publish(
            ExtensionStateChanged(
                at=self._clock.now(),
                extension=self._extension.number,
                state=self._state,
                call_id=call_id,
                sip_uri=f"sip:{self._extension.number}@{bind}:{self._engine.sip_port}",
                available=self._available(),
            )
        )

    # --- commands from the desk ------------------------------------------------------------------------------

    def command(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """Carry a command out and return the state after it.

        Raises:
            CommandRefusedError: unknown command, no such call here, or not possible in its state.
        """
        if name == "status":
            return self.status()
        if name == "dial":
            return self._dial(read(DialArguments, name, args))
        if name == "available":
            return self._be_available(read(AvailableArguments, name, args))
        session = self._session
        if session is None or session.machine.state is State.ENDED:
            raise CommandRefusedError(text("telephony.refused_no_call", extension=self._extension.number))
        wanted = args.get("call_id")
        if wanted is not None and wanted != session.call_id:
            raise CommandRefusedError(
                text("telephony.refused_other_call", call_id=wanted, extension=self._extension.number)
            )
        if not obey(session, self._targets, name, args):
            raise CommandRefusedError(text("telephony.refused_unknown", extension=self._extension.number, command=name))
        return self.status()

    def _be_available(self, wanted: AvailableArguments) -> dict[str, Any]:
        self._away_until_s = None if wanted.on else self._clock.monotonic_s() + wanted.for_s
        self.announce()
        return self.status()

    def _available(self) -> bool:
        return self._away_until_s is None or self._clock.monotonic_s() >= self._away_until_s

    def status(self) -> dict[str, Any]:
        """Return the extension's state, its call (if any) and what its wiring is."""
        session = self._session
        result: dict[str, Any] = {
            "extension": self._extension.number, "state": self._state, "call_id": "", "available": self._available(),
        }  # fmt: skip
        if session is not None and session.machine.state is not State.ENDED:
            machine = session.machine
            result |= {
                "call_id": session.call_id,
                "call_state": str(machine.state),
                "direction": machine.direction,
                "muted": machine.muted,
                "guest": asdict(machine.guest) if machine.guest else None,
                "transfer_to": machine.transfer_to,
                "possible": machine.possible(),
                "recorded_ms": session.chronicle.offset_ms or 0,
            }
        return result

    # --- calls -----------------------------------------------------------------------------------------------

    def _incoming(self, account: Any, number: int, source: str, message: str) -> None:
        busy = self._session is not None or self._stopping is not None
        dialled = uri_user(message.split(" ", 2)[1])
        code = incoming_code(dialled, self._extension.number, busy=busy, available=self._available())
        if code >= 300:
            log.info("call refused", extension=self._extension.number, source=source, code=code)
            refuse(self._engine, account, number, code)
            return
        match = _FROM.search(message)
        caller = caller_identity(match.group(1) if match else "")
        try:
            session = self._new_session("in")
        except OSError as error:
            log.error("call refused: its folder cannot be made", problem=str(error))
            refuse(self._engine, account, number, 503)
            return
        self._session = session
        session.begin(SipLeg.incoming(self._engine, account, number, session), caller)

    def _dial(self, asked: DialArguments) -> dict[str, Any]:
        """Call somebody outside."""
        if self._session is not None or self._stopping is not None:
            raise CommandRefusedError(
                text("telephony.refused_busy", extension=self._extension.number),
                remedy=text("telephony.refused_busy_remedy"),
            )
        target = self._targets.outside(asked.number)
        try:
            self._session = session = self._new_session("out")
        except OSError as error:
            log.error("no outgoing call: its folder cannot be made", problem=str(error))
            raise CommandRefusedError(
                text("telephony.refused_no_folder", problem=error.strerror or error),
                remedy=text("telephony.recorder_unopened_remedy"),
            ) from error
        session.place(target, case_id=asked.case_id, callback_id=asked.callback_id)
        return self.status() | {"call_id": session.call_id}

    def _new_session(self, direction: Direction) -> CallSession:
        assert self._dialler is not None
        return CallSession(
            self._engine,
            self._settings,
            self._extension,
            self._spool.folder(self._ids.call_id()),
            self._dialler,
            direction=direction,
            clock=self._clock,
            publish=self._publish,
            on_change=self._changed,
            on_over=self._over,
        )

    def _changed(self, session: CallSession) -> None:
        self._show(_SHOWN[session.machine.state])

    def _over(self, session: CallSession) -> None:
        if self._session is session:
            self._session = None
        if self._stopping is not None:
            self._stopped()
        else:
            self._show("ready", force=True)

    def _stopped(self) -> None:
        self._show("stopped")
        done, self._stopping = self._stopping, lambda: None
        if done is not None:
            done()

    def _show(self, state: ExtensionState, *, force: bool = False) -> None:
        if state != self._state or force:
            self._state = state
            self.announce()

    def _tick(self) -> None:
        self._engine.later(_TICK_S, self._tick)
        self._ticks += 1
        if self._ticks % _REPEAT_TICKS == 0:
            self.announce()
        if self._session is not None:
            self._session.tick()
