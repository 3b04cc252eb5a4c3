# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules at the SIP door, as pure functions: which calls are taken, which code the rest get.

Codes are those of RFC 3261 section 21. REFER is refused with 603 from every side: a caller who could transfer
would place calls at our cost, and agents hand over by the desk's commands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

REFER_CODE = 603
UNKNOWN_EXTENSION_CODE = 404
BUSY_CODE = 486
AWAY_CODE = 480

FailureReason = Literal["agent_rejected", "agent_unreachable", "codec_mismatch"]
CalledReason = Literal["called_busy", "called_rejected", "called_no_answer", "called_unreachable", "codec_mismatch"]
GuestReason = Literal["busy", "rejected", "no_answer", "unreachable", "codec_mismatch"]
_BUSY, _REJECTED, _NO_CODEC = frozenset({486, 600}), frozenset({603, 607}), frozenset({415, 488, 606})

_URI = re.compile(r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*?))\s*<(?P<uri>[^>]+)>')
_USER = re.compile(r"^sips?:(?:(?P<user>[^@;?]*)@)?(?P<host>[^;?>]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Caller:
    """Who calls, as the INVITE's From header says it (unverified)."""

    number: str
    name: str
    uri: str


@dataclass(frozen=True)
class AgentFailure:
    """Why the agent's device did not take the call, and the code that the caller gets."""

    reason: FailureReason
    caller_code: int


def incoming_code(dialled_user: str, extension: str, *, busy: bool, available: bool = True) -> int:
    """Return the first answer to an INVITE: 180 when the call is taken, else the code to refuse it with.

    A softphone takes one customer call at a time, and none while its agent is not available (pause, documentation).
    """
    if dialled_user != extension:
        return UNKNOWN_EXTENSION_CODE
    if busy:
        return BUSY_CODE
    return 180 if available else AWAY_CODE


def agent_failure(code: int) -> AgentFailure:
    """Return what a failed call to the agent's device means for the caller.

    Busy (486/600) and decline (603) are the agent's doing and are passed on; no common codec (415/488/606) is
    reported as such; everything else (404, 408, 480, 5xx, our own failure) is "temporarily unavailable".
    """
    if code in _BUSY:
        return AgentFailure("agent_rejected", 486)
    if code in _REJECTED:
        return AgentFailure("agent_rejected", 603)
    if code in _NO_CODEC:
        return AgentFailure("codec_mismatch", 488)
    return AgentFailure("agent_unreachable", 480)


def called_failure(code: int) -> CalledReason:
    """Return what a failed call to the taxpayer means."""
    found = guest_failure(code)
    return found if found == "codec_mismatch" else f"called_{found}"  # type: ignore[return-value]


def guest_failure(code: int) -> GuestReason:
    """Return what a failed call to somebody means: 480 is how exchanges say that nobody picked up."""
    if code in _BUSY:
        return "busy"
    if code in _REJECTED:
        return "rejected"
    if code in _NO_CODEC:
        return "codec_mismatch"
    return "no_answer" if code == 480 else "unreachable"


def uri_user(uri: str) -> str:
    """Return the user part of a SIP URI with or without a display name; empty when it has none."""
    match = _USER.match(_bare(uri))
    return (match.group("user") or "") if match else ""


def caller_identity(from_header: str) -> Caller:
    """Read number, display name and URI out of a From value such as ``"Sari" <sip:0812@host>``."""
    match = _URI.match(from_header)
    name = ""
    if match:
        name = re.sub(r"\\(.)", r"\1", match.group("quoted") or match.group("plain") or "")
    uri = _bare(from_header)
    number = uri_user(uri).split(";")[0]
    return Caller(number=number or "anonymous", name=name.strip(), uri=uri)


def shown_identity(caller: Caller, bind: str) -> str:
    """Return the From value for the agent's device: the caller's number and name, nothing that breaks a header."""
    number = re.sub(r"[^0-9A-Za-z+*#._-]", "", caller.number) or "anonymous"
    name = re.sub(r"[^\w .,+()'-]", "", caller.name) or number
    return f'"{name}" <sip:{number}@{bind}>'


def _bare(value: str) -> str:
    match = re.search(r"<([^>]+)>", value)
    return (match.group(1) if match else value.split(">", maxsplit=1)[0]).strip()
