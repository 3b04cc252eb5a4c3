# SPDX-License-Identifier: GPL-3.0-or-later
"""Free loopback ports for tests that start real servers."""

from __future__ import annotations

import random
import socket


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """Return a loopback port that is free for both TCP and UDP right now (below the ephemeral range)."""
    del kind
    for _ in range(200):
        port = random.randrange(10000, 31000)
        try:
            with (
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            ):
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue
    raise RuntimeError("no free port found")


def free_range(count: int) -> int:
    """Return the first (even) port of ``count`` UDP ports in a row that are free right now."""
    for _ in range(200):
        first = random.randrange(16000, 31000, 2)
        held: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                held.append(sock)
                sock.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for sock in held:
                sock.close()
    raise RuntimeError("no free port range found")
