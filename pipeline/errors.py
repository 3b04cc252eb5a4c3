# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of every error that Kring raises on purpose.

An error has a stable ``code`` (for logs, tests and the user interface), a message that says what is wrong and
where, and a remedy that says what to do. Rooms derive their own small trees from :class:`KringError`; the
command line and the web layer turn any of them into a readable line, never a traceback.
"""

from __future__ import annotations

CONFIGURATION_EXIT = 3  # a process's exit code for "a person has to change something first"


class KringError(Exception):
    """Base of all expected errors.

    Parameters:
        message: what is wrong and where, for people.
        remedy: what to do about it; may be empty.
        retryable: whether the same call may succeed later without a change.
    """

    code = "kring_error"

    def __init__(self, message: str, *, remedy: str = "", retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigurationError(KringError):
    """A setting is missing or wrong."""

    code = "configuration"


class BusUnavailableError(KringError):
    """The message bus cannot be reached or answered too late."""

    code = "bus_unavailable"


class MessageError(KringError):
    """A message or a journal line cannot be read as what it claims to be."""

    code = "bad_message"


class CommandRefusedError(KringError):
    """The process that owns the thing asked for refused the command."""

    code = "command_refused"


class DatabaseError(KringError):
    """The database cannot be read or written, or its schema does not fit this program."""

    code = "database"


class DatabaseBusyError(DatabaseError):
    """Another process kept the database locked for too long; the same call may succeed later."""

    code = "database_busy"
