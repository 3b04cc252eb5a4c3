# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives the refusal of a request that is too large the shape of every other refusal.

The framework's limit answers with two words of plain text, past the application's own handlers.
"""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.deps import Deps
from desk.errors import TooLargeError


class TooLarge:
    """Answers in place of a plain 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == TooLargeError.status:
                refused = True
            if not refused:
                await send(message)

        await self._app(scope, receive, send_unless_refused)
        if refused:
            have: Deps = scope["app"].state.deps
            error = TooLargeError()
            answer = have.render.error(Request(scope), error.status, error.code, error.message, error.remedy)
            await answer(scope, receive, send)
