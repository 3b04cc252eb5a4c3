# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the scriptable phone."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.catalog import text

NO_SIGN_S = 15.0  # PJSIP would repeat an INVITE to nobody for 32 s


def read_options(argv: list[str] | None) -> argparse.Namespace:
    """Return the parsed command line; exits with code 2 and the usage when it is wrong."""
    return _parser().parse_args(argv)


def _span(value: str) -> tuple[float, float]:
    """Read ``FROM_S-TO_S``."""
    first, _, last = value.partition("-")
    return float(first), float(last)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--play", action="append", default=[], metavar="FILE[@OFFSET_MS]")
    common.add_argument("--hang-up-after", type=float, help="s", metavar="S")
    common.add_argument("--hold", type=_span, metavar="FROM_S-TO_S", help=text("telephony.phone_hold_help"))
    common.add_argument("--bind", default="127.0.0.1")
    common.add_argument("--rtp-port", type=int, default=0)
    common.add_argument("--log-level", default="error", choices=["debug", "info", "warning", "error"])
    form = common.add_mutually_exclusive_group()
    form.add_argument("--human", action="store_true", default=None, help=text("telephony.phone_human_help"))
    form.add_argument("--json", dest="human", action="store_false", help=text("telephony.phone_json_help"))
    return common


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telephony.phone", description=text("telephony.phone_help"))
    commands = parser.add_subparsers(dest="command", required=True)
    common = _common()
    call = commands.add_parser("call", parents=[common], help=text("telephony.phone_call_help"))
    call.add_argument("uri")
    call.add_argument("--from", dest="shown_as", default="081200000000", help=text("telephony.phone_from_help"))
    call.add_argument("--user", default="caller")
    call.add_argument("--port", type=int, default=0)
    call.add_argument("--wait-speech", "--delay-play", dest="delay_play", type=int, default=0, metavar="MS")
    call.add_argument("--linger", type=float, default=1.0, metavar="S", help=text("telephony.phone_linger_help"))
    call.add_argument("--give-up-after", type=float, metavar="S", help=text("telephony.phone_give_up_help"))
    call.add_argument(
        "--no-sign-after", type=float, default=NO_SIGN_S, metavar="S", help=text("telephony.phone_no_sign_help")
    )
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
