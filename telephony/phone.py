# SPDX-License-Identifier: GPL-3.0-or-later
"""A small scriptable SIP phone, its own process: test caller, demo caller and demo agent's device.

``python -m telephony.phone call sip:2101@127.0.0.1:5062 --play q.flac@1500 --hang-up-after 20``
``python -m telephony.phone answer --port 6101 --play reply.wav@4000``
Each thing that happens is one line on stdout (a sentence on a terminal, else JSON); problems are one line on stderr.
Exit codes: 0 the call was answered and ended (or the answering phone was stopped), 3 bad file, port or address, 4 the
call was not answered.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

from pipeline.catalog import text
from pipeline.errors import KringError
from pipeline.logs import configure_logs
from telephony.accounts import open_account, refuse
from telephony.engine import Engine, EngineConfig, SipFailure, failure_reason
from telephony.errors import EngineError
from telephony.legs import SipLeg
from telephony.phone_audio import PlayItem, read_items
from telephony.phone_call import PhoneCall
from telephony.phone_options import read_options
from telephony.phone_report import Reporter
from telephony.policy import BUSY_CODE
from telephony.ports import RTP_RANGE_PORTS, check_ports, pick_udp_range

EXIT_CONFIGURATION, EXIT_NOT_ANSWERED = 3, 4
_STOP_LIMIT_S = 1.5  # a far end that is gone does not answer our BYE: whoever stops this phone is not made to wait
News = SimpleQueue[Literal["stop", "over"]]  # a signal handler may put into it at any moment; an Event could deadlock


class Phone:
    """Engine, account and the calls of one phone process; ``news`` is how signals reach it."""

    def __init__(self, options: argparse.Namespace, items: list[PlayItem], report: Reporter, news: News) -> None:
        self._options, self._items, self._report, self._news = options, items, report, news
        rtp_port = options.rtp_port or pick_udp_range(options.bind, RTP_RANGE_PORTS)
        if options.port:
            check_ports(options.bind, options.port, rtp_port)
        self._engine = Engine(
            EngineConfig(
                bind=options.bind,
                sip_port=options.port,
                user_agent="Kring phone",
                poll_ms=5,
                log_level=options.log_level,
            )
        ).start()
        self._rtp_port = rtp_port
        self._account: Any = None
        self._calls: list[PhoneCall] = []
        self._taken = 0
        self._stopping = False
        self.code = 0
        self.answered = False
        self.no_sign = False

    def open(self) -> None:
        """Open the account (engine thread)."""
        self._account = open_account(self._engine, self._options.user, self._rtp_port, self._incoming)
        self._report({"event": "ready", "port": self._engine.sip_port})

    def place(self) -> None:
        """Call ``options.uri`` (engine thread); raises EngineError when that is no address."""
        options = self._options
        call = PhoneCall(
            self._engine,
            self._report,
            self._items,
            hang_up_after_s=options.hang_up_after,
            linger_s=options.linger,
            record=options.record,
            hold=options.hold,
            on_over=self._over,
        )
        call.tell("calling", uri=options.uri)
        shown = options.shown_as if "sip:" in options.shown_as else f"<sip:{options.shown_as}@{options.bind}>"
        try:
            call.leg = SipLeg.dial(self._engine, self._account, options.uri, call, shown_as=shown)
        except SipFailure as error:
            raise EngineError(
                text("telephony.phone_bad_uri", uri=options.uri, problem=failure_reason(error)),
                remedy=text("telephony.phone_bad_uri_remedy"),
            ) from error
        self._calls.append(call)
        if options.give_up_after is None:
            call.after(options.no_sign_after, lambda: self._nobody_there(call))
        else:
            call.after(options.give_up_after, lambda: None if call.started else call.hang_up())

    def _nobody_there(self, call: PhoneCall) -> None:
        if not call.rang and not call.started:
            self.no_sign = True
            call.hang_up()

    def run(self) -> None:
        """Work until the call is over or a signal comes, then unload PJSIP."""
        try:
            self._engine.do(self.open)
            if self._options.command == "call" and self._news.empty():
                self._engine.do(self.place)
            elif self._options.command == "call":
                return
            while self._news.get() != "over":
                self._engine.post(self._stop)
        finally:
            self._engine.stop(4.0)

    def _stop(self) -> None:
        """End all calls, and the phone with them (engine thread)."""
        self._stopping = True
        for call in self._calls:
            call.hang_up()
        self._engine.later(_STOP_LIMIT_S if self._calls else 0.0, lambda: self._news.put("over"))

    def _over(self, call: PhoneCall, code: int) -> None:
        self._calls.remove(call)
        self.code, self.answered = code, call.started
        finished = self._options.command == "call" or self._taken == self._options.calls
        if (finished or self._stopping) and not self._calls:
            self._engine.later(0.1, lambda: self._news.put("over"))  # recorders end within two clock ticks

    def _incoming(self, account: Any, number: int, source: str, message: str) -> None:
        options = self._options
        if options.command == "call" or self._calls:
            refuse(self._engine, account, number, BUSY_CODE)
            return
        if options.reject:
            self._report({"event": "rejected", "code": options.reject})
            refuse(self._engine, account, number, options.reject)
            return
        self._taken += 1
        record = options.record_dir / f"heard-{self._taken}.wav" if options.record_dir else None
        call = PhoneCall(
            self._engine,
            self._report,
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
    options = read_options(argv)
    report = Reporter(
        os.fdopen(os.dup(1), "w", encoding="utf-8"),
        human=options.human,
        # a caller who is not answered is told why on stderr
        unsaid=("ready", "unanswered") if options.command == "call" else (),
    )
    os.dup2(2, 1)  # whatever a library prints: stdout is for reports
    configure_logs("phone", options.log_level, json_lines=not report.human)
    if options.log_level == "error":  # what PJSIP complains of comes back to us as an exception or a code
        logging.getLogger("telephony.pjsip").setLevel(logging.CRITICAL)
    news: News = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # before there is anything to tidy up
        signal.signal(number, lambda *_: news.put("stop"))
    with tempfile.TemporaryDirectory(prefix="kring-phone-") as scratch:
        try:
            items = read_items(options.play, options.delay_play, Path(scratch))
            phone = Phone(options, items, report, news)
            phone.run()
        except (KringError, SipFailure) as error:
            sys.stderr.write((str(error) if isinstance(error, KringError) else failure_reason(error)) + "\n")
            return EXIT_CONFIGURATION
    if options.command == "call" and not phone.answered:
        sys.stderr.write(_why_not(options.uri, options.no_sign_after, phone) + "\n")
        return EXIT_NOT_ANSWERED
    return 0


def _why_not(uri: str, limit_s: float, phone: Phone) -> str:
    if phone.no_sign:
        remedy = text("telephony.phone_no_answer_remedy")
        return text("telephony.phone_no_answer", uri=uri, limit_s=f"{limit_s:g}") + " " + remedy
    return text("telephony.phone_not_answered", uri=uri, code=phone.code)


if __name__ == "__main__":
    exit_code = main()
    sys.stderr.flush()
    os._exit(exit_code)  # PJSIP is unloaded; nothing of it may be collected later
