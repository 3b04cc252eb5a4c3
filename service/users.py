# SPDX-License-Identifier: GPL-3.0-or-later
"""People from the command line, and the invented ones of the demo, the bench and the tests."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from crm.audit import Actor, act_as
from crm.people import create_person
from pipeline.clock import SystemClock
from pipeline.settings import Settings
from service.database import service_database

STAGE_PASSWORD = "peragaan-kring"  # noqa: S105 - known on purpose; only ever set on temporary data
# Invented names; any likeness is chance.
_AGENT_NAMES = ("Agus Pranoto", "Rudi Hartono", "Siti Rahmawati", "Budi Santoso", "Dewi Lestari", "Ratna Sari",
                "Maya Wulandari", "Hendra Gunawan", "Fitri Handayani", "Joko Susilo")  # fmt: skip


@dataclass(frozen=True)
class StagePerson:
    """An invented person who can sign in to a temporary service; ``page`` is where they start."""

    username: str
    name: str
    roles: tuple[str, ...]
    extension: str
    password: str
    page: str


# Everybody beside the agents: sign-in name, name, role, first page.
_OTHERS = (
    ("ketua", "Wahyu Nugroho", "team_leader", "/tim"),
    ("eskalasi", "Lilis Suryani", "escalation_agent", "/eskalasi"),
    ("mutu", "Yanti Puspita", "quality_staff", "/pemutakhiran"),
    ("penilai", "Nina Kartika", "quality_assessor", "/arsip"),
    ("pengawas", "Bambang Wijaya", "supervisor", "/papan"),
    ("admin", "Teguh Prasetyo", "admin", "/admin"),
)


def stage_people(extensions: list[str], agents: int | None = None) -> tuple[StagePerson, ...]:
    """Return an agent for each of the first ``agents`` extensions (None: all), and one person for every other role.

    The extensions that are left go to the others in the order of ``_OTHERS``.
    """
    count = len(extensions) if agents is None else agents
    people = [
        StagePerson(f"agen{index + 1}", _agent_name(index), ("agent",), number, STAGE_PASSWORD, "/agen")
        for index, number in enumerate(extensions[:count])
    ]
    left = [*extensions[count:], *[""] * len(_OTHERS)]
    for (username, name, role, page), number in zip(_OTHERS, left, strict=False):
        people.append(StagePerson(username, name, (role,), number, STAGE_PASSWORD, page))
    return tuple(people)


def _agent_name(index: int) -> str:
    name = _AGENT_NAMES[index % len(_AGENT_NAMES)]
    return name if index < len(_AGENT_NAMES) else f"{name} {index // len(_AGENT_NAMES) + 1}"


def add_user(settings: Settings, *, username: str, name: str, roles: list[str], extension: str, password: str) -> None:
    """Add one person to the database of ``settings``.

    Raises:
        AccountError: the name is taken or badly formed, the password weak, a role unknown or the extension taken.
        ConfigurationError: the data folder cannot be used.
        DatabaseError: the database cannot be used.
    """
    act_as(console_actor())
    with service_database(settings) as database:
        create_person(
            database, username=username, name=name, password=password, roles=roles, extension=extension,
            now=SystemClock().now(),
        )  # fmt: skip


def console_actor() -> Actor:
    """Return who the audit trail says gave a command on this machine: the system's user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user without an entry, in a container
        name = str(os.getuid())
    return Actor(f"os:{name}", "console")


def add_people(settings: Settings, agents: int | None = None) -> tuple[StagePerson, ...]:
    """Add the invented people of a temporary service and return them; ``agents`` as in :func:`stage_people`."""
    people = stage_people([extension.number for extension in settings.extensions], agents)
    for person in people:
        add_user(
            settings, username=person.username, name=person.name, roles=list(person.roles),
            extension=person.extension, password=person.password,
        )  # fmt: skip
    return people
