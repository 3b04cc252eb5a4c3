# SPDX-License-Identifier: GPL-3.0-or-later
"""What the desk refuses, and why. Each error's ``status`` is the HTTP status that it becomes (see ``desk.app``)."""

from __future__ import annotations

from typing import Any

from pipeline.catalog import default_language, text
from pipeline.errors import KringError


class DeskError(KringError):
    """Base of the desk's errors; message and remedy come from the catalogue under ``desk.error_<code>``."""

    code = "desk"
    status = 400

    def __init__(self, **params: str) -> None:
        language = default_language()
        super().__init__(
            text(f"desk.error_{self.code}", language=language, **params),
            remedy=text(f"desk.error_{self.code}_remedy", language=language, **params),
        )


class NotSignedInError(DeskError):
    """There is no valid session: it never was, has expired, or was ended."""

    code = "not_signed_in"
    status = 401


class ForbiddenError(DeskError):
    """The person's roles do not allow this, or the call belongs to another extension."""

    code = "forbidden"
    status = 403


class PasswordOnceError(DeskError):
    """The password was given for once and must be changed first."""

    code = "password_once"
    status = 403


class CsrfError(DeskError):
    """The request does not prove that it comes from one of our pages."""

    code = "csrf"
    status = 403


class NotFoundError(DeskError):
    """There is no such page, call or bundle."""

    code = "not_found"
    status = 404


class BadRequestError(DeskError):
    """The request cannot be read as what the route expects."""

    code = "bad_request"
    status = 422


class TooLargeError(DeskError):
    """The request holds more than any form of ours sends."""

    code = "too_large"
    status = 413


class SoftphoneAwayError(DeskError):
    """The softphone of the extension is not connected or did not answer."""

    code = "softphone_away"
    status = 503


class CommandFailedError(DeskError):
    """The softphone refused the command in the call's present state; its own words are the remedy."""

    code = "command_refused"
    status = 409


class NotReachableError(DeskError):
    """The softphone knows no way to the number or extension asked for, and says why."""

    code = "not_reachable"
    status = 409


class NoExtensionError(DeskError):
    """The person has no extension to telephone with."""

    code = "no_extension"
    status = 409


class GuestNotYoursError(DeskError):
    """The third party in the call is somebody else, whom only the call's agent can drop."""

    code = "guest_not_yours"
    status = 409


class AgentBusyError(DeskError):
    """The agent's state cannot be chosen while a call is up."""

    code = "agent_busy"
    status = 409


class CallOverError(DeskError):
    """The command needs a call that is up, and this one has ended."""

    code = "call_over"
    status = 409


class SearchNotReadyError(DeskError):
    """The article search is still loading or cannot start."""

    code = "search_not_ready"
    status = 503


class SheetProblemsError(DeskError):
    """An article has mistakes, or warnings that nobody has acknowledged; the checks tell which."""

    code = "sheet_problems"
    status = 422


class SheetTooLongError(DeskError):
    """A field holds more than the editor takes; what is typed stays in the page."""

    code = "sheet_too_long"
    status = 422


class StreamClosingError(DeskError):
    """The service is stopping and opens no new stream."""

    code = "stopping"
    status = 503


class ScreenPartError(DeskError):
    """A part of the screen log is not what it must be."""

    code = "screen_part"
    status = 422


class ScreenNotKeptError(DeskError):
    """A part of the screen log could not be written now."""

    code = "screen_not_kept"
    status = 503


def error_body(code: str, message: str, remedy: str = "", **more: Any) -> dict[str, Any]:
    """Return the one JSON form of every error of the API."""
    return {"error": {"code": code, "message": message, "remedy": remedy}, **more}
