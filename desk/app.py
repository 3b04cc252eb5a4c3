# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: routes, static files, error shapes and headers around the collaborators it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from crm.procedure import Role
from desk import (
    admin_health,
    admin_office,
    admin_pages,
    agent_work,
    api,
    archive_pages,
    article_pages,
    audit_pages,
    escalation_pages,
    health,
    pages,
    password_pages,
    phonebook,
    quality_pages,
    question_pages,
    screen,
    setup_pages,
    sheet_pages,
    team_pages,
    telephone,
)
from desk.archive_pages import Integrity
from desk.auth import Allow, Public
from desk.deps import Deps
from desk.listening import Listening
from desk.masked_responses import MaskedResponses
from desk.security import SecurityHeaders
from desk.too_large import TooLarge
from desk.web import install_error_handlers

SIGN_INS_AT_ONCE = 2  # checking a password takes 64 MiB on purpose; a burst must not take it forty times
MAX_BODY_BYTES = 256 * 1024
ROUTERS = tuple(
    part.router
    for part in (
        pages, password_pages, setup_pages, admin_office, admin_health, team_pages, escalation_pages, quality_pages,
        article_pages, question_pages, sheet_pages, admin_pages, audit_pages, archive_pages, api, agent_work,
        telephone, phonebook, screen, health,
    )
)  # fmt: skip
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class DeskApp(FastAPI):
    """FastAPI whose every response, also that of an unexpected error, carries the security headers, and masks."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap the whole stack."""
        return SecurityHeaders(TooLarge(MaskedResponses(super().build_middleware_stack())))


def create_app(deps: Deps, *, lifespan: Lifespan | None = None) -> DeskApp:
    """Build the application around ``deps``; ``lifespan`` starts and stops what works behind it.

    Raises:
        RuntimeError: a route has no access rule (a programming error that must not reach anybody).
    """
    app = DeskApp(
        title="Kring", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan, max_body_size=MAX_BODY_BYTES
    )
    app.state.deps = deps
    app.state.sign_ins = asyncio.Semaphore(SIGN_INS_AT_ONCE)
    app.state.integrity = Integrity(deps.archive, deps.clock)
    app.state.listening = Listening(deps.database, deps.clock)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=deps.static_dir), name="static")
    install_error_handlers(app, deps.render)
    for path, rules in access_rules().items():
        if len(rules) != 1:
            raise RuntimeError(f"route without exactly one access rule: {path}")
    return app


def access_rules() -> dict[tuple[str, str], list[frozenset[Role] | None]]:
    """Return (method, path) -> the rules found on each route: None = public, else the roles let in."""
    found: dict[tuple[str, str], list[frozenset[Role] | None]] = {}
    for route in (route for router in ROUTERS for route in router.routes):
        if not isinstance(route, APIRoute):
            raise RuntimeError(f"route of an unknown kind: {route}")
        for method in sorted(route.methods or ()):
            found[method, route.path] = _rules(route.dependant)
    return found


def _rules(dependant: Dependant) -> list[frozenset[Role] | None]:
    rules: list[frozenset[Role] | None] = []
    for part in dependant.dependencies:
        if isinstance(part.call, (Allow, Public)):
            rules.append(part.call.roles)
        rules += _rules(part)
    return rules
