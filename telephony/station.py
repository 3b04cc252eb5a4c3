# SPDX-License-Identifier: GPL-3.0-or-later
"""One agent's extension: takes one customer call at a time, calls the agent's device, obeys the desk's commands.

Engine thread only. Unknown extensions end at the black hole, a second caller hears busy, and the state that lamps
and wallboard show is published at each change and again every few seconds, so that whoever starts late learns it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import structlog

from pipeline.callfolder import Spool
from pipeline.catalog import text
from pipeline.clock import Clock
from pipeline.errors import CommandRefusedError
from pipeline.events import ExtensionStateChanged
from pipeline.ids import IdFactory
from pipeline.settings import ExtensionSettings, Settings
from telephony.accounts import open_account, open_black_hole, refuse
from telephony.actions import Action
from telephony.chronicle import Publish
from telephony.engine import Engine
from telephony.legs import Leg, SipLeg
from telephony.machine import State
from telephony.policy import caller_identity, incoming_code, shown_identity, uri_user
from telephony.session import CallSession
from telephony.strangers import answer_strangers

log = structlog.get_logger("telephony.station")

ExtensionState = Literal["starting", "ready", "ringing", "talking", "held", "stopped", "failed"]
_SHOWN: dict[State, ExtensionState] = {
    State.RINGING: "ringing",
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
        self._account: Any = None
        self._session: CallSession | None = None
        self._state: ExtensionState = "starting"
        self._ticks = 0
        self._stopping: Callable[[], None] | None = None

    def open(self) -> None:
        """Open both accounts and begin to take calls."""
        answer_strangers()
        open_black_hole(self._engine)
        self._account = open_account(self._engine, self._extension.number, self._extension.rtp_port, self._incoming)
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
        session = self._session
        if session is None or session.machine.state is State.ENDED:
            raise CommandRefusedError(text("telephony.refused_no_call", extension=self._extension.number))
        wanted = args.get("call_id")
        if wanted is not None and wanted != session.call_id:
            raise CommandRefusedError(
                text("telephony.refused_other_call", call_id=wanted, extension=self._extension.number)
            )
        machine = session.machine
        known: dict[str, Callable[[], list[Action]]] = {
            "answer": machine.answer,
            "reject": machine.reject,
            "hangup": machine.hang_up,
            "hold": machine.hold,
            "resume": machine.resume,
            "mute": lambda: machine.mute(on=True),
            "unmute": lambda: machine.mute(on=False),
        }
        if name not in known:
            raise CommandRefusedError(text("telephony.refused_unknown", extension=self._extension.number, command=name))
        session.feed(known[name]())
        return self.status()

    def status(self) -> dict[str, Any]:
        """Return the extension's state, its call (if any) and what its wiring is."""
        session = self._session
        result: dict[str, Any] = {"extension": self._extension.number, "state": self._state, "call_id": ""}
        if session is not None and session.machine.state is not State.ENDED:
            result |= {
                "call_id": session.call_id,
                "call_state": str(session.machine.state),
                "muted": session.machine.muted,
                "recorded_ms": session.chronicle.offset_ms or 0,
            }
        return result

    # --- calls -----------------------------------------------------------------------------------------------

    def _incoming(self, account: Any, number: int, source: str, message: str) -> None:
        busy = self._session is not None or self._stopping is not None
        code = incoming_code(uri_user(message.split(" ", 2)[1]), self._extension.number, busy=busy)
        if code >= 300:
            log.info("call refused", extension=self._extension.number, source=source, code=code)
            refuse(self._engine, account, number, code)
            return
        match = _FROM.search(message)
        caller = caller_identity(match.group(1) if match else "")
        folder = self._spool.folder(self._ids.call_id())
        try:
            session = CallSession(
                self._engine,
                self._settings,
                self._extension,
                folder,
                clock=self._clock,
                publish=self._publish,
                dial_agent=self._dial_agent,
                on_change=self._changed,
                on_over=self._over,
            )
        except OSError as error:
            log.error("call refused: its folder cannot be made", folder=str(folder.path), problem=str(error))
            refuse(self._engine, account, number, 503)
            return
        self._session = session
        session.begin(SipLeg.incoming(self._engine, account, number, session), caller)

    def _dial_agent(self, session: CallSession, auto_answer: bool) -> Leg:
        if self._extension.device == "headset":
            from telephony.headset import HeadsetLeg

            return HeadsetLeg.open(self._engine, self._extension.headset_name, session)
        headers = {}
        if auto_answer:
            headers["Call-Info"] = f"<sip:{self._engine.config.bind}>;answer-after=0"
        shown = shown_identity(session.caller, self._engine.config.bind) if session.caller else ""
        return SipLeg.dial(
            self._engine, self._account, self._extension.device_uri, session, shown_as=shown, headers=headers
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
