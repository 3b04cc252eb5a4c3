# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in the CRM.

Messages are in the user's language (catalogue section ``crm``): these errors are shown on pages and on the command
line. ``code`` is stable and language-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import KringError


class CrmError(KringError):
    """Base of the CRM's errors."""

    code = "crm"


class NotFoundError(CrmError):
    """No such person, call or case."""

    code = "not_found"


class FieldError(CrmError):
    """A field is unknown, too long, of a wrong kind, or closed for changes in the case's present state."""

    code = "bad_field"


class ProcedureError(CrmError):
    """The procedure knows no such step from here, or the step lacks something.

    Parameters:
        missing: names of the fields that must be filled first.
    """

    code = "procedure"

    def __init__(self, message: str, *, remedy: str = "", missing: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.missing = missing


class NotAllowedError(CrmError):
    """The person's roles do not allow it, or the case is another agent's."""

    code = "not_allowed"


class ConflictError(CrmError):
    """The case (or other entry) was changed by someone else since the page was loaded. Nothing was overwritten.

    Parameters:
        yours: the fields that were to be saved.
        theirs: the same fields as they are stored now.
        version: the version stored now.
    """

    code = "conflict"

    def __init__(
        self, message: str, *, remedy: str = "", yours: Mapping[str, Any], theirs: Mapping[str, Any], version: int
    ) -> None:
        super().__init__(message, remedy=remedy, retryable=True)
        self.yours = dict(yours)
        self.theirs = dict(theirs)
        self.version = version


class RequestReusedError(CrmError):
    """The key of a request is badly formed, or was used for another request."""

    code = "request_reused"


class NumberError(CrmError):
    """A number (NPWP, NIK, telephone) is not of the right form.

    Parameters:
        problems: what is wrong, each for a person to read.
    """

    code = "bad_number"

    def __init__(self, message: str, *, remedy: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.problems = problems


class AccountError(CrmError):
    """A person cannot be created or changed like this (name taken, weak password, unknown role).

    Parameters:
        field: the field of the form that is wrong; empty: the whole.
    """

    code = "account"

    def __init__(self, message: str, *, remedy: str = "", field: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class SetUpOverError(CrmError):
    """The first set-up is over: there is an administrator."""

    code = "set_up_over"


class SignInRefusedError(CrmError):
    """Wrong user name or password, or the account is switched off; deliberately one error for all of them."""

    code = "sign_in_refused"


class SignInLimitedError(CrmError):
    """Too many failed sign-ins.

    Parameters:
        retry_after_s: seconds until the next attempt is looked at.
    """

    code = "sign_in_limited"

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: int = 0) -> None:
        super().__init__(message, remedy=remedy, retryable=True)
        self.retry_after_s = retry_after_s
