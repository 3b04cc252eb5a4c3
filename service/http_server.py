# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server of the hub: its socket, taken before anything else starts, and its way to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn

from desk.stream import EventLog
from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings


class HubServer(uvicorn.Server):
    """Uvicorn that ends the live streams first when told to stop, and leaves with exit code 0."""

    def __init__(self, config: uvicorn.Config, stream: EventLog) -> None:
        super().__init__(config)
        self._stream = stream

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT through the event loop; the signal is not raised again afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """End the streams and finish."""
        self._stream.close()
        self.should_exit = True


def listen(settings: Settings) -> socket.socket:
    """Return the listening socket of the web pages.

    Raises:
        ConfigurationError: the port is taken or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.http_bind else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.http_bind, settings.http_port))
        sock.listen(512)
    except OSError as error:
        sock.close()
        raise ConfigurationError(
            text(
                "service.hub_port_taken",
                address=f"{settings.http_bind}:{settings.http_port}",
                problem=error.strerror or str(error),
            ),
            remedy=text("service.hub_port_taken_remedy"),
        ) from error
    sock.setblocking(False)
    return sock
