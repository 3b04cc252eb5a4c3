# SPDX-License-Identifier: GPL-3.0-or-later
"""PJSIP's log lines on their way into ours: fewer of them, and without anybody's address.

Whoever calls a tax office is covered by tax secrecy, and PJSIP writes From and To values into its log: line by line,
what names a SIP or telephone address is left out, at every level.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import re
from importlib import import_module
from typing import Any

import pjsua2 as pj

_log = logging.getLogger("telephony.pjsip")
_MOST = 3  # PJSIP's level 4 traces each SIP message and bridge connection, by address
_PJ_LEVELS = {"debug": _MOST, "info": 2, "warning": 2, "error": 1}
_PYTHON_LEVELS = {0: logging.CRITICAL, 1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO}
_ADDRESS = re.compile(r"\b(?:sips?|tel):", re.IGNORECASE)


def pj_level(level: str) -> int:
    """Return PJSIP's log level for one of ours."""
    return _PJ_LEVELS.get(level, 2)


def without_addresses(message: str) -> str:
    """Return the lines of ``message`` that name no SIP or telephone address."""
    return "\n".join(line for line in message.rstrip().splitlines() if not _ADDRESS.search(line))


def hush() -> None:
    """Keep PJSIP quiet until its log is configured: it greets on stdout before it asks where to log.

    By the C library's own switch, which pjsua2 does not pass on; a build that hides it merely greets.
    """
    with contextlib.suppress(ImportError, OSError, AttributeError):
        ctypes.CDLL(import_module("pjsua2._pjsua2").__file__).pj_log_set_level(ctypes.c_int(0))


class LogBridge(pj.LogWriter):  # type: ignore[misc]
    """PJSIP's log lines into ``logging``; called from any native thread, so it does next to nothing."""

    def write(self, entry: Any) -> None:
        """Pass one message on."""
        with contextlib.suppress(Exception):  # nothing may leave a director, and there is nobody to tell
            said = without_addresses(entry.msg)
            if said:
                _log.log(_PYTHON_LEVELS.get(entry.level, logging.DEBUG), "%s", said)
