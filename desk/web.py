# SPDX-License-Identifier: GPL-3.0-or-later
"""What all responses share: templates with their common context, and errors in one shape.

``/api`` and other machine-read addresses answer errors as JSON (``desk.errors.error_body``), pages as a designed page.
Nobody ever sees a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import pass_eval_context
from markupsafe import Markup
from starlette.exceptions import HTTPException

from crm.errors import ConflictError
from crm.fields import field_label
from desk.errors import BadRequestError, DeskError, NotFoundError, NotSignedInError, PasswordOnceError, error_body
from desk.masked_responses import shows_masks
from desk.masking import mask_json, mask_text
from pipeline.catalog import messages, text
from pipeline.errors import KringError

log = structlog.get_logger("desk")
FOLDER = Path(__file__).parent
TEMPLATES_DIR = FOLDER / "templates"
STATIC_DIR = FOLDER / "static"

_masking: ContextVar[bool] = ContextVar("kring_masking", default=False)  # whether the page being filled is masked

STATUS_OF_CODE = {
    "not_found": 404,
    "bad_message": 404,  # a call id that is none
    "article_not_found": 404,
    "bundle_not_found": 404,
    "sheet_gone": 404,
    "sheet_stale": 409,
    "article_stale": 409,
    "not_allowed": 403,
    "bad_field": 422,
    "bad_number": 422,
    "request_reused": 422,
    "procedure": 422,
    "account": 422,
    "set_up_over": 410,
    "query_invalid": 422,
    "conflict": 409,
    "version_conflict": 409,
    "sign_in_refused": 401,
    "sign_in_limited": 429,
    "bus_unavailable": 503,
    "database": 503,
    "database_busy": 503,
}


def status_of(error: KringError) -> int:
    """Return the HTTP status that an expected error becomes."""
    if isinstance(error, DeskError):
        return error.status
    return STATUS_OF_CODE.get(error.code, 500)


class Renderer:
    """Fills templates. The common context is the contract's: person, csrf_token, language, t, page_data, csp_nonce."""

    def __init__(self, language: str, templates_dir: Path = TEMPLATES_DIR) -> None:
        self.language = language
        self.t = partial(text, language=language)
        self._templates = Jinja2Templates(directory=templates_dir)
        self._templates.env.finalize = _finalize
        as_json = self._templates.env.filters["tojson"]
        self._templates.env.filters["tojson"] = pass_eval_context(
            lambda context, value, **more: as_json(context, mask_json(value) if _masking.get() else value, **more)
        )
        section = "desk."
        self._strings = {
            key.removeprefix(section): value for key, value in messages(language).items() if key.startswith(section)
        }

    def page(
        self,
        request: Request,
        template: str,
        *,
        page: str,
        data: dict[str, Any] | None = None,
        status: int = 200,
        **context: Any,
    ) -> Response:
        """Return a rendered template; ``data`` goes into the page as JSON beside the catalogue's strings.

        For people who need not see identity numbers every value that comes into the page is masked.
        """
        session = getattr(request.state, "session", None)
        csrf_token = session.csrf if session is not None else ""
        nonce = getattr(request.state, "csp_nonce", "")
        page_data = {
            "page": page,
            "language": self.language,
            "strings": self._strings,
            "csrf_token": csrf_token,
            "csp_nonce": nonce,
            **(data or {}),
        }
        masking = _masking.set(shows_masks(request.scope["state"]))
        try:
            return self._templates.TemplateResponse(
                request,
                template,
                {
                    "person": session.person if session is not None else None,
                    "csrf_token": Markup(csrf_token),  # noqa: S704  our own token is never masked
                    "language": self.language,
                    "t": self.t,
                    "page_data": page_data,
                    "csp_nonce": nonce,
                    **context,
                },
                status_code=status,
            )
        finally:
            _masking.reset(masking)

    def error(
        self,
        request: Request,
        status: int,
        code: str,
        message: str,
        remedy: str,
        *,
        both: Sequence[Mapping[str, str]] = (),
    ) -> Response:
        """Return an error as JSON, as a fragment of a work page or as a page, by what asked for it.

        Parameters:
            both: rows (label, yours, theirs) of a stale change; shown in the fragment.
        """
        if _machine_read(request.url.path):
            return JSONResponse(error_body(code, message, remedy), status_code=status)
        if request.headers.get("hx-request"):
            parts: dict[str, Any] = {"message": message, "remedy": remedy, "both": both}
            return self.page(request, "error_fragment.html", page="error", status=status, **parts)
        return self.page(request, "error.html", page="error", status=status, code=code, message=message, remedy=remedy)


def _finalize(value: Any) -> Any:
    """Mask what a template shows; markup was made of values that came through here already."""
    return mask_text(value) if isinstance(value, str) and not isinstance(value, Markup) and _masking.get() else value


def both_versions(error: ConflictError) -> list[dict[str, str]]:
    """Return what collided, field by field: label, the text that came and the text that is stored."""
    return [
        {"label": field_label(name), "yours": _words(value), "theirs": _words(error.theirs.get(name, ""))}
        for name, value in error.yours.items()
    ]


def _words(value: object) -> str:
    return str(value) if value not in (None, "") else "–"


def _lead(request: Request, error: NotSignedInError | PasswordOnceError) -> Response:
    """Lead to where this can be mended; htmx would put that page into a corner of the present one."""
    once = isinstance(error, PasswordOnceError)
    address = "/sandi" if once else f"/masuk?lanjut={quote(request.url.path)}"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _machine_read(path: str) -> bool:
    return path.startswith(("/api/", "/static/")) or path == "/healthz" or path.endswith((".json", ".flac"))


def install_error_handlers(app: FastAPI, render: Renderer) -> None:
    """Give every failure of a request its one shape."""

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, KringError)
        if isinstance(error, (NotSignedInError, PasswordOnceError)) and not _machine_read(request.url.path):
            return _lead(request, error)
        if error.code == "bad_message":  # an id in the address that is none
            error = NotFoundError()
        status = status_of(error)
        if status >= 500:
            log.warning("request failed", path=request.url.path, code=error.code, problem=error.message)
        both = both_versions(error) if isinstance(error, ConflictError) else ()
        remedy = error.remedy or (NotFoundError().remedy if status == 404 else "")
        response = render.error(request, status, error.code, error.message, remedy, both=both)
        retry_after_s = getattr(error, "retry_after_s", 0)
        if retry_after_s:
            response.headers["Retry-After"] = str(retry_after_s)
        return response

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return await expected(request, NotFoundError())
        refused = BadRequestError()
        response = render.error(request, error.status_code, refused.code, refused.message, refused.remedy)
        response.headers.update(error.headers or {})
        return response

    async def invalid(request: Request, error: Exception) -> Response:
        return await expected(request, BadRequestError())

    async def unexpected(request: Request, error: Exception) -> Response:
        message, remedy = render.t("desk.error_internal"), render.t("desk.error_internal_remedy")
        return render.error(request, 500, "internal", message, remedy)

    app.add_exception_handler(KringError, expected)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(OverflowError, invalid)  # a number that no column holds
    app.add_exception_handler(Exception, unexpected)
