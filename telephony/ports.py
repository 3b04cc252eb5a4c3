# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the UDP ports free? Asked before PJSIP starts.

PJSIP shares addresses, so two softphones on one port would both start and each get some of the packets; and a
busy RTP port shows only when a call comes. A short bind of our own finds both out while a clear message is possible.
"""

from __future__ import annotations

import contextlib
import random
import socket

from pipeline.catalog import text
from telephony.errors import PortTakenError

RTP_RANGE_PORTS = 32
_RTP_NEEDED_PORTS = 8  # four legs, RTP and RTCP each


def is_free(address: str, port: int) -> bool:
    """Tell whether a UDP port can be bound on ``address`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def check_ports(address: str, sip_port: int, rtp_port: int, *, extension: str = "") -> None:
    """Make sure that the SIP port and enough of the RTP range can be bound.

    Raises:
        PortTakenError: names the port (or the range) and says what to do.
    """
    _check_address(address)
    if not is_free(address, sip_port):
        raise PortTakenError(
            text("telephony.port_taken", address=address, port=sip_port, extension=extension),
            remedy=text("telephony.port_taken_remedy"),
        )
    free = sum(is_free(address, rtp_port + step) for step in range(RTP_RANGE_PORTS))
    if free < _RTP_NEEDED_PORTS:
        raise PortTakenError(
            text("telephony.rtp_taken", first=rtp_port, last=rtp_port + RTP_RANGE_PORTS - 1, address=address),
            remedy=text("telephony.rtp_taken_remedy"),
        )


def _check_address(address: str) -> None:
    """Raise PortTakenError when the address is none of this machine's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise PortTakenError(
                text("telephony.address_unusable", address=address, problem=error.strerror or error),
                remedy=text("telephony.address_unusable_remedy"),
            ) from error


def pick_udp_range(address: str, count: int) -> int:
    """Return the first (even) port of ``count`` free UDP ports in a row, for peers that need no fixed range.

    Raises:
        PortTakenError: no such range was found.
    """
    choose = random.SystemRandom()
    for _ in range(200):
        first = choose.randrange(32768, 60000, 2)
        with contextlib.ExitStack() as held:
            try:
                for port in range(first, first + count):
                    probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind((address, port))
            except OSError:
                continue
        return first
    raise PortTakenError(text("telephony.no_free_range", count=count, address=address))
