# SPDX-License-Identifier: GPL-3.0-or-later
"""The bus between processes: events to all who want them, commands to one process by name.

On one machine it runs over a Unix socket (:mod:`pipeline.bus.broker`, :mod:`pipeline.bus.client`). It carries
news, not truth: what must not be lost is in the call folder before it is published, and readers resume from there
(:mod:`pipeline.resume`).
"""

from pipeline.bus.broker import Broker
from pipeline.bus.client import BusClient

__all__ = ["Broker", "BusClient"]
