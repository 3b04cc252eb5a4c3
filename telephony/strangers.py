# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers requests that nobody in PJSIP handles (REGISTER, PUBLISH, made-up methods) with 501 Not Implemented.

PJSIP drops them silently, so a phone that takes us for its registrar would wait 32 s and retry for ever. PJSUA2 has
no call for this; the C library has: a module of the lowest priority, whose layout (``pjsip_module`` in
sip_module.h) has been the same since PJSIP 1.0 and is checked by a test against the pinned wheel. Should a function
be missing from another build, the softphone works as before and says so in the log.
"""

from __future__ import annotations

import ctypes
from importlib import import_module

import structlog

log = structlog.get_logger("telephony.strangers")

NOT_IMPLEMENTED_CODE = 501  # RFC 3261 21.5.2: "not capable of supporting it for any user"
_LAST_PRIORITY = 32 + 90  # after every module of PJSIP (PJSIP_MOD_PRIORITY_APPLICATION is 32)
_OnRequest = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class _Text(ctypes.Structure):
    """``pj_str_t``."""

    _fields_ = (("text", ctypes.c_char_p), ("length", ctypes.c_ssize_t))


class _Module(ctypes.Structure):
    """``pjsip_module``."""

    _fields_ = (
        ("previous", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("name", _Text),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        ("load", ctypes.c_void_p),
        ("start", ctypes.c_void_p),
        ("stop", ctypes.c_void_p),
        ("unload", ctypes.c_void_p),
        ("on_rx_request", _OnRequest),
        ("on_rx_response", ctypes.c_void_p),
        ("on_tx_request", ctypes.c_void_p),
        ("on_tx_response", ctypes.c_void_p),
        ("on_tsx_state", ctypes.c_void_p),
    )


_keep: list[object] = []  # what C points to must outlive the library


def answer_strangers() -> bool:
    """Register the module; engine thread only, once per engine, after PJSIP was started. True when it works."""
    try:
        library = ctypes.CDLL(import_module("pjsua2._pjsua2").__file__)
        endpoint_of, register = library.pjsua_get_pjsip_endpt, library.pjsip_endpt_register_module
        respond, describe = library.pjsip_endpt_respond_stateless, library.pjsip_rx_data_get_info
    except (ImportError, OSError, AttributeError) as error:
        log.warning("unknown SIP requests will be dropped", problem=str(error))
        return False
    endpoint_of.restype, endpoint_of.argtypes = ctypes.c_void_p, []
    register.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Module)]
    respond.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * 3]
    describe.restype, describe.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    endpoint = endpoint_of()

    def on_request(message: int) -> int:
        if _method(describe(message) or b"") in (b"", b"ACK", b"CANCEL"):  # ACK has no answer; to try one aborts
            return 0
        respond(endpoint, message, NOT_IMPLEMENTED_CODE, None, None, None)
        return 1

    name = b"mod-kring-strangers"
    callback = _OnRequest(on_request)
    module = _Module(name=_Text(name, len(name)), id=-1, priority=_LAST_PRIORITY, on_rx_request=callback)
    _keep.extend((library, name, callback, module))
    return bool(register(endpoint, ctypes.byref(module)) == 0)


def _method(description: bytes) -> bytes:
    """Return the method in PJSIP's description of a message: ``Request msg REGISTER/cseq=1 (rdata0x...)``."""
    words = description.split()
    if len(words) < 3 or words[:2] != [b"Request", b"msg"]:
        return b""
    return words[2].split(b"/")[0].upper()
