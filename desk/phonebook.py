# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom somebody at the desk may call: the colleagues who have an extension, and whether their telephone is free."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from crm import people
from desk.auth import HaveDeps, PhoneUser

router = APIRouter(prefix="/api")


@router.get("/phonebook")
async def phonebook(have: HaveDeps, session: PhoneUser) -> dict[str, Any]:
    """Return everybody else's extension, name, roles and the state of the telephone."""
    known = await run_in_threadpool(people.list_people, have.database)
    lamps = have.live.extensions
    return {
        "entries": [
            {
                "number": person.extension,
                "name": person.name,
                "roles": sorted(person.roles),
                "state": lamps[person.extension].state if person.extension in lamps else "stopped",
            }
            for person in known
            if person.active and person.extension and person.id != session.person.id
        ]
    }
