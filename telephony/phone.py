# SPDX-License-Identifier: GPL-3.0-or-later
"""A small scriptable SIP phone, its own process: test caller, demo caller and demo agent's device.

``python -m telephony.phone call sip:2101@127.0.0.1:5062 --play q.flac@1500 --hang-up-after 20``
``python -m telephony.phone answer --port 6101 --play reply.wav@4000``
Each thing that happens is one JSON line on stdout; problems are one line on stderr. Exit codes: 0 the call was
answered and ended (or the answering phone was stopped), 3 bad file, port or setting, 4 the call was not answered.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from pipeline.catalog import text
from pipeline.errors import KringError
from pipeline.logs import configure_logs
from telephony.accounts import open_account, refuse
from telephony.engine import Engine, EngineConfig, SipFailure, failure_reason
from telephony.legs import SipLeg
from telephony.phone_audio import PlayItem, read_items
from telephony.phone_call import PhoneCall
from telephony.policy import BUSY_CODE
from telephony.ports import RTP_RANGE_PORTS, check_ports, pick_udp_range

EXIT_CONFIGURATION, EXIT_NOT_ANSWERED = 3, 4


class Phone:
    """Engine, account and the calls of one phone process."""

    def __init__(self, options: argparse.Namespace, items: list[PlayItem], out: IO[str]) -> None:
        self._options, self._items, self._out = options, items, out
        rtp_port = options.rtp_port or pick_udp_range(options.bind, RTP_RANGE_PORTS)
        if options.port:
            check_ports(options.bind, options.port, rtp_port)
        self._engine = Engine(
            EngineConfig(bind=options.bind, sip_port=options.port, user_agent="Kring phone", poll_ms=5)
        ).start()
        self._rtp_port = rtp_port
        self._account: Any = None
        self._calls: list[PhoneCall] = []
        self._taken = 0
        self.done = threading.Event()
        self.code = 0
        self.answered = False

    def report(self, line: dict[str, Any]) -> None:
        """Print one event as a JSON line."""
        self._out.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._out.flush()

    def open(self) -> None:
        """Open the account (engine thread)."""
        self._account = open_account(self._engine, self._options.user, self._rtp_port, self._incoming)
        self.report({"event": "ready", "port": self._engine.sip_port})

    def place(self) -> None:
        """Call ``options.uri`` (engine thread)."""
        options = self._options
        call = PhoneCall(
            self._engine,
            self.report,
            self._items,
            hang_up_after_s=options.hang_up_after,
            linger_s=options.linger,
            record=options.record,
            hold=options.hold,
            on_over=self._over,
        )
        shown = options.shown_as if "sip:" in options.shown_as else f"<sip:{options.shown_as}@{options.bind}>"
        call.leg = SipLeg.dial(self._engine, self._account, options.uri, call, shown_as=shown)
        self._calls.append(call)
        if options.give_up_after is not None:
            call.after(options.give_up_after, lambda: None if call.started else call.hang_up())

    def hang_up(self) -> None:
        """End all calls (engine thread)."""
        for call in self._calls:
            call.hang_up()

    def run(self) -> None:
        """Work until the call is over or a signal comes, then unload PJSIP."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._engine.post(self._stop))
        self._engine.do(self.open)
        if self._options.command == "call":
            self._engine.do(self.place)
        while not self.done.wait(0.2):
            pass
        self._engine.stop(4.0)

    def _stop(self) -> None:
        self._stopping = True
        self.hang_up()
        if not any(not call.over for call in self._calls):
            self.done.set()

    _stopping = False

    def _over(self, call: PhoneCall, code: int) -> None:
        self._calls.remove(call)
        self.code, self.answered = code, call.started
        finished = self._options.command == "call" or self._taken == self._options.calls
        if (finished or self._stopping) and not self._calls:
            self._engine.later(0.1, self.done.set)  # recorders end within two clock ticks

    def _incoming(self, account: Any, number: int, source: str, message: str) -> None:
        options = self._options
        if options.command == "call" or self._calls:
            refuse(self._engine, account, number, BUSY_CODE)
            return
        if options.reject:
            self.report({"event": "rejected", "code": options.reject})
            refuse(self._engine, account, number, options.reject)
            return
        self._taken += 1
        record = options.record_dir / f"heard-{self._taken}.wav" if options.record_dir else None
        call = PhoneCall(
            self._engine,
            self.report,
            self._items,
            hang_up_after_s=options.hang_up_after,
            record=record,
            hold=options.hold,
            on_over=self._over,
        )
        call.leg = leg = SipLeg.incoming(self._engine, account, number, call)
        self._calls.append(call)
        from_line = next((line for line in message.splitlines() if line.lower().startswith("from:")), "")
        call.tell("incoming", caller=from_line[5:].split(";tag")[0].strip(), source=source)
        leg.answer(180)
        if not options.never:
            call.after(options.after, lambda: leg.answer(200))


def main(argv: list[str] | None = None) -> int:
    """Run the phone and return its exit code."""
    options = _parser().parse_args(argv)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # PJSIP greets on stdout, which is for JSON lines
    configure_logs("phone", options.log_level)
    with tempfile.TemporaryDirectory(prefix="kring-phone-") as scratch:
        try:
            items = read_items(options.play, options.delay_play, Path(scratch))
            phone = Phone(options, items, out)
            phone.run()
        except KringError as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_CONFIGURATION
        except SipFailure as error:
            sys.stderr.write(text("telephony.phone_bad_uri", uri=options.uri, problem=failure_reason(error)) + "\n")
            return EXIT_CONFIGURATION
    if options.command == "call" and not phone.answered:
        sys.stderr.write(text("telephony.phone_not_answered", uri=options.uri, code=phone.code) + "\n")
        return EXIT_NOT_ANSWERED
    return 0


def _span(value: str) -> tuple[float, float]:
    """Read ``FROM_S-TO_S``."""
    first, _, last = value.partition("-")
    return float(first), float(last)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--play", action="append", default=[], metavar="FILE[@OFFSET_MS]")
    common.add_argument("--hang-up-after", type=float, help="s", metavar="S")
    common.add_argument("--hold", type=_span, metavar="FROM_S-TO_S", help=text("telephony.phone_hold_help"))
    common.add_argument("--bind", default="127.0.0.1")
    common.add_argument("--rtp-port", type=int, default=0)
    common.add_argument("--log-level", default="error", choices=["debug", "info", "warning", "error"])
    parser = argparse.ArgumentParser(prog="telephony.phone", description=text("telephony.phone_help"))
    commands = parser.add_subparsers(dest="command", required=True)
    call = commands.add_parser("call", parents=[common], help=text("telephony.phone_call_help"))
    call.add_argument("uri")
    call.add_argument("--from", dest="shown_as", default="081200000000", help=text("telephony.phone_from_help"))
    call.add_argument("--user", default="caller")
    call.add_argument("--port", type=int, default=0)
    call.add_argument("--wait-speech", "--delay-play", dest="delay_play", type=int, default=0, metavar="MS")
    call.add_argument("--linger", type=float, default=1.0, metavar="S", help=text("telephony.phone_linger_help"))
    call.add_argument("--give-up-after", type=float, metavar="S", help=text("telephony.phone_give_up_help"))
    call.add_argument("--record", type=Path, metavar="WAV")
    answer = commands.add_parser("answer", parents=[common], help=text("telephony.phone_answer_help"))
    answer.add_argument("--port", type=int, required=True)
    answer.add_argument("--user", default="agent")
    answer.add_argument("--after", type=float, default=0.5, metavar="S", help=text("telephony.phone_after_help"))
    answer.add_argument("--delay-play", dest="delay_play", type=int, default=0, metavar="MS")
    answer.add_argument("--reject", type=int, default=0, metavar="CODE")
    answer.add_argument("--never", action="store_true", help=text("telephony.phone_never_help"))
    answer.add_argument("--calls", type=int, default=0, help=text("telephony.phone_calls_help"))
    answer.add_argument("--record-dir", type=Path, metavar="FOLDER")
    return parser


if __name__ == "__main__":
    exit_code = main()
    sys.stderr.flush()
    os._exit(exit_code)  # PJSIP is unloaded; nothing of it may be collected later
