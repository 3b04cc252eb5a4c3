# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database driver reports, as an error that says what to do.

PostgreSQL gives a state (SQLSTATE) with what it refuses; a connection that does not come about has only words.
"""

from __future__ import annotations

import sqlalchemy.exc

from pipeline.catalog import text
from pipeline.errors import DatabaseBusyError, DatabaseError

# SQLSTATE, or the class of several, and the catalogue's key.
_STATES = (
    ("55P03", "busy"),  # a lock was not had in time
    ("40", "busy"),  # deadlock, serialization
    ("53300", "crowded"),
    ("53100", "full"),
    ("25006", "readonly_server"),
    ("42501", "readonly_server"),
    ("28", "no_entry"),
    ("3D000", "no_such"),
    ("57P", "unreachable"),  # shutting down, starting up
    ("08", "unreachable"),
    ("XX00", "damaged_server"),
)
_SIGNS = (
    ("database is locked", "busy"),
    ("not a database", "damaged"),
    ("malformed", "damaged"),
    ("readonly", "readonly"),
    ("unable to open", "unreadable"),
    ("disk is full", "full"),
)
_SERVER_SIGNS = (
    ("password", "no_entry"),
    ("pg_hba.conf", "no_entry"),
    ("role ", "no_entry"),
    ('database "', "no_such"),
    ("too many", "crowded"),
    ("connection slots", "crowded"),
    ("connection", "unreachable"),
    ("could not", "unreachable"),
    ("failed to resolve", "unreachable"),
    ("database system is", "unreachable"),
    ("timeout", "unreachable"),
)
_RETRYABLE = frozenset({"busy", "crowded", "unreachable"})


def explain(error: Exception, where: str) -> DatabaseError:
    """Return what a failure means for whoever uses the database at ``where`` (a place without a password)."""
    problem = str(getattr(error, "orig", None) or error).strip()
    key = _key(error, problem)
    if key is None:
        return DatabaseError(
            text("pipeline.database_failed", where=where, problem=(problem or type(error).__name__).splitlines()[0]),
            remedy=text("pipeline.database_failed_remedy"),
        )
    kind = DatabaseBusyError if key == "busy" else DatabaseError
    explained = kind(
        text(f"pipeline.database_{key}", where=where, problem=_last_line(problem)),
        remedy=text(f"pipeline.database_{key}_remedy", where=where),
    )
    explained.retryable = key in _RETRYABLE
    return explained


def _key(error: Exception, problem: str) -> str | None:
    if isinstance(error, sqlalchemy.exc.TimeoutError):  # all connections of the pool are in use
        return "busy"
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state:
        return next((key for begin, key in _STATES if state.startswith(begin)), None)
    from_server = type(getattr(error, "orig", None)).__module__.startswith("psycopg")
    if from_server and not isinstance(error, sqlalchemy.exc.OperationalError):
        return None  # a value that PostgreSQL does not take has no state either
    return next((key for sign, key in (_SERVER_SIGNS if from_server else _SIGNS) if sign in problem), None)


def _last_line(problem: str) -> str:
    """Return the last attempt's reason: the driver tries every address of a host and reports each."""
    return problem.splitlines()[-1].strip() if problem else ""
