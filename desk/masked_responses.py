# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks every JSON answer to somebody who need not see identity numbers, whatever route it comes from, and the stream.

A plain ASGI wrapper: endless streams and files pass through it untouched (``desk.api`` has :func:`masked_news` for the
stream, ``desk.web`` masks the pages). Who is asking is what the route's rule found; see :func:`shows_masks`.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.live import LiveState
from desk.masking import NEAR, is_masked, mask_json, mask_told
from desk.stream import Message as NewsMessage
from pipeline.events import PartialRecognized, SegmentFinalized, to_wire

REVEALED = "identity_revealed"  # set in a request's state by a route that wrote the showing into the audit trail
PUBLIC_SCREEN = "public_screen"  # set by a route whose page hangs on a wall, whoever signed in there


def shows_masks(state: MutableMapping[str, Any]) -> bool:
    """Return whether the answer to a request must be masked, by what is known of it (``request.scope["state"]``)."""
    session = state.get("session")
    if session is None or state.get(PUBLIC_SCREEN):
        return session is not None
    return is_masked(session.person.roles) and not state.get(REVEALED)


class MaskedResponses:
    """Rewrites JSON bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_masked(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = MutableHeaders(scope=message).get("content-type", "")
                if kind.startswith("application/json") and shows_masks(scope.get("state", {})):
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            masked = masked_bytes(body)
            MutableHeaders(scope=start)["content-length"] = str(len(masked))
            await send(start)
            await send({"type": "http.response.body", "body": masked})

        await self._app(scope, receive, send_masked)


def masked_news(live: LiveState, message: NewsMessage) -> str:
    """Return the data of a message of the live stream with the personal numbers in it replaced."""
    data = json.loads(message.data)
    call = live.calls.get(message.call_id)
    if message.name in (SegmentFinalized.name, PartialRecognized.name):
        before = [to_wire(item) for item in call.ordered_segments()[-NEAR:]] if call else []
        return _dumped(mask_told(data, before))
    return _dumped(mask_json(data))


def masked_bytes(body: bytes) -> bytes:
    """Return a JSON body with the personal numbers in it replaced."""
    if not body:
        return body
    return _dumped(mask_json(json.loads(body))).encode()


def _dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
