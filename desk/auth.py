# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asking, and may they: cookie session, role rule of each route, protection against forged requests.

Every route carries exactly one rule: :class:`Public` or :class:`Allow`. A test walks all routes and fails for one
without (``desk.app`` refuses to build as well). State-changing requests must come from our own origin and carry the
session's token in ``X-CSRF-Token`` or the form field ``csrf_token``.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from crm import audit, sessions
from crm.audit import Actor
from crm.procedure import Role
from crm.sessions import SessionView
from desk.deps import Deps, deps
from desk.errors import CsrfError, ForbiddenError, NotSignedInError, PasswordOnceError
from desk.security import same_origin

COOKIE = "kring_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

ANYONE: frozenset[Role] = frozenset(
    {"agent", "team_leader", "escalation_agent", "quality_staff", "quality_assessor", "supervisor", "admin"}
)
AGENTS: frozenset[Role] = frozenset({"agent"})
LISTENERS: frozenset[Role] = frozenset({"quality_assessor", "supervisor", "team_leader", "admin"})
WATCHERS: frozenset[Role] = frozenset({"supervisor", "team_leader", "admin"})
PHONE_USERS: frozenset[Role] = frozenset({"agent", "escalation_agent"})
CASEWORKERS: frozenset[Role] = frozenset({"agent", "team_leader", "escalation_agent"})
LEADERS: frozenset[Role] = frozenset({"team_leader"})
HANDLERS: frozenset[Role] = frozenset({"escalation_agent"})
KEEPERS: frozenset[Role] = frozenset({"quality_staff"})
ADMINS: frozenset[Role] = frozenset({"admin"})
AUDIT_READERS: frozenset[Role] = frozenset({"admin", "supervisor"})
# All that is open to somebody whose password was given for once.
PASSWORD_PATHS = frozenset({"/sandi", "/keluar"})
# Who may have masked identity numbers shown in a recording, for the record (desk.masking: who never sees masks).
IDENTITY_CHECKERS: frozenset[Role] = frozenset({"quality_assessor"})
# Who has pages with queues, and who of them may follow a call that is up.
WORKERS: frozenset[Role] = LEADERS | HANDLERS | KEEPERS | WATCHERS
FOLLOWERS: frozenset[Role] = LEADERS | HANDLERS | WATCHERS


async def find_session(request: Request) -> SessionView | None:
    """Return the request's session, looked up once per request; None when nobody is signed in.

    From here on the audit trail knows who acts and from where.
    """
    if not hasattr(request.state, "session"):
        have: Deps = request.app.state.deps
        token = request.cookies.get(COOKIE, "")
        request.state.session = (
            await run_in_threadpool(sessions.find_session, have.database, token, now=have.clock.now())
            if token
            else None
        )
        signed_in: SessionView | None = request.state.session
        audit.act_as(Actor(signed_in.person.username if signed_in else "", client_address(request)))
    found: SessionView | None = request.state.session
    return found


class Public:
    """Rule of a route that anybody may call. Forms still have to come from our own pages."""

    roles: frozenset[Role] | None = None

    async def __call__(self, request: Request) -> None:
        """Check a request; raises CsrfError."""
        await find_session(request)
        if request.method not in SAFE_METHODS and not same_origin(request.headers):
            raise CsrfError


class Allow:
    """Rule of a route for people with at least one of ``roles``."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles: frozenset[Role] | None = roles

    async def __call__(self, request: Request) -> SessionView:
        """Return the session; raises NotSignedIn-, Csrf-, Forbidden- or PasswordOnceError, in this order."""
        session = await find_session(request)
        if session is None:
            raise NotSignedInError
        if request.method not in SAFE_METHODS:
            await check_csrf(request, session)
        if self.roles is not None and not self.roles & session.person.roles:
            raise ForbiddenError
        if session.person.must_change and request.url.path not in PASSWORD_PATHS:
            raise PasswordOnceError
        return session


async def check_csrf(request: Request, session: SessionView) -> None:
    """Make sure that a state-changing request comes from our page in this session; raises CsrfError."""
    if not same_origin(request.headers):
        raise CsrfError
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        given = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise CsrfError


async def start_session(request: Request, response: Response, have: Deps, person_id: int) -> None:
    """Begin a session and put its token into the response's cookie."""
    lifetime = timedelta(hours=have.settings.session_hours)
    begun = await run_in_threadpool(
        sessions.start_session, have.database, person_id, now=have.clock.now(), lifetime=lifetime,
        address=client_address(request), browser=request.headers.get("user-agent", ""),
    )  # fmt: skip
    response.set_cookie(
        COOKIE,
        begun.token,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=have.settings.secure_cookies,
        path="/",
    )


async def end_session(request: Request, response: Response, have: Deps) -> None:
    """End the request's session, if any, and take the cookie back."""
    token = request.cookies.get(COOKIE, "")
    if token:
        await run_in_threadpool(sessions.end_session, have.database, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=have.settings.secure_cookies)


def client_address(request: Request) -> str:
    """Return the address that sign-in attempts are counted by."""
    return request.client.host if request.client else ""


HaveDeps = Annotated[Deps, Depends(deps)]
AnyPerson = Annotated[SessionView, Depends(Allow(ANYONE))]
Agent = Annotated[SessionView, Depends(Allow(AGENTS))]
PhoneUser = Annotated[SessionView, Depends(Allow(PHONE_USERS))]
Caseworker = Annotated[SessionView, Depends(Allow(CASEWORKERS))]
Listener = Annotated[SessionView, Depends(Allow(LISTENERS))]
Watcher = Annotated[SessionView, Depends(Allow(WATCHERS))]
Leader = Annotated[SessionView, Depends(Allow(LEADERS))]
Handler = Annotated[SessionView, Depends(Allow(HANDLERS))]
Keeper = Annotated[SessionView, Depends(Allow(KEEPERS))]
AuditReader = Annotated[SessionView, Depends(Allow(AUDIT_READERS))]
Admin = Annotated[SessionView, Depends(Allow(ADMINS))]
Anybody = Annotated[None, Depends(Public())]
