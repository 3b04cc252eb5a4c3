# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of the work pages: reading what was typed, and answering htmx with the form again or with another page."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData

from crm.errors import AccountError, ConflictError, FieldError
from desk.deps import Deps
from desk.web import both_versions

Problems = dict[str, str]
PROBLEMS = (AccountError, FieldError, ConflictError)  # what a form shows beside what was typed


def one(form: FormData, name: str) -> str:
    """Return a field's text; empty when it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def several(form: FormData, name: str) -> list[str]:
    """Return all values of a field that may come more than once."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def version(form: FormData) -> int:
    """Return the version that the page was drawn with; 0 when there is none."""
    typed = one(form, "version")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def new_key() -> Markup:
    """Return the key of one press of a button (marked, so that masking leaves it alone)."""
    return Markup(secrets.token_urlsafe(16))  # noqa: S704  our own letters


def go(address: str) -> Response:
    """Lead the page on after a change."""
    return Response(headers={"HX-Redirect": address})


def problems_of(error: AccountError | FieldError | ConflictError, field: str = "") -> Problems:
    """Return an error as field -> text; "" is the form as a whole."""
    return {getattr(error, "field", "") or field: str(error)}


def again(
    have: Deps, request: Request, template: str, target: str, error: AccountError | FieldError | ConflictError,
    **context: Any,
) -> Response:  # fmt: skip
    """Return the form as typed, with what is wrong in it; a stale one with both texts and the new version."""
    stale = isinstance(error, ConflictError)
    if isinstance(error, ConflictError):
        context |= {"version": error.version, "both": both_versions(error), "problems": {"": str(error)}}
    response = have.render.page(request, template, page="work", status=409 if stale else 422, **context)
    response.headers["HX-Retarget"] = target
    response.headers["HX-Reswap"] = "outerHTML"
    return response
