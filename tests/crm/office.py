# SPDX-License-Identifier: GPL-3.0-or-later
"""The invented people of a test office, and a case's way through the procedure."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from crm.views import PersonView

PASSWORD = "kuda-nil-berenang"  # invented, for these tests only
CALL = "20260105T010000-0000abcd"
# Argon2 with the least work that it allows.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Staff:
    """Who works here."""

    agent: PersonView
    colleague: PersonView
    leader: PersonView
    assessor: PersonView
    handler: PersonView
    handler2: PersonView
    quality: PersonView
    quality2: PersonView
